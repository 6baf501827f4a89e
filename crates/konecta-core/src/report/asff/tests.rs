//! Findings for Security Hub against the limits of its format, and their snapshots.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::changes::Known;
use crate::report::testdata::{self, id};
use konecta_base::target::Target;

const NOW: &str = "2026-11-27T03:00:00Z";

fn asff_of(known: &Known, report: &Report, region: &str, now: &str) -> (Vec<Value>, Known) {
    let target = Target { account: id("123456789012"), region: id(region) };
    let about = About { target: &target, run: "nightly-2026-11-27", location: "s3://b/r.json", incomplete: true };
    let news = known.compare(report, "nightly-2026-11-27", id(now));
    let findings = render(report, &news, &about, "aws", id(now));
    (findings.iter().map(|finding| serde_json::to_value(finding).expect("JSON")).collect(), news.next)
}

fn text<'a>(finding: &'a Value, pointer: &str) -> &'a str {
    finding.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {finding}"))
}

/// The limits that stand in the API reference; botocore does not know them.
fn check(finding: &Value) {
    for (pointer, limit) in [
        ("/Id", 512),
        ("/ProductArn", 2048),
        ("/GeneratorId", 512),
        ("/Title", 256),
        ("/Description", 1024),
        ("/Resources/0/Region", 16),
        ("/Resources/0/Type", 256),
        ("/Severity/Original", 64),
    ] {
        let length = text(finding, pointer).chars().count();
        assert!((1..=limit).contains(&length), "{pointer} has {length} characters");
    }
    if let Some(remediation) = finding.pointer("/Remediation/Recommendation/Text").and_then(Value::as_str) {
        assert!((1..=512).contains(&remediation.chars().count()), "{remediation}");
    }
    let fields = finding["ProductFields"].as_object().expect("fields");
    assert!(
        fields.len() <= 50
            && fields.iter().all(|(key, value)| {
                key.len() <= 128 && value.as_str().is_some_and(|value| value.chars().count() <= 2048)
            })
    );
    assert!(finding["Compliance"]["RelatedRequirements"].as_array().is_none_or(|all| all.len() <= 32));
    assert!(finding.to_string().len() <= 240_000, "too large");
    for never in ["Workflow", "Note", "UserDefinedFields", "VerificationState"] {
        assert!(finding.get(never).is_none(), "{never} belongs to the people who work with the hub");
    }
    // A string without anything that can be seen is refused.
    fn filled(value: &Value) -> bool {
        match value {
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(items) => !items.is_empty() && items.iter().all(filled),
            Value::Object(members) => !members.is_empty() && members.values().all(filled),
            Value::Null => false,
            Value::Bool(_) | Value::Number(_) => true,
        }
    }
    assert!(filled(finding), "{finding}");
}

#[test]
fn fails_and_unknowns_are_sent_and_nothing_else() {
    let (findings, _) = asff_of(&Known::default(), &testdata::report(), "us-east-1", NOW);
    findings.iter().for_each(check);
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &findings {
        *statuses.entry(text(finding, "/Compliance/Status")).or_default() += 1;
        assert_eq!(text(finding, "/RecordState"), "ACTIVE");
    }
    assert_eq!(statuses, [("FAILED", 8), ("WARNING", 3)].into());
    insta::assert_json_snapshot!(findings[..3]);
    insta::assert_json_snapshot!(findings.iter().find(|finding| finding["Compliance"]["Status"] == "WARNING"));
}

#[test]
fn what_is_gone_is_archived_and_passed_only_where_that_was_proven() {
    let (before, known) = asff_of(&Known::default(), &testdata::report(), "us-east-1", "2026-11-26T03:00:00Z");
    let mut report = testdata::report();
    report.gaps.clear();
    report.errors.clear();
    report.findings.retain(|finding| finding.control.as_str() != "KA-SG-001");
    for (control, status) in [
        ("KA-RDS-001", Status::Pass),
        ("KA-CF-006", Status::NotApplicable),
        ("KA-EKS-002", Status::Waived),
        ("KA-CF-041", Status::Pass),
    ] {
        let finding = report.findings.iter_mut().find(|finding| finding.control.as_str() == control).expect("there");
        finding.status = status;
        finding.reasons = vec!["accepted by a.hassan until 2027-01-31: upgraded in January".to_owned()].into();
    }
    let (findings, next) = asff_of(&known, &report, "us-east-1", NOW);
    findings.iter().for_each(check);
    let archived: Vec<&Value> = findings.iter().filter(|finding| finding["RecordState"] == "ARCHIVED").collect();
    let told_of = |finding: &&Value| {
        format!("{} {}", text(finding, "/ProductFields/konecta-audit~1control"), text(finding, "/Compliance/Status"))
    };
    assert_eq!(
        archived.iter().map(told_of).collect::<Vec<_>>(),
        [
            "KA-RDS-001 PASSED",
            "KA-SG-001 NOT_AVAILABLE",
            "KA-EKS-002 FAILED",
            "KA-CF-006 NOT_AVAILABLE",
            "KA-CF-041 PASSED"
        ]
    );
    insta::assert_json_snapshot!(archived[..3]);
    // Each of them is one that was sent before, by the same id, and was made when that was.
    for finding in &findings {
        let earlier = before.iter().find(|earlier| earlier["Id"] == finding["Id"]).expect("sent before");
        assert_eq!(earlier["CreatedAt"], finding["CreatedAt"]);
        assert_eq!(text(finding, "/CreatedAt"), "2026-11-26T03:00:00Z");
        assert_eq!(text(finding, "/UpdatedAt"), NOW);
    }
    // They are sent once.
    let (again, _) = asff_of(&next, &report, "us-east-1", "2026-11-28T03:00:00Z");
    assert!(again.iter().all(|finding| finding["RecordState"] == "ACTIVE"));
}

#[test]
fn what_belongs_to_no_region_goes_to_the_home_of_its_partition() {
    for (partition, home) in [("aws", "us-east-1"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-west-1")] {
        let target = Target { account: id("123456789012"), region: Region::global() };
        let about = About { target: &target, run: "r", location: "s3://b/k", incomplete: false };
        let report = testdata::report();
        let known = Known::default();
        let news = known.compare(&report, "r", id(NOW));
        let findings = render(&report, &news, &about, partition, id(NOW));
        let distribution = findings.iter().find(|finding| finding.resources[0].r#type == "AwsCloudFrontDistribution");
        let finding = serde_json::to_value(distribution.expect("told")).expect("JSON");
        check(&finding);
        let product = format!("arn:{partition}:securityhub:{home}:123456789012:product/123456789012/default");
        assert_eq!(text(&finding, "/ProductArn"), product);
        assert_eq!(text(&finding, "/Resources/0/Region"), home);
        assert_eq!(text(&finding, "/Resources/0/Partition"), partition);
        assert!(text(&finding, "/Id").starts_with(&format!("konecta-audit/123456789012/{home}/")));
    }
}

#[test]
fn a_finding_with_very_many_places_says_how_many_are_left_out() {
    let mut report = testdata::report();
    let finding = report.findings.iter_mut().find(|finding| finding.control.as_str() == "KA-CF-001").expect("there");
    finding.violations = finding.violations.iter().cycle().take(700).cloned().collect();
    let (findings, _) = asff_of(&Known::default(), &report, "us-east-1", NOW);
    findings.iter().for_each(check);
    let finding = findings.iter().find(|finding| text(finding, "/GeneratorId") == "konecta-audit/KA-CF-001");
    let description = text(finding.expect("told"), "/Description");
    let told = description.matches("ViewerProtocolPolicy is").count();
    assert!(told > 3 && description.ends_with(&format!(" And {} more.", 700 - told)), "{description}");
}

proptest! {
    #[test]
    fn no_text_of_aws_makes_a_finding_that_is_refused(words in testdata::words()) {
        let (findings, _) = asff_of(&Known::default(), &testdata::written_with(&words), "us-east-1", NOW);
        findings.iter().for_each(check);
    }
}
