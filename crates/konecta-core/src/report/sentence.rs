//! The one place where a violation becomes a sentence, so that table, JSON and SARIF say the same.
//! The first sentence holds nothing that changes from scan to scan: GitHub tells alerts apart by it.
//! Knows findings as data; knows nothing of widths, colours or formats.

use serde_json::Value;

use konecta_base::finding::{Finding, Status, Violation};
use konecta_base::resource::ResourceRef;
use konecta_base::text::{clip, prose, visible};

/// A value longer than this is told in part; the JSON report holds it whole.
const LONGEST_VALUE: usize = 160;
/// A path longer than this is told in part.
const LONGEST_PATH: usize = 240;
/// A name longer than this is told in part; AWS has none that is.
const LONGEST_NAME: usize = 256;

/// What a person would call the resource.
///
/// The last part of the ARN that a person wrote: behind a load balancer's or a node group's name AWS puts a number
/// of its own. A listener has no name: it is told by its load balancer's and its own number.
#[must_use]
pub fn name(resource: &ResourceRef) -> String {
    let arn = resource.arn.as_str();
    let own = arn.splitn(6, ':').last().unwrap_or(arn);
    let parts: Vec<&str> = own.split(['/', ':']).filter(|part| !part.is_empty()).collect();
    let told = match parts.as_slice() {
        [.., "*"] => {
            let kind = resource.resource_type.as_str();
            format!("every {}", kind.strip_prefix("AWS::").unwrap_or(kind))
        }
        [_, named @ ..] => {
            let numbers = named.iter().rev().take_while(|part| is_number_of_aws(part)).count();
            match (named.len().checked_sub(numbers + 1).and_then(|at| named.get(at)), named.last()) {
                (Some(name), Some(number)) if numbers > 1 => format!("{name}/{number}"),
                (Some(name), _) => (*name).to_owned(),
                (None, _) => resource.arn.short_name().to_owned(),
            }
        }
        [] => resource.arn.short_name().to_owned(),
    };
    clip(&visible(&told), LONGEST_NAME)
}

fn is_number_of_aws(part: &str) -> bool {
    part.len() >= 16 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b'-')
}

/// What is wrong, without any value: `E2EX does not meet KA-CF-001: Every cache behavior sends HTTP to HTTPS.`
#[must_use]
pub fn verdict(finding: &Finding) -> String {
    let says = if finding.unattainable { "cannot meet" } else { "does not meet" };
    let as_written = if finding.unattainable { " as it is written" } else { "" };
    format!("{} {says} {}{as_written}: {}.", name(&finding.resource), finding.control, title(finding))
}

/// The title without the full stop.
#[must_use]
pub fn title(finding: &Finding) -> String {
    ended(&prose(&finding.title), &prose(&finding.name))
}

/// Where, what is there and what was promised: `HttpVersion is "http1.1"; expected "http2and3".`
#[must_use]
pub fn difference(violation: &Violation) -> String {
    let path = clip(&visible(&violation.path), LONGEST_PATH);
    let subject = if path.is_empty() { "It" } else { &path };
    format!(
        "{subject} is {}; expected {}.",
        value(&violation.actual),
        ended(&value(&violation.expected), "something else")
    )
}

/// The hops that prove it, one after the other; empty where the control looks at one resource.
#[must_use]
pub fn proof(violation: &Violation) -> String {
    violation.proof.iter().map(|hop| clip(&prose(hop), LONGEST_PATH)).collect::<Vec<_>>().join(" → ")
}

/// What is not decided, and why: `E2EX is not decided by KA-CF-001: Every cache behavior … : cloudfront:… was denied.`
#[must_use]
pub fn undecided(finding: &Finding) -> String {
    let reasons: Vec<String> =
        finding.reasons.iter().map(|reason| ended(&prose(reason), "no reason is known")).collect();
    let why = if reasons.is_empty() { "no reason is known".to_owned() } else { reasons.join("; ") };
    format!("{} is not decided by {}: {} ({why}).", name(&finding.resource), finding.control, title(finding))
}

/// The whole message of a violation: the verdict, the difference, the proof, and what AWS cannot give.
#[must_use]
pub fn message(finding: &Finding, violation: &Violation) -> String {
    let mut told = format!("{} {}", verdict(finding), difference(violation));
    if !violation.proof.is_empty() {
        told.push_str(&format!(" Seen along {}.", proof(violation)));
    }
    for reason in beside(finding) {
        told.push_str(&format!(" {}.", ended(&prose(reason), "AWS cannot give it")));
    }
    told
}

/// What is told beside a violation: what AWS cannot give, and of a fail what a waiver has to do with it.
#[must_use]
pub fn beside(finding: &Finding) -> &[String] {
    match (finding.status, finding.unattainable) {
        (Status::Fail, _) => &finding.reasons,
        (Status::Unknown | Status::Waived | Status::Pass | Status::NotApplicable, true) => {
            finding.reasons.get(..1).unwrap_or_default()
        }
        (Status::Unknown | Status::Waived | Status::Pass | Status::NotApplicable, false) => &[],
    }
}

/// A value in a sentence. One of AWS's stands in quotes (`"http2and3"`), words (`at least 7 days`) do not; a list is told
/// item after item, an object member after member, and what is known not to be there is `none`.
#[must_use]
pub fn value(value: &Value) -> String {
    let told = match value {
        Value::String(words) if words.trim().contains(' ') => prose(words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => visible(&scalar(value)),
        Value::Array(_) | Value::Object(_) => listed(value),
    };
    clip(&told, LONGEST_VALUE)
}

fn scalar(value: &Value) -> String {
    if value.is_null() { "none".to_owned() } else { value.to_string() }
}

/// Lists and objects as words, without quotes and brackets.
fn listed(value: &Value) -> String {
    let nested = |item: &Value| match item {
        Value::Array(_) | Value::Object(_) => format!("({})", listed(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => listed(item),
    };
    match value {
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Object(members) if members.is_empty() => "empty".to_owned(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(listed).collect::<Vec<_>>().join("; ")
        }
        Value::Array(items) => items.iter().map(nested).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let told = members.iter().map(|(name, member)| format!("{} {}", visible(name), nested(member)));
            told.collect::<Vec<_>>().join(", ")
        }
        Value::String(text) if !text.trim().is_empty() => prose(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => visible(&scalar(value)),
    }
}

fn ended(text: &str, otherwise: &str) -> String {
    let text = text.trim_end_matches(['.', ' ']);
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::testdata;

    fn named(kind: &str, arn: &str) -> String {
        name(&testdata::resource(kind, arn))
    }

    #[test]
    fn a_resource_is_called_what_a_person_calls_it() {
        let elb = "arn:aws:elasticloadbalancing:us-east-1:123456789012";
        let lb = format!("{elb}:loadbalancer/app/konecta-erp-alb/50dc6c495c0c9188");
        let listener = format!("{elb}:listener/app/konecta-erp-alb/50dc6c495c0c9188/f2f7dc8efc522ab2");
        assert_eq!(named("AWS::ElasticLoadBalancingV2::LoadBalancer", &lb), "konecta-erp-alb");
        assert_eq!(named("AWS::ElasticLoadBalancingV2::Listener", &listener), "konecta-erp-alb/f2f7dc8efc522ab2");
        let nodes = "arn:aws:eks:us-east-1:123456789012:nodegroup/erp/workers/a2b3c4d5-1111-2222-3333-444455556666";
        assert_eq!(named("AWS::EKS::Nodegroup", nodes), "workers");
        let key = "arn:aws:kms:us-east-1:123456789012:key/a2b3c4d5-1111-2222-3333-444455556666";
        assert_eq!(named("AWS::KMS::Key", key), "a2b3c4d5-1111-2222-3333-444455556666");
        assert_eq!(
            named("AWS::ECR::Repository", "arn:aws:ecr:us-east-1:123456789012:repository/*"),
            "every ECR::Repository"
        );
        assert_eq!(named("AWS::S3::Bucket", "arn:aws:s3:::erp-logs"), "erp-logs");
        assert_eq!(
            named("AWS::EC2::VPC", "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0a1b\u{1b}[2J"),
            r"vpc-0a1b\u{1b}[2J"
        );
    }

    #[test]
    fn a_violation_is_two_sentences_and_the_first_holds_no_value() {
        let report = testdata::report();
        let finding = report.findings.iter().find(|f| f.control.as_str() == "KA-CF-001").expect("finding");
        assert_eq!(
            message(finding, &finding.violations[0]),
            "E2EXAMPLE1KONECTA does not meet KA-CF-001: Every cache behavior sends HTTP to HTTPS. \
             CacheBehaviors.Items[0].ViewerProtocolPolicy is \"allow-all\"; expected \"redirect-to-https\"."
        );
    }

    #[test]
    fn values_words_and_nothing_are_told_apart() {
        let mut violation =
            Violation { path: "P".to_owned(), actual: json!(null), expected: json!("at least 7 days."), proof: vec![] };
        assert_eq!(difference(&violation), "P is none; expected at least 7 days.");
        violation.path.clear();
        violation.actual = json!(["a\u{1b}", "b", 3, null]);
        violation.expected = json!("");
        assert_eq!(difference(&violation), r#"It is a\u{1b}, b, 3, none; expected ""."#);
        violation.actual = json!("no rule");
        violation.expected = json!([]);
        assert_eq!(difference(&violation), "It is no rule; expected an empty list.");
        violation.actual =
            json!([{"family": "ipv4", "ports": {"from": 22, "to": 23}}, {"sources": ["0.0.0.0/1", "128.0.0.0/1"]}]);
        violation.expected = json!({"closed": true});
        assert_eq!(
            difference(&violation),
            "It is family ipv4, ports (from 22, to 23); sources (0.0.0.0/1, 128.0.0.0/1); expected closed true."
        );
        violation.actual = json!("x".repeat(5000));
        assert!(difference(&violation).len() < 200);
    }
}
