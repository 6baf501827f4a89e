//! Where a message goes, what goes with it, and what becomes of refusals.

use std::collections::BTreeMap;

use super::*;
use crate::scripted::Scripted;

const PUBLISHED: &str = "<PublishResponse><PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult></PublishResponse>";
const MISSING: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>";
const DENIED: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error></ErrorResponse>";

fn target() -> Target {
    Target { account: "123456789012".parse().expect("account"), region: "eu-west-1".parse().expect("region") }
}

async fn told(topic: &str, run: &str, status: u16, answer: &str) -> (Result<String, TopicError>, Scripted) {
    let server = Scripted::new(&[(status, answer)]);
    let target = target();
    let notice = Notice { run, target: &target, subject: "3 new", body: "one\ntwo" };
    (publish(&server.sdk(), topic, &notice).await, server)
}

fn form(server: &Scripted) -> BTreeMap<String, String> {
    let sent = server.sent();
    let pairs = sent[0].body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_message_goes_to_the_region_of_its_topic() {
    let topic = "arn:aws:sns:eu-central-1:123456789012:findings";
    let (id, server) = told(topic, "one", 200, PUBLISHED).await;
    assert_eq!(id.as_deref(), Ok("567910cd-659e-55d4-8ccb-5aaf14679dc0"));
    assert!(server.sent()[0].uri.starts_with("https://sns.eu-central-1.amazonaws.com"), "{:?}", server.sent());
    let form = form(&server);
    assert_eq!((form["Subject"].as_str(), form["Message"].as_str()), ("3%20new", "one%0Atwo"));
    assert!(!form.contains_key("MessageGroupId") && !form.contains_key("MessageDeduplicationId"), "{form:?}");
}

#[tokio::test]
async fn a_fifo_topic_knows_a_run_that_tells_twice() {
    let topic = "arn:aws:sns:us-east-1:123456789012:findings.fifo";
    let mut tokens = Vec::new();
    for run in ["one", "one", "two"] {
        let (id, server) = told(topic, run, 200, PUBLISHED).await;
        assert!(id.is_ok(), "{id:?}");
        let form = form(&server);
        assert_eq!(form["MessageGroupId"], "123456789012%2Feu-west-1");
        tokens.push(form["MessageDeduplicationId"].clone());
    }
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[0], tokens[2]);
    assert!(tokens.iter().all(|token| token.len() <= 128));
}

#[tokio::test]
async fn refusals_have_a_hint_and_what_is_no_topic_is_not_asked() {
    let topic = "arn:aws:sns:us-east-1:123456789012:findings";
    assert_eq!(told(topic, "one", 404, MISSING).await.0, Err(TopicError::NotFound(topic.to_owned())));
    let denied = told(topic, "one", 403, DENIED).await.0.expect_err("denied");
    assert!(matches!(&denied, TopicError::Failed { reason, .. } if reason.contains("AuthorizationError")), "{denied}");
    assert!(denied.hint().contains("sns:Publish"));
    for bad in
        ["", "findings", "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sns::123456789012:x", &format!("{topic}:sub")]
    {
        let (outcome, server) = told(bad, "one", 200, PUBLISHED).await;
        assert_eq!(outcome, Err(TopicError::NotATopic(bad.to_owned())));
        assert!(server.sent().is_empty());
    }
}
