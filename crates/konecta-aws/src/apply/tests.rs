//! Calls through the SDK, over a connector that keeps what was sent and answers from a list.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;

enum Canned {
    Answer(u16, &'static str),
    WithTag(&'static str, String),
    Silence,
    BrokenOff,
}
use Canned::{Answer, BrokenOff, Silence, WithTag};

#[derive(Debug)]
struct Sent {
    uri: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone, Default)]
struct Server {
    answers: Arc<Mutex<VecDeque<Canned>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

impl HttpConnector for Server {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().map(<[u8]>::to_vec).unwrap_or_default();
        self.sent.lock().expect("lock").push(Sent {
            uri: request.uri().to_owned(),
            headers: request.headers().iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            body: String::from_utf8(body).expect("UTF-8"),
        });
        let answer =
            |status: u16, body: SdkBody| HttpResponse::new(StatusCode::try_from(status).expect("status"), body);
        match self.answers.lock().expect("lock").pop_front().expect("one request too many") {
            Answer(status, body) => HttpConnectorFuture::ready(Ok(answer(status, SdkBody::from(body)))),
            WithTag(tag, body) => {
                let mut answer = answer(200, SdkBody::from(body));
                answer.headers_mut().insert("ETag", tag);
                HttpConnectorFuture::ready(Ok(answer))
            }
            Silence => HttpConnectorFuture::new(std::future::pending()),
            BrokenOff => HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into()))),
        }
    }
}

fn sdk(server: &Server) -> SdkConfig {
    let connector = server.clone();
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_types::region::Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1)))
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(300)).build())
        .build()
}

async fn run(
    service: &str,
    operation: &str,
    parameters: Value,
    answers: Vec<Canned>,
) -> (Result<Value, CallFailure>, Vec<Sent>) {
    let server = Server { answers: Arc::new(Mutex::new(answers.into())), sent: Arc::default() };
    let outcome = perform_with(&sdk(&server), service, operation, &parameters).await;
    assert!(server.answers.lock().expect("lock").is_empty(), "too few requests were made");
    let sent = std::mem::take(&mut *server.sent.lock().expect("lock"));
    (outcome, sent)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const MODIFIED: &str =
    "<ModifyListenerResponse><ModifyListenerResult><Listeners/></ModifyListenerResult></ModifyListenerResponse>";

#[tokio::test]
async fn the_body_that_is_signed_is_the_one_that_is_sent() {
    let parameters = json!({"ListenerArn": "arn:aws:x", "Port": 443, "DefaultActions": []});
    let (outcome, sent) = run("elbv2", "ModifyListener", parameters, vec![Answer(200, MODIFIED)]).await;
    assert_eq!(outcome, Ok(json!({"Listeners": []})));
    let [sent] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(
        sent.body,
        "Action=ModifyListener&Version=2015-12-01&ListenerArn=arn%3Aaws%3Ax&Port=443&DefaultActions="
    );
    assert_eq!(sent.header("content-length"), Some(sent.body.len().to_string().as_str()));
    assert_eq!(sent.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(sent.uri, "https://elasticloadbalancing.us-east-1.amazonaws.com/");
    assert_signed(sent, "us-east-1", "elasticloadbalancing", "POST", "/");
}

/// Signature version 4 done again, after the General Reference: the SDK must have signed what was sent.
fn assert_signed(sent: &Sent, region: &str, service: &str, method: &str, path: &str) {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = |key: &[u8], text: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    };
    let authorization = sent.header("authorization").expect("signed");
    let names = authorization.split("SignedHeaders=").nth(1).expect("names").split(',').next().expect("names");
    let host = sent.uri.trim_start_matches("https://").split('/').next().expect("host");
    let headers: String = names
        .split(';')
        .map(|name| format!("{name}:{}\n", if name == "host" { host } else { sent.header(name).expect(name) }))
        .collect();
    let payload = hex(&Sha256::digest(sent.body.as_bytes()));
    let canonical = format!("{method}\n{path}\n\n{headers}\n{names}\n{payload}");
    let at = sent.header("x-amz-date").expect("date");
    let day = at.get(..8).expect("day");
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let to_sign = format!("AWS4-HMAC-SHA256\n{at}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let key = [region, service, "aws4_request"].iter().fold(mac(b"AWS4b", day), |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    assert!(authorization.ends_with(&format!("Signature={signature}")), "{authorization} is not {signature}");
}

#[tokio::test]
async fn path_header_and_body_of_a_distribution() {
    let parameters = json!({"Id": "E1", "IfMatch": "TAG", "DistributionConfig": {
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "redirect-to-https"},
        "CallerReference": "c", "Comment": "a & b", "Enabled": true,
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "d"}]}}});
    let answer = r#"<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>E1</Id></Distribution>"#;
    let (outcome, sent) =
        run("cloudfront", "UpdateDistribution", parameters, vec![WithTag("NEW", answer.into())]).await;
    assert_eq!(outcome, Ok(json!({"ETag": "NEW", "Distribution": {"Id": "E1"}})));
    let [sent] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(sent.uri, "https://cloudfront.amazonaws.com/2020-05-31/distribution/E1/config");
    assert_eq!(sent.header("if-match"), Some("TAG"));
    assert_eq!(
        sent.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DistributionConfig xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>c</CallerReference><Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id>\
         <DomainName>d</DomainName></Origin></Items></Origins><DefaultCacheBehavior><TargetOriginId>o</TargetOriginId>\
         <ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy></DefaultCacheBehavior><Comment>a &amp; b</Comment>\
         <Enabled>true</Enabled></DistributionConfig>"
    );
    assert_signed(sent, "us-east-1", "cloudfront", "PUT", "/2020-05-31/distribution/E1/config");
}

#[tokio::test]
async fn every_declared_operation_is_built_by_the_sdk() {
    for line in include_str!("../../../../fixtures/requests.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let [service, operation] = ["service", "operation"].map(|key| case[key].as_str().expect("text"));
        let refused = vec![Answer(418, "{}")];
        let (outcome, sent) = run(service, operation, case["parameters"].clone(), refused).await;
        let failure = outcome.expect_err("a refusal");
        assert_eq!(failure.code, "HTTP418", "{service} {operation}: {failure}");
        assert_eq!(sent.len(), 1);
    }
    let named: BTreeSet<_> = DECLARED.iter().map(|known| (known.service, known.operation)).collect();
    assert_eq!(named.len(), DECLARED.len(), "an operation is declared twice");
}

#[tokio::test]
async fn what_a_failure_says_about_the_account() {
    const THROTTLED: &str = r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#;
    for (answers, kind, code) in [
        (
            vec![Answer(400, r#"{"__type": "AccessDeniedException", "message": "no"}"#)],
            CallFailureKind::Denied,
            "AccessDeniedException",
        ),
        (
            vec![Answer(400, r#"{"__type": "ValidationException", "message": "no"}"#)],
            CallFailureKind::Refused,
            "ValidationException",
        ),
        (vec![Answer(500, r#"{"__type": "ServerException"}"#)], CallFailureKind::OutcomeUnknown, "ServerException"),
        (vec![Answer(200, r#"{"repositoryName": "#)], CallFailureKind::OutcomeUnknown, "BrokenAnswer"),
        (vec![BrokenOff], CallFailureKind::OutcomeUnknown, "ConnectionFailed"),
        (vec![Silence], CallFailureKind::OutcomeUnknown, "TimedOut"),
        (vec![Answer(400, THROTTLED), Answer(200, "[]")], CallFailureKind::OutcomeUnknown, "BrokenAnswer"),
    ] {
        let (outcome, _) = run("ecr", "DeleteLifecyclePolicy", json!({"repositoryName": "r"}), answers).await;
        let failure = outcome.expect_err("a failure");
        assert_eq!((failure.kind, failure.code.as_str()), (kind, code), "{failure}");
    }
    let (outcome, sent) = run("ecr", "DeleteLifecyclePolicy", json!({"repository": "r"}), vec![]).await;
    assert_eq!(outcome.expect_err("a failure").kind, CallFailureKind::Invalid);
    assert!(sent.is_empty());
    let (outcome, _) = run("ecr", "DeleteRegistryPolicy", json!({}), vec![]).await;
    assert_eq!(outcome.expect_err("a failure").code, "UnknownOperation");
}

#[tokio::test]
async fn a_closed_port_means_not_sent() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("address").port();
    let sdk = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_types::region::Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test")))
        .build();
    for (endpoint, kind) in [
        (format!("http://127.0.0.1:{port}"), CallFailureKind::NotSent),
        ("http://no-such-host.invalid".to_owned(), CallFailureKind::NotSent),
    ] {
        let sdk = sdk.to_builder().endpoint_url(&endpoint).build();
        let outcome = perform_with(&sdk, "ecr", "DeleteLifecyclePolicy", &json!({"repositoryName": "r"})).await;
        assert_eq!(outcome.expect_err("a failure").kind, kind, "{endpoint}");
    }
}

#[tokio::test]
async fn a_secret_is_in_no_failure() {
    let parameters = json!({"ListenerArn": "arn:aws:listener/1", "Conditions": [{"Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": "X-Origin", "Values": ["s3cr3t-s3cr3t"]}}], "Priority": 1, "Actions": []});
    let said = "<ErrorResponse><Error><Code>ValidationError</Code><Message>The value s3cr3t-s3cr3t of X-Origin on \
        arn:aws:listener/1 is bad</Message></Error></ErrorResponse>";
    let (outcome, _) = run("elbv2", "CreateRule", parameters, vec![Answer(400, said)]).await;
    let failure = outcome.expect_err("a failure");
    assert_eq!(failure.to_string(), "ValidationError: The value ‹value› of X-Origin on arn:aws:listener/1 is bad");
    assert!(!format!("{failure:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn all_pages_become_one_answer() {
    let pages = vec![
        Answer(200, r#"{"repositories": [{"repositoryName": "a"}], "nextToken": "t"}"#),
        Answer(200, r#"{"repositories": [{"repositoryName": "b"}]}"#),
    ];
    let (outcome, sent) = run("ecr", "DescribeRepositories", json!({}), pages).await;
    assert_eq!(outcome, Ok(json!({"repositories": [{"repositoryName": "a"}, {"repositoryName": "b"}]})));
    assert_eq!(sent.iter().map(|sent| sent.body.as_str()).collect::<Vec<_>>(), ["{}", r#"{"nextToken":"t"}"#]);
    let page = |name: &str, next: &str| {
        let body = format!(
            "<ResponseHeadersPolicyList>{next}<MaxItems>1</MaxItems><Quantity>1</Quantity><Items><ResponseHeadersPolicySummary>\
             <Type>{name}</Type></ResponseHeadersPolicySummary></Items></ResponseHeadersPolicyList>"
        );
        WithTag("E", body)
    };
    let pages = vec![page("custom", "<NextMarker>m/1</NextMarker>"), page("managed", "")];
    let (outcome, sent) = run("cloudfront", "ListResponseHeadersPolicies", json!({}), pages).await;
    assert_eq!(
        outcome,
        Ok(
            json!({"ResponseHeadersPolicyList": {"MaxItems": 1, "Quantity": 2, "Items": [{"Type": "custom"}, {"Type": "managed"}]}})
        )
    );
    assert!(sent.last().is_some_and(|sent| sent.uri.ends_with("response-headers-policy?Marker=m%2F1")), "{sent:?}");
    let denied = vec![
        Answer(200, r#"{"repositories": [], "nextToken": "t"}"#),
        Answer(400, r#"{"__type": "AccessDeniedException"}"#),
    ];
    let (outcome, _) = run("ecr", "DescribeRepositories", json!({}), denied).await;
    assert_eq!(outcome.expect_err("a failure").kind, CallFailureKind::Denied, "half a list is not a list");
}

/// As moto and AWS answer GetDistributionConfig, with every kind of element that the comparison has to bear.
fn config(more: &str) -> String {
    format!(
        r#"<?xml version="1.0"?>
<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
  <CallerReference>c</CallerReference>
  <Aliases><Quantity>0</Quantity><Items>
  </Items></Aliases>
  <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>d</DomainName><CustomHeaders><Quantity>1</Quantity>
    <Items><OriginCustomHeader><HeaderName>x</HeaderName><HeaderValue>007</HeaderValue>{more}</OriginCustomHeader></Items>
  </CustomHeaders></Origin></Items></Origins>
  <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy>
    <TrustedSigners/></DefaultCacheBehavior>
  <Comment/><Enabled>true</Enabled>
</DistributionConfig>"#
    )
}

#[tokio::test]
async fn what_cannot_go_back_whole_is_not_touched() {
    let read = async |body: String| {
        run("cloudfront", "GetDistributionConfig", json!({"Id": "E1"}), vec![WithTag("T", body)]).await.0
    };
    let answer = read(config("").replace("<TrustedSigners/>", "")).await.expect("understood whole");
    assert_eq!(answer["DistributionConfig"]["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"], "007");
    for (body, path) in [
        (
            config("").replace("<TrustedSigners/>", "<Novelty><Mode>s3cr3t</Mode></Novelty>"),
            "/DefaultCacheBehavior/Novelty",
        ),
        (
            config("<Weight>3</Weight>").replace("<TrustedSigners/>", ""),
            "/Origins/Items/Origin/CustomHeaders/Items/OriginCustomHeader/Weight",
        ),
        (
            config("").replace("<TrustedSigners/>", "").replace("<HeaderName>", "<HeaderName kind=\"y\">"),
            "HeaderName/@kind",
        ),
    ] {
        let failure = read(body).await.expect_err("it would be lost");
        assert_eq!(failure.kind, CallFailureKind::Lossy);
        assert!(failure.message.contains(path) && failure.message.contains("not touched"), "{failure}");
        assert!(!failure.message.contains("s3cr3t"), "{failure}");
    }
    let acl = |more: &str| {
        Answer(
            200,
            Box::leak(
                format!(
                    r#"{{"LockToken": "l", "WebACL": {{"Name": "a", "Id": "1", "ARN": "arn", "Rules": []{more}}}}}"#
                )
                .into_boxed_str(),
            ),
        )
    };
    let parameters = json!({"Name": "a", "Scope": "REGIONAL", "Id": "1"});
    let (outcome, _) = run("wafv2", "GetWebACL", parameters.clone(), vec![acl("")]).await;
    assert_eq!(outcome.expect("understood whole")["LockToken"], "l");
    let (outcome, _) = run("wafv2", "GetWebACL", parameters, vec![acl(r#", "Novelty": {"Mode": 1}"#)]).await;
    assert!(outcome.expect_err("it would be lost").message.contains("/WebACL/Novelty"));
}
