//! Batches and what becomes of the answers.

use serde_json::json;

use super::*;
use crate::scripted::Scripted;

fn findings(count: usize) -> Vec<Value> {
    (0..count).map(|number| json!({"Id": format!("konecta-audit/{number}"), "Title": "t"})).collect()
}

fn taken(count: usize) -> (u16, String) {
    (200, json!({"FailedCount": 0, "SuccessCount": count, "FailedFindings": []}).to_string())
}

fn script(answers: &[(u16, String)]) -> Scripted {
    let answers: Vec<(u16, &str)> = answers.iter().map(|(status, body)| (*status, body.as_str())).collect();
    Scripted::new(&answers)
}

fn batch(body: &str) -> Vec<String> {
    let body: Value = serde_json::from_str(body).expect("JSON");
    let ids = body["Findings"].as_array().expect("findings").iter();
    ids.map(|finding| finding["Id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn two_hundred_and_fifty_findings_go_in_three_batches_in_order() {
    let server = script(&[taken(100), taken(100), taken(50)]);
    let imported = import(&server.sdk(), "123456789012", &findings(250)).await.expect("taken");
    assert_eq!(imported, Imported { accepted: 250, failed: vec![] });
    let sent = server.sent();
    let batches: Vec<Vec<String>> = sent.iter().map(|sent| batch(&sent.body)).collect();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [100, 100, 50]);
    let expected: Vec<String> = (0..250).map(|number| format!("konecta-audit/{number}")).collect();
    assert_eq!(batches.concat(), expected);
    assert!(sent.iter().all(|sent| sent.uri == "https://securityhub.us-east-1.amazonaws.com/findings/import"));
}

#[tokio::test]
async fn nothing_is_not_sent() {
    let server = Scripted::new(&[]);
    assert_eq!(import(&server.sdk(), "123456789012", &[]).await, Ok(Imported::default()));
}

#[test]
fn a_batch_stays_below_its_size_and_what_is_too_large_is_left_out() {
    let mut all: Vec<Value> =
        (0..60).map(|number| json!({"Id": number.to_string(), "Title": "t".repeat(200_000)})).collect();
    all.insert(30, json!({"Id": "huge", "Title": "t".repeat(240_001)}));
    let mut refused = Vec::new();
    let batches = batches(&all, &mut refused);
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [29, 29, 2]);
    assert!(batches.iter().all(|batch| batch.join(",").len() < 6_000_000));
    assert_eq!(
        refused.iter().map(|one| (one.id.as_str(), one.code.as_str())).collect::<Vec<_>>(),
        [("huge", "TooLarge")]
    );
}

#[tokio::test]
async fn each_finding_that_is_not_taken_is_named() {
    let refusal = json!({"FailedCount": 1, "SuccessCount": 1, "FailedFindings": [
        {"Id": "konecta-audit/1", "ErrorCode": "InvalidInput", "ErrorMessage": "Finding does not adhere\n to the format"}]});
    let server = script(&[(200, refusal.to_string())]);
    let imported = import(&server.sdk(), "123456789012", &findings(2)).await.expect("an answer");
    let refused = Refused {
        id: "konecta-audit/1".to_owned(),
        code: "InvalidInput".to_owned(),
        message: "Finding does not adhere to the format".to_owned(),
    };
    assert_eq!(imported, Imported { accepted: 1, failed: vec![refused] });
}

#[tokio::test]
async fn a_hub_that_is_not_enabled_is_told_from_every_other_refusal() {
    let missing = HubError::NotEnabled { place: "123456789012, us-east-1".to_owned() };
    let refused = |code: &str| (403, json!({"__type": code, "Message": "Account is not subscribed"}).to_string());
    let server = script(&[refused("InvalidAccessException")]);
    assert_eq!(import(&server.sdk(), "123456789012", &findings(1)).await, Err(missing.clone()));
    let each = json!({"FailedCount": 2, "SuccessCount": 0, "FailedFindings": [
        {"Id": "konecta-audit/0", "ErrorCode": "InvalidAccess", "ErrorMessage": "x"},
        {"Id": "konecta-audit/1", "ErrorCode": "InvalidAccess", "ErrorMessage": "x"}]});
    let server = script(&[(200, each.to_string())]);
    assert_eq!(import(&server.sdk(), "123456789012", &findings(2)).await, Err(missing.clone()));
    assert!(missing.hint().contains("enable-security-hub"));
    // What was taken before is not forgotten.
    let server = script(&[taken(100), refused("AccessDeniedException")]);
    let failed = import(&server.sdk(), "123456789012", &findings(101)).await.expect_err("refused");
    assert!(matches!(&failed, HubError::Failed { accepted: 100, .. }), "{failed}");
    assert!(failed.to_string().contains("AccessDenied"), "{failed}");
}

#[tokio::test]
async fn an_answer_that_does_not_say_how_many_were_taken_is_none() {
    let server = script(&[(200, "{}".to_owned())]);
    let failed = import(&server.sdk(), "123456789012", &findings(1)).await.expect_err("no answer");
    assert!(matches!(failed, HubError::Failed { accepted: 0, .. }), "{failed}");
}

#[tokio::test]
async fn a_throttled_batch_is_sent_again() {
    let busy = (429, json!({"__type": "LimitExceededException", "Message": "slow down"}).to_string());
    let server = script(&[busy, taken(1)]);
    let imported = import(&server.sdk(), "123456789012", &findings(1)).await.expect("taken");
    assert_eq!((imported.accepted, server.sent().len()), (1, 2));
    assert_eq!(batch(&server.sent()[1].body), ["konecta-audit/0"]);
}
