//! The report with strings of any kind in every place that AWS, a policy or a claim fills.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::{ONE, id, report};
use crate::report::Report;

/// Strings of any kind: control characters, quotes, markup, other scripts, nothing at all, and very long ones.
pub(crate) fn words() -> impl Strategy<Value = Vec<String>> {
    let nasty = r#"[\x00-\x1f\x7f-\x9f"'\\{}\[\]()<>`|%:/ .\u{202e}\u{200b}\u{2028}\u{feff}]{0,40}"#;
    let long = (r"\PC{1,20}", 1..80_usize).prop_map(|(text, times)| text.repeat(times));
    proptest::collection::vec(prop_oneof![3 => nasty, 3 => ".{0,60}", 1 => long], 12)
}

/// The report with those strings in every place that AWS, a policy or a claim fills.
pub(crate) fn written_with(words: &[String]) -> Report {
    let mut report = report();
    let mut turn = words.iter().cycle();
    let mut next = || turn.next().cloned().unwrap_or_default();
    for rule in &mut report.rules {
        (rule.title, rule.description, rule.remediation, rule.name) = (next(), next(), next(), next());
        rule.related_resources = vec![next(), next()];
        rule.frameworks = [(next(), vec![next(), next()])].into();
    }
    for finding in &mut report.findings {
        (finding.title, finding.name, finding.reasons) = (next().into(), next().into(), vec![next(), next()].into());
        let name: String = next().chars().filter(|c| !c.is_ascii_whitespace()).collect();
        Arc::make_mut(&mut finding.resource).arn = id(&format!("arn:aws:ecr:us-east-1:{ONE}:repository/{name}"));
        for violation in &mut finding.violations {
            (violation.path, violation.proof) = (next(), vec![next()]);
            (violation.actual, violation.expected) = (json!({ next(): [next()] }), json!(next()));
        }
    }
    for gap in &mut report.gaps {
        (gap.gap.error, gap.gap.message) = (next(), next());
    }
    for claim in &mut report.claims {
        (claim.says, claim.reason) = (next(), next());
    }
    (report.errors[0].arn, report.errors[0].message) = (next(), next());
    report
}
