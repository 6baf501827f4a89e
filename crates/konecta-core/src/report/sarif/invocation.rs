//! Whether the scan saw everything, as SARIF tells it: gaps and controls in error are notifications of the tool.
//! GitHub looks past them; Visual Studio Code and DefectDojo do not.

use serde_sarif::sarif::{
    Invocation, Message, MultiformatMessageString, Notification, ReportingDescriptor, ReportingDescriptorReference,
    ResultLevel,
};

use super::Pairs;
use super::preflight::RESULTS;
use super::results::plain;
use super::rules::word;
use crate::report::{Report, ReportedGap};
use konecta_base::id::{AccountId, Region};
use konecta_base::rule::ControlError;
use konecta_base::text::{prose, visible};

const GAP: (i64, &str) = (0, "KA-GAP");
const ERROR: (i64, &str) = (1, "KA-ERROR");
const CUT: (i64, &str) = (2, "KA-CUT");

/// The kinds of notification that a run can hold.
pub(super) fn descriptors() -> Vec<ReportingDescriptor> {
    let text = |text: &str| MultiformatMessageString::builder().text(text).build();
    // Microsoft's rules for GitHub ask of these all that they ask of rules.
    let kind = |id: &str, name: &str, short: &str, help: &str| {
        ReportingDescriptor::builder()
            .id(id)
            .name(name)
            .short_description(text(short))
            .full_description(text(short))
            .help(text(help))
            .build()
    };
    vec![
        kind(
            GAP.1,
            "CallWithoutAnswer",
            "A call was denied, throttled or failed: what it would have shown is unknown.",
            "Grant what `konecta-audit permissions` prints, or scan again when the service answers.",
        ),
        kind(
            ERROR.1,
            "ControlInError",
            "A control could not be evaluated on a resource: it has no verdict there.",
            "Report it with the control and the message; the other controls are not touched by it.",
        ),
        kind(
            CUT.1,
            "ResultsLeftOut",
            "The run has more results than GitHub takes: the least severe ones are left out.",
            "Read the whole in the JSON report, or upload runs of fewer controls.",
        ),
    ]
}

/// `pairs` are all runs of the report: an error that belongs to none of them is told in each.
pub(super) fn invocation(
    report: &Report,
    pairs: &Pairs<'_>,
    account: &AccountId,
    region: &Region,
    left_out: usize,
) -> Invocation {
    let here = |gap: &&ReportedGap| &gap.gap.account_id == account && &gap.gap.region == region;
    let gaps = report.gaps.iter().filter(here).map(gap);
    let homeless = |arn: &str| !pairs.iter().any(|(account, region)| is_of(arn, account, region));
    let told_here = |error: &&ControlError| is_of(&error.arn, account, region) || homeless(&error.arn);
    let errors = report.errors.iter().filter(told_here).map(error);
    let cut = (left_out > 0).then(|| cut(left_out));
    Invocation::builder()
        .execution_successful(report.complete() && report.errors.is_empty())
        .start_time_utc(report.scan.started_at.to_string())
        .end_time_utc(report.scan.finished_at.to_string())
        .tool_execution_notifications(gaps.chain(errors).chain(cut).collect::<Vec<_>>())
        .build()
}

fn gap(reported: &ReportedGap) -> Notification {
    let gap = &reported.gap;
    let about = gap.resource.as_ref().map(|arn| format!(" on {}", visible(arn.as_str()))).unwrap_or_default();
    let controls: Vec<&str> = reported.controls.iter().map(|control| control.as_str()).collect();
    let open = if controls.is_empty() { String::new() } else { format!(" Left open: {}.", controls.join(", ")) };
    let kind = gap.kind.to_string().replace('_', " ");
    let told = format!("{}{about} has no answer: {kind} ({}).{open}", gap.action, prose(&gap.error));
    notification(GAP, &told, &ResultLevel::Warning)
}

fn error(error: &ControlError) -> Notification {
    let told =
        format!("{} could not be evaluated on {}: {}.", error.control, visible(&error.arn), prose(&error.message));
    notification(ERROR, &told, &ResultLevel::Error)
}

fn cut(left_out: usize) -> Notification {
    let told =
        format!("{left_out} results, none worse than those told, are left out: GitHub takes {RESULTS} in a run.");
    notification(CUT, &told, &ResultLevel::Warning)
}

fn notification((index, id): (i64, &str), told: &str, level: &ResultLevel) -> Notification {
    Notification::builder()
        .descriptor(ReportingDescriptorReference::builder().id(id).index(index).build())
        .message(Message::builder().text(plain(told)).build())
        .level(word(level))
        .build()
}

/// Where an error belongs: an ARN names account and region or leaves them out for what is global.
fn is_of(arn: &str, account: &AccountId, region: &Region) -> bool {
    let part = |at: usize| arn.split(':').nth(at).unwrap_or_default();
    let same_region = part(3) == region.as_str() || (part(3).is_empty() && region.is_global());
    same_region && (part(4) == account.as_str() || part(4).is_empty())
}
