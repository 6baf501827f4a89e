//! Calls through the SDK's real clients, over a connector that answers from a list: what becomes of an answer, of a
//! refusal, and of silence.

mod recorded;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use konecta_base::gap::GapKind;
use konecta_base::reads::reads;
use serde_json::json;

use super::*;
use crate::ledger::Closed;
use crate::pace::Limits;
use crate::throttled_waits::LeaveThrottled;

/// A status and a body; without them the server says nothing, for ever.
type Canned = Option<(u16, &'static str)>;

#[derive(Debug, Clone)]
struct Server(Arc<Mutex<VecDeque<Canned>>>);

impl HttpConnector for Server {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        let canned = self.0.lock().expect("lock").pop_front().expect("one request too many");
        match canned {
            Some((status, body)) => {
                let status = StatusCode::try_from(status).expect("status");
                HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
            }
            None => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

struct CallTest {
    caller: Caller,
    ledger: Arc<Ledger>,
    server: Server,
    /// What plays the service in place of the server.
    connector: Option<SharedHttpConnector>,
}

impl CallTest {
    fn new(wanted: &[&str], answers: &[Canned]) -> Self {
        Self::with(wanted, answers, None)
    }

    fn with(wanted: &[&str], answers: &[Canned], recording: Option<Arc<Recording>>) -> Self {
        let server = Server(Arc::new(Mutex::new(answers.iter().copied().collect())));
        let connector = server.clone();
        let sdk = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
            .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
            .retry_config(RetryConfig::standard().with_max_attempts(2).with_initial_backoff(Duration::from_millis(1)))
            .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(200)).build())
            .build();
        let place = Scope {
            account: "123456789012".parse().expect("account"),
            region: "us-east-1".parse().expect("region"),
            partition: "aws".to_owned(),
        };
        let wanted: BTreeSet<Action> = wanted.iter().map(|name| name.parse().expect(name)).collect();
        let progress = Progress::new();
        let ledger = Arc::new(Ledger::open(place, wanted, Arc::clone(&progress)));
        let budget = Budget::within(&Budget::overall(Limits::default()), Limits::default());
        let caller = Caller::new("test", sdk, budget, Breaker::new(None), Arc::clone(&ledger), progress, recording);
        Self { caller, ledger, server, connector: None }
    }

    /// A client as collectors make it.
    fn client(&self) -> aws_sdk_ecr::Client {
        let mut config = aws_sdk_ecr::config::Builder::from(self.caller.sdk()).retry_classifier(LeaveThrottled);
        if let Some(connector) = self.connector.clone() {
            config = config.http_client(http_client_fn(move |_, _| connector.clone()));
        }
        aws_sdk_ecr::Client::from_conf(config.build())
    }

    async fn repositories(&self) -> Listing {
        let client = self.client();
        self.caller
            .pages("ecr:DescribeRepositories", None, |token, tap| {
                client.describe_repositories().set_next_token(token.one()).customize().interceptor(tap).send()
            })
            .await
    }

    async fn lifecycle(&self) -> Answer {
        let client = self.client();
        self.caller
            .one("ecr:GetLifecyclePolicy", None, &["LifecyclePolicyNotFoundException"], |tap| {
                client.get_lifecycle_policy().repository_name("r").customize().interceptor(tap).send()
            })
            .await
    }

    fn close(&self) -> Closed {
        assert!(self.server.0.lock().expect("lock").is_empty(), "too few requests were made");
        self.ledger.close(reads())
    }

    fn only_gap(&self) -> (GapKind, String) {
        let closed = self.close();
        let [gap] = closed.gaps.as_slice() else { panic!("{:?}", closed.gaps) };
        assert!(closed.reads.iter().all(|read| !read.complete), "{:?}", closed.reads);
        (gap.kind, gap.error.clone())
    }
}

const DENIED: Canned = Some((400, r#"{"__type": "AccessDeniedException", "message": "no"}"#));

#[tokio::test]
async fn what_came_before_a_denied_page_is_kept_beside_the_gap() {
    let first = Some((200, r#"{"repositories": [{"repositoryName": "a"}], "nextToken": "t"}"#));
    let bench = CallTest::new(&["ecr:DescribeRepositories"], &[first, DENIED]);
    let listing = bench.repositories().await;
    assert_eq!(listing.items.iter().map(|heard| &heard.value).collect::<Vec<_>>(), [&json!({"repositoryName": "a"})]);
    assert!(!listing.complete);
    let closed = bench.close();
    assert_eq!(closed.reads.iter().map(|read| (read.calls, read.complete)).collect::<Vec<_>>(), [(1, false)]);
    assert_eq!(closed.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Denied]);
}

#[tokio::test]
async fn the_code_that_means_none_is_an_answer() {
    let none = Some((400, r#"{"__type": "com.amazonaws.ecr#LifecyclePolicyNotFoundException", "message": "none"}"#));
    let bench = CallTest::new(&["ecr:GetLifecyclePolicy"], &[none]);
    assert!(matches!(bench.lifecycle().await, Answer::KnownNone { .. }));
    let closed = bench.close();
    assert_eq!(closed.reads.iter().map(|read| (read.calls, read.complete)).collect::<Vec<_>>(), [(1, true)]);
    assert!(closed.gaps.is_empty());
}

#[tokio::test]
async fn the_answer_is_that_of_the_last_attempt_without_what_the_sdk_would_add() {
    let answers = [Some((500, "{}")), Some((200, r#"{"registryId": "1"}"#))];
    let bench = CallTest::new(&["ecr:GetLifecyclePolicy"], &answers);
    let heard = bench.lifecycle().await.got().expect("answer");
    assert_eq!(heard.value, json!({"registryId": "1"}));
    assert!(bench.close().gaps.is_empty());
}

#[tokio::test]
async fn an_empty_body_is_no_empty_list() {
    let bench = CallTest::new(&["ecr:DescribeRepositories"], &[Some((200, ""))]);
    assert!(!bench.repositories().await.complete);
    assert_eq!(bench.only_gap(), (GapKind::BrokenAnswer, "BrokenAnswer".to_owned()));
}

/// The SDK's own parser takes this one and answers an instance.
#[tokio::test]
async fn xml_cut_short_is_broken_even_where_the_sdk_takes_it() {
    let cut = "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
        <DBInstanceIdentifier>db</DBInstanceIdentifier></DBInstance></DBInstances></DescribeDBInstancesResult>";
    let bench = CallTest::new(&["rds:DescribeDBInstances"], &[Some((200, cut))]);
    let client = aws_sdk_rds::Client::new(bench.caller.sdk());
    let listing = bench
        .caller
        .pages("rds:DescribeDBInstances", None, |_, tap| {
            client.describe_db_instances().customize().interceptor(tap).send()
        })
        .await;
    assert!(listing.items.is_empty() && !listing.complete);
    assert_eq!(bench.only_gap().0, GapKind::BrokenAnswer);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up_on() {
    let bench = CallTest::new(&["ecr:GetLifecyclePolicy"], &[None]);
    assert_eq!(bench.lifecycle().await, Answer::Missing);
    assert_eq!(bench.only_gap(), (GapKind::TimedOut, "TimedOut".to_owned()));
}

#[tokio::test]
async fn throttling_to_the_end_is_told_as_such() {
    let throttled = Some((400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#));
    let bench = CallTest::new(&["ecr:GetLifecyclePolicy"], &[throttled, throttled]);
    assert_eq!(bench.lifecycle().await, Answer::Missing);
    assert_eq!(bench.only_gap(), (GapKind::Throttled, "ThrottlingException".to_owned()));
}

/// Answers listings at once, and refuses everything else for good, each time after some listings.
#[derive(Debug, Clone)]
struct Refusing;

impl HttpConnector for Refusing {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_listing = request.headers().get("x-amz-target").is_some_and(|target| target.ends_with("Repositories"));
        let (status, body) = match is_listing {
            true => (200, r#"{"repositories": []}"#),
            false => (400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#),
        };
        HttpConnectorFuture::new(async move {
            tokio::time::sleep(Duration::from_millis(if is_listing { 1 } else { 50 })).await;
            Ok(HttpResponse::new(StatusCode::try_from(status).expect("status"), SdkBody::from(body)))
        })
    }
}

#[tokio::test]
async fn a_call_that_is_refused_for_good_ends_though_others_are_answered() {
    let mut bench = CallTest::new(&["ecr:DescribeRepositories", "ecr:GetLifecyclePolicy"], &[]);
    bench.connector = Some(SharedHttpConnector::new(Refusing));
    let others = async {
        loop {
            assert!(bench.repositories().await.complete);
        }
    };
    let answer = tokio::select! {
        answer = bench.lifecycle() => answer,
        () = others => Answer::Missing,
        () = tokio::time::sleep(Duration::from_secs(30)) => panic!("it is asked again and again"),
    };
    assert_eq!(answer, Answer::Missing);
    let gaps: Vec<_> = bench.close().gaps.into_iter().map(|gap| (gap.action.to_string(), gap.kind)).collect();
    assert_eq!(gaps, [("ecr:GetLifecyclePolicy".to_owned(), GapKind::Throttled)]);
}

#[tokio::test]
async fn throttling_that_ends_leaves_no_trace() {
    let throttled = Some((400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#));
    let policy = Some((200, r#"{"lifecyclePolicyText": "{}"}"#));
    let bench = CallTest::new(&["ecr:GetLifecyclePolicy"], &[throttled, policy]);
    assert!(bench.lifecycle().await.got().is_some());
    let closed = bench.close();
    assert_eq!(closed.reads.iter().map(|read| (read.calls, read.complete)).collect::<Vec<_>>(), [(1, true)]);
    assert!(closed.gaps.is_empty());
}

#[tokio::test]
async fn what_is_not_wanted_is_not_asked() {
    let bench = CallTest::new(&["ecr:DescribeRepositories"], &[]);
    assert_eq!(bench.lifecycle().await, Answer::Missing);
    let closed = bench.close();
    assert_eq!(closed.reads.iter().map(|read| (read.calls, read.complete)).collect::<Vec<_>>(), [(0, true)]);
    assert!(closed.gaps.is_empty());
}

#[tokio::test]
async fn many_things_are_answered_in_their_order() {
    let bench = CallTest::new(&[], &[]);
    let numbers: Vec<u64> = (0..200).collect();
    let doubled = bench
        .caller
        .each(numbers.clone(), |_, number| async move {
            tokio::time::sleep(Duration::from_millis(number % 3)).await;
            number * 2
        })
        .await;
    assert_eq!(doubled, numbers.iter().map(|number| number * 2).collect::<Vec<_>>());
}
