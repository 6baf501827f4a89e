//! Violations as SARIF results: one each, worst first, told apart by control, ARN and path alone.
//! Knows nothing of files beyond the places it is given.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region as Lines, Result as SarifResult,
    Suppression,
};

use super::rules::level;
use super::{Places, SarifError, SarifOptions, preflight};
use crate::finding::{Finding, Status, Violation, fingerprint};
use crate::id::{AccountId, ControlId, Region};
use crate::report::text::{clip, prose, visible};
use crate::report::{Report, sentence};

/// A message longer than this says too much in a list of alerts.
const MESSAGE: usize = 2_000;

/// The results of one run.
pub(super) struct Found {
    /// Worst first.
    pub(super) results: Vec<SarifResult>,
    /// How many more there are, all of them no worse, that GitHub would not take.
    pub(super) left_out: usize,
}

pub(super) fn results(
    report: &Report,
    account: &AccountId,
    region: &Region,
    places: &Places,
    options: &SarifOptions,
) -> Result<Found, SarifError> {
    let indexes: BTreeMap<&ControlId, usize> =
        report.rules.iter().enumerate().map(|(at, rule)| (&rule.id, at)).collect();
    let mut marks = BTreeSet::new();
    let mut results = Vec::new();
    let mut left_out = 0;
    for finding in report.worst_first() {
        let here = &finding.resource.account_id == account && &finding.resource.region == region;
        if !here || !is_result(finding.status, options) {
            continue;
        }
        let Some(index) = indexes.get(&finding.control) else {
            return Err(SarifError::UnknownControl { control: finding.control.clone() });
        };
        let line = places.line(report.layer(finding));
        for (path, message) in told(finding) {
            if results.len() == preflight::RESULTS {
                left_out += 1;
                continue;
            }
            let mark = mark(finding, path, &mut marks);
            results.push(result(finding, *index, message, mark, &places.uri, line));
        }
    }
    Ok(Found { results, left_out })
}

fn is_result(status: Status, options: &SarifOptions) -> bool {
    match status {
        Status::Fail => true,
        Status::Waived => options.include_waived,
        Status::Unknown | Status::Pass | Status::NotApplicable => false,
    }
}

/// The path and the message of every violation; a fail without any is told as a whole.
fn told(finding: &Finding) -> Vec<(&str, String)> {
    let whole = |violation: &Violation| sentence::message(finding, violation);
    match &*finding.violations {
        [] => vec![("", sentence::verdict(finding))],
        violations => violations.iter().map(|violation| (violation.path.as_str(), whole(violation))).collect(),
    }
}

/// The fingerprint of a violation. Of several at one path, the second and later ones carry their number:
/// two alerts with one fingerprint would be one on GitHub.
fn mark(finding: &Finding, path: &str, marks: &mut BTreeSet<String>) -> String {
    let arn = finding.resource.arn.as_str();
    let mut mark = fingerprint(&finding.control, arn, path);
    let mut number = 1;
    while !marks.insert(mark.clone()) {
        number += 1;
        mark = fingerprint(&finding.control, arn, &format!("{path}#{number}"));
    }
    format!("{mark}:1")
}

fn result(finding: &Finding, rule: usize, message: String, mark: String, uri: &str, line: u32) -> SarifResult {
    let place = PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(uri).build())
        .region(Lines::builder().start_line(line).build())
        .build();
    let resource = LogicalLocation::builder()
        .name(sentence::name(&finding.resource))
        .fully_qualified_name(visible(finding.resource.arn.as_str()))
        .kind("resource")
        .build();
    let mut result = SarifResult::builder()
        .rule_id(finding.control.as_str())
        .rule_index(i64::try_from(rule).unwrap_or(i64::MAX))
        .level(level(finding.severity))
        .message(Message::builder().text(plain(&message)).build())
        .locations(vec![Location::builder().physical_location(place).logical_locations(vec![resource]).build()])
        .partial_fingerprints(BTreeMap::from([("primaryLocationLineHash".to_owned(), mark)]))
        .build();
    if finding.status == Status::Waived {
        result.suppressions = Some(vec![suppression(finding)]);
    }
    result
}

fn suppression(finding: &Finding) -> Suppression {
    let mut suppression = Suppression::builder().kind(json!("external")).status(json!("accepted")).build();
    suppression.justification = finding.reasons.first().map(|reason| prose(reason)).filter(|reason| !reason.is_empty());
    suppression
}

/// A message text that stays a text: in SARIF `[words](target)` would be a link of whoever named the resource.
pub(super) fn plain(message: &str) -> String {
    clip(&message.replace("](", "] ("), MESSAGE)
}
