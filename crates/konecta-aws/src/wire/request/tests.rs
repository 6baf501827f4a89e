//! Every declared operation against botocore's own serialiser (`tools/requests.py`), and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Document, Node};
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;
use crate::apply::DECLARED;

#[derive(Deserialize)]
struct RequestCase {
    service: String,
    operation: String,
    parameters: Value,
    path: String,
    query: Value,
    headers: BTreeMap<String, String>,
    body: Value,
}

fn cases() -> Vec<RequestCase> {
    let text = include_str!("../../../../../fixtures/requests.jsonl");
    text.lines().map(|line| serde_json::from_str(line).expect("a case")).collect()
}

fn encoded(service: &str, operation: &str, parameters: &Value) -> Result<Encoded, EncodeError> {
    encode(requests(service)?, operation, parameters)
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String =
                [rest.next().expect("hex"), rest.next().expect("hex")].map(char::from).into_iter().collect();
            bytes.push(u8::from_str_radix(&hex, 16).expect("hex"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn fields(form: &str) -> BTreeMap<String, String> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect()
}

/// An element as name, namespace, text and children in order.
fn tree(node: Node<'_, '_>) -> Value {
    let name = node.tag_name();
    let children: Vec<Value> = node.children().filter(Node::is_element).map(tree).collect();
    json!([name.name(), name.namespace(), if children.is_empty() { node.text() } else { None }, children])
}

fn parsed(body: &str) -> Value {
    tree(Document::parse(body).expect("XML").root_element())
}

#[test]
fn every_declared_operation_is_written_as_botocore_writes_it() {
    let mut seen = BTreeSet::new();
    for case in cases() {
        let RequestCase { service, operation, parameters, .. } = &case;
        let name = format!("{service} {operation}");
        let sent = encoded(service, operation, parameters).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (path, query) = sent.uri.split_once('?').unwrap_or((&sent.uri, ""));
        let (their_path, fixed) = case.path.split_once('?').unwrap_or((&case.path, ""));
        assert_eq!(decoded(path), decoded(their_path), "{name}");
        let mut theirs = fields(fixed);
        if let Value::Object(map) = &case.query {
            theirs.extend(map.iter().map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned())));
        }
        assert_eq!(fields(query), theirs, "{name}");
        assert_eq!(sent.headers.iter().cloned().collect::<BTreeMap<_, _>>(), case.headers, "{name}");
        let text = sent.body.as_ref().map(|(_, body)| std::str::from_utf8(body).expect("UTF-8"));
        match (text, &case.body) {
            (Some(form), Value::Object(theirs)) => {
                let mut theirs: BTreeMap<String, String> =
                    theirs.iter().map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned())).collect();
                // botocore's own `True` where the model has a float or a boolean is already text here.
                theirs.retain(|_, _| true);
                assert_eq!(fields(form), theirs, "{name}");
            }
            (Some(xml), Value::String(theirs)) if service == "cloudfront" => {
                assert_eq!(parsed(xml), parsed(theirs), "{name}")
            }
            (Some(body), Value::String(theirs)) => {
                let theirs: Value = serde_json::from_str(theirs).expect("JSON");
                assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), theirs, "{name}");
            }
            (Some("{}") | None, Value::Null) => {}
            (None, Value::String(theirs)) => assert_eq!(theirs, "", "{name}"),
            (ours, theirs) => panic!("{name}: {ours:?} and {theirs}"),
        }
        seen.insert((service.clone(), operation.clone()));
    }
    let declared: BTreeSet<_> =
        DECLARED.iter().map(|known| (known.service.to_owned(), known.operation.to_owned())).collect();
    assert_eq!(seen, declared, "run tools/shapes.py and tools/requests.py");
}

#[test]
fn what_the_operation_does_not_know_is_named_and_never_sent() {
    let modify = |parameters: Value| encoded("rds", "ModifyDBInstance", &parameters).expect_err("an error").to_string();
    assert_eq!(modify(json!({})), "DBInstanceIdentifier: is required and missing");
    assert_eq!(
        modify(json!({"DBInstanceIdentifier": "db", "DeletionProtectoin": true})),
        "DeletionProtectoin: the operation has no such parameter"
    );
    assert_eq!(
        modify(json!({"DBInstanceIdentifier": "db", "DeletionProtection": "s3cr3t"})),
        "DeletionProtection: true or false was expected, not other text"
    );
    assert_eq!(
        modify(json!({"DBInstanceIdentifier": "db", "VpcSecurityGroupIds": ["sg-1", null]})),
        "VpcSecurityGroupIds[1]: text was expected, not null"
    );
    assert_eq!(modify(json!([])), "an object was expected, not a list".replacen("an", ": an", 1));
    let nested = json!({"Id": "E1", "DistributionConfig": {"CallerReference": "c", "Comment": "", "Enabled": true,
        "Origins": {"Quantity": 1, "Items": [{"Id": "o", "DomainName": "d", "CustomHeaders": {"Quantity": 1, "Items": [
            {"HeaderName": "x", "HeaderValue": "s3cr3t", "Hint": 1}]}}]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"}}});
    assert_eq!(
        encoded("cloudfront", "UpdateDistribution", &nested).expect_err("an error").to_string(),
        "DistributionConfig.Origins.Items[0].CustomHeaders.Items[0].Hint: the operation has no such parameter"
    );
}

#[test]
fn a_name_cannot_leave_its_place() {
    let update = |name: &str| encoded("eks", "UpdateClusterConfig", &json!({"name": name}));
    assert_eq!(update("../x?y#z").expect("encoded").uri, "/clusters/..%2Fx%3Fy%23z/update-config");
    assert!(update("").is_err(), "an empty name is another path");
    let headers = encoded("cloudfront", "DeleteResponseHeadersPolicy", &json!({"Id": "1", "IfMatch": "E\r\nX: y"}));
    assert!(headers.is_err(), "a header field was split");
    let form = encoded("iam", "DetachRolePolicy", &json!({"RoleName": "a&Action=DeleteRole", "PolicyArn": "arn"}));
    let (_, body) = form.expect("encoded").body.expect("a body");
    assert!(!String::from_utf8(body).expect("UTF-8").contains("&Action=DeleteRole"));
}

#[test]
fn endless_nesting_is_refused() {
    let mut statement = json!({"GeoMatchStatement": {}});
    for _ in 0..200 {
        statement = json!({"NotStatement": {"Statement": statement}});
    }
    let parameters = json!({"Name": "a", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}},
        "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"},
        "Rules": [{"Name": "r", "Priority": 0, "Statement": statement,
            "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "m"}}]});
    assert_eq!(encoded("wafv2", "CreateWebACL", &parameters), Err(EncodeError::TooDeep));
}

#[test]
fn a_request_prints_none_of_its_values() {
    let parameters = json!({"DBInstanceIdentifier": "db", "MasterUserPassword": "s3cr3t"});
    let sent = encoded("rds", "ModifyDBInstance", &parameters).expect("encoded");
    assert!(!format!("{sent:?}").contains("s3cr3t"));
}
