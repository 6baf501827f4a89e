//! Violations as SARIF results: one each, worst first, told apart by control, ARN and path alone.
//! Knows nothing of files beyond the places it is given.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, LogicalLocation, Message, PhysicalLocation, Region as Lines, Result as SarifResult,
    ResultBaselineState, Suppression,
};

use super::rules::level;
use super::{FileLocation, Places, SarifError, SarifOptions, Spot, preflight, states};
use crate::report::{Report, sentence};
use konecta_base::finding::{Finding, Status, Violation, fingerprint};
use konecta_base::id::{AccountId, ControlId, Region};
use konecta_base::text::{clip, prose, visible};

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
    let absent = report.baseline.as_ref().map(|baseline| states::absent(baseline, &report.findings));
    let gone = absent.iter().flatten().map(|finding| (finding, true));
    let found = report.worst_first().into_iter().map(|finding| (finding, false));
    for (finding, is_absent) in found.chain(gone) {
        let here = &finding.resource.account_id == account && &finding.resource.region == region;
        if !here || !is_result(finding.status, options) {
            continue;
        }
        // A control of the earlier scan that was not run now has no rule to point at.
        if is_absent && !indexes.contains_key(&finding.control) {
            continue;
        }
        let Some(index) = indexes.get(&finding.control) else {
            return Err(SarifError::UnknownControl { control: finding.control.clone() });
        };
        let layer = report.layer(finding);
        for (violation, message) in violations(finding) {
            let path = violation.map_or("", |violation| violation.path.as_str());
            if results.len() == preflight::RESULTS {
                left_out += 1;
                continue;
            }
            let mark = mark(finding, path, &mut marks);
            let mut result = result(finding, *index, message, mark, &places.spot(layer, finding, path));
            result.baseline_state = report.baseline.as_ref().map(|baseline| match is_absent {
                true => json!(ResultBaselineState::Absent),
                false => json!(states::state(baseline, finding, violation)),
            });
            results.push(result);
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

/// Every violation with its message; a fail without any is told as a whole.
fn violations(finding: &Finding) -> Vec<(Option<&Violation>, String)> {
    let whole = |violation: &Violation| sentence::message(finding, violation);
    match &*finding.violations {
        [] => vec![(None, sentence::verdict(finding))],
        violations => violations.iter().map(|violation| (Some(violation), whole(violation))).collect(),
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

fn physical(place: &FileLocation) -> PhysicalLocation {
    let mut region = Lines::builder().start_line(place.line).build();
    region.start_column = place.column.map(i64::from);
    PhysicalLocation::builder()
        .artifact_location(ArtifactLocation::builder().uri(place.uri.as_str()).build())
        .region(region)
        .build()
}

/// The other places that have to do with it.
fn related((place, what): &(FileLocation, String)) -> Location {
    let message = Message::builder().text(plain(what)).build();
    Location::builder().physical_location(physical(place)).message(message).build()
}

fn result(finding: &Finding, rule: usize, message: String, mark: String, spot: &Spot) -> SarifResult {
    let place = physical(&spot.place);
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
    if !spot.related.is_empty() {
        result.related_locations = Some(spot.related.iter().map(related).collect());
    }
    if finding.status == Status::Waived {
        result.suppressions = Some(vec![suppression(finding)]);
    }
    result
}

fn suppression(finding: &Finding) -> Suppression {
    let mut suppression = Suppression::builder().kind(json!("external")).status(json!("accepted")).build();
    // The waiver's own words are the last reason.
    suppression.justification = finding.reasons.last().map(|reason| prose(reason)).filter(|reason| !reason.is_empty());
    suppression
}

/// A message text that stays a text: in SARIF `[words](target)` would be a link of whoever named the resource.
pub(super) fn plain(message: &str) -> String {
    clip(&message.replace("](", "] ("), MESSAGE)
}
