//! What was told once comes from the recording; what might be told otherwise is asked again. The server has exactly as many
//! answers as there may be requests.

use super::*;

const REPOSITORIES: &str = "ecr:DescribeRepositories";
const LIFECYCLE: &str = "ecr:GetLifecyclePolicy";
const FIRST: Canned = Some((200, r#"{"repositories": [{"repositoryName": "a"}], "nextToken": "t"}"#));
const SECOND: Canned = Some((200, r#"{"repositories": [{"repositoryName": "b"}]}"#));
const NO_POLICY: Canned =
    Some((400, r#"{"__type": "com.amazonaws.ecr#LifecyclePolicyNotFoundException", "message": "none"}"#));
const POLICY: Canned = Some((200, r#"{"registryId": "1"}"#));

fn carried(recording: &Recording) -> Arc<Recording> {
    Arc::new(Recording::from_bytes(&recording.to_bytes().expect("written")).expect("read"))
}

fn books(closed: &Closed) -> Vec<(&str, u64, bool)> {
    closed.reads.iter().map(|read| (read.action.as_str(), read.calls, read.complete)).collect()
}

#[tokio::test]
async fn pages_that_came_are_not_asked_again_and_count_as_before() {
    let recording = Arc::new(Recording::new());
    let bench = CallTest::with(&[REPOSITORIES], &[FIRST, None], Some(Arc::clone(&recording)));
    tokio::select! {
        _ = bench.repositories() => panic!("the second page never comes"),
        () = async { while recording.is_empty() { tokio::task::yield_now().await } } => {}
    }
    let bench = CallTest::with(&[REPOSITORIES], &[SECOND], Some(carried(&recording)));
    let resumed = bench.repositories().await;
    let undisturbed = CallTest::new(&[REPOSITORIES], &[FIRST, SECOND]);
    let expected = undisturbed.repositories().await;
    let values = |listing: &Listing| listing.items.iter().map(|heard| heard.value.clone()).collect::<Vec<_>>();
    assert_eq!(values(&resumed), values(&expected));
    assert!(resumed.complete);
    assert_eq!(books(&bench.close()), books(&undisturbed.close()));
}

#[tokio::test]
async fn what_is_given_up_is_a_gap_the_next_time_and_is_not_asked_again() {
    let recording = Arc::new(Recording::new());
    let bench = CallTest::with(&[REPOSITORIES], &[FIRST, None], Some(Arc::clone(&recording)));
    tokio::select! {
        _ = bench.repositories() => panic!("the second page never comes"),
        () = async { while !bench.server.0.lock().expect("lock").is_empty() { tokio::task::yield_now().await } } => {}
    }
    assert_eq!((recording.len(), recording.give_up()), (1, 1), "the page that came, and the one that was waited for");
    assert_eq!(recording.give_up(), 0, "nobody waits any longer");
    let bench = CallTest::with(&[REPOSITORIES], &[], Some(carried(&recording)));
    let resumed = bench.repositories().await;
    assert_eq!((resumed.items.len(), resumed.complete), (1, false));
    assert_eq!(bench.only_gap(), (GapKind::TimedOut, "GivenUp".to_owned()));
}

#[tokio::test]
async fn nothing_is_given_up_that_was_told() {
    let failing = Some((500, r#"{"__type": "ServerException", "message": "sorry"}"#));
    for canned in [&[POLICY][..], &[DENIED], &[NO_POLICY], &[failing, failing]] {
        let recording = Arc::new(Recording::new());
        CallTest::with(&[LIFECYCLE], canned, Some(Arc::clone(&recording))).lifecycle().await;
        assert_eq!(recording.give_up(), 0, "{canned:?}");
    }
}

#[tokio::test]
async fn an_answer_keeps_the_time_at_which_it_came() {
    let recording = Arc::new(Recording::new());
    let first = CallTest::with(&[LIFECYCLE], &[POLICY], Some(Arc::clone(&recording))).lifecycle().await;
    let again = CallTest::with(&[LIFECYCLE], &[], Some(carried(&recording))).lifecycle().await;
    assert!(matches!(first, Answer::Got(_)), "{first:?}");
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_denial_and_a_none_are_not_asked_again() {
    for canned in [DENIED, NO_POLICY] {
        let recording = Arc::new(Recording::new());
        let bench = CallTest::with(&[LIFECYCLE], &[canned], Some(Arc::clone(&recording)));
        let answer = bench.lifecycle().await;
        let again = CallTest::with(&[LIFECYCLE], &[], Some(carried(&recording)));
        assert_eq!(again.lifecycle().await, answer);
        let (first, second) = (bench.close(), again.close());
        assert_eq!(books(&second), books(&first));
        assert_eq!(second.gaps, first.gaps);
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let expired = Some((400, r#"{"__type": "ExpiredTokenException", "message": "expired"}"#));
    let throttled = Some((400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#));
    let failing = Some((500, r#"{"__type": "ServerException", "message": "sorry"}"#));
    let cut = Some((200, r#"{"registryId": "#));
    for canned in [&[None][..], &[throttled, throttled], &[failing, failing], &[expired], &[cut]] {
        let recording = Arc::new(Recording::new());
        let bench = CallTest::with(&[LIFECYCLE], canned, Some(Arc::clone(&recording)));
        assert_eq!(bench.lifecycle().await, Answer::Missing, "{canned:?}");
        bench.close();
        assert!(recording.is_empty(), "{canned:?}");
        let again = CallTest::with(&[LIFECYCLE], &[POLICY], Some(carried(&recording)));
        assert!(again.lifecycle().await.got().is_some(), "{canned:?}");
        assert!(again.close().gaps.is_empty());
    }
}

#[tokio::test]
async fn what_is_recorded_needs_no_place_in_the_budget() {
    let recording = Arc::new(Recording::new());
    CallTest::with(&[LIFECYCLE], &[POLICY], Some(Arc::clone(&recording))).lifecycle().await;
    let bench = CallTest::with(&[LIFECYCLE], &[], Some(recording));
    let mut held = Vec::new();
    for _ in 0..Limits::default().per_service {
        held.push(bench.caller.0.budget.acquire().await);
    }
    assert!(bench.lifecycle().await.got().is_some());
    assert_eq!(bench.caller.0.progress.view().done, 0, "no request was made");
}

#[tokio::test]
async fn another_question_account_or_region_has_an_answer_of_its_own() {
    let place = |account: &str, region: &str| Scope {
        account: account.parse().expect("account"),
        region: region.parse().expect("region"),
        partition: "aws".to_owned(),
    };
    let action = |name: &str| -> Action { name.parse().expect("action") };
    let here = place("123456789012", "us-east-1");
    let key = Key::of(&here, &action(LIFECYCLE), &[1; 32]);
    assert_eq!(Key::of(&here, &action(LIFECYCLE), &[1; 32]), key);
    for other in [
        Key::of(&here, &action(LIFECYCLE), &[2; 32]),
        Key::of(&here, &action(REPOSITORIES), &[1; 32]),
        Key::of(&place("210987654321", "us-east-1"), &action(LIFECYCLE), &[1; 32]),
        Key::of(&place("123456789012", "eu-west-1"), &action(LIFECYCLE), &[1; 32]),
    ] {
        assert_ne!(other, key);
    }
}

#[tokio::test]
async fn a_question_is_known_by_all_that_it_asks_and_nothing_else() {
    let bench = CallTest::new(&[], &[]);
    let asked = async |repository: &str| {
        // A client of its own: another invocation has one.
        let client = aws_sdk_ecr::Client::new(bench.caller.sdk());
        let tap = Tap::holding_back();
        let call = client.get_lifecycle_policy().repository_name(repository).customize().interceptor(tap.clone());
        assert!(call.send().await.is_err());
        tap.held_back().expect("written")
    };
    assert_eq!(asked("a").await, asked("a").await);
    assert_ne!(asked("a").await, asked("b").await);
    bench.close();
}
