//! Findings in the Open Cybersecurity Schema Framework, version 1.6.0: a Compliance Finding (class 2003, with the profile
//! `cloud`) a line, for data lakes and SIEMs. Knows the report; decides nothing.
//!
//! What fails is `Fail`, what is unknown `Warning` (the schema's word for missing information), what passes `Pass`; what a
//! control does not speak of is `Other`. Held against an earlier scan, an event says whether it creates, updates or
//! closes a finding.

mod wire;

#[cfg(test)]
mod tests;

use std::io::Write;

use konecta_base::finding::{Finding, Severity, Status};
use konecta_base::text::{prose, visible};

use self::wire::{
    Account, Check, Cloud, Compliance, Data, Event, Evidence, FindingInfo, Metadata, Product, Remediation, Subject,
};
use super::{Report, json_text, sentence};
use crate::baseline::BaselineState;

const VERSION: &str = "1.6.0";
const CLASS: u32 = 2003;
/// `AWS Account` in the schema.
const AWS_ACCOUNT: u32 = 10;

/// A number and its caption.
type Named = (u32, &'static str);

/// Writes every finding, worst first, a line each; then what an earlier scan found and is fixed or accepted.
///
/// # Errors
/// When `out` takes no more.
pub fn write(report: &Report, out: &mut dyn Write) -> Result<(), serde_json::Error> {
    let mut add = |event: &Event<'_>| json_text::line_to(out, event);
    for finding in report.worst_first() {
        let activity = match report.baseline_state(finding) {
            Some(BaselineState::Unchanged | BaselineState::Updated) => (2, "Update"),
            Some(BaselineState::New) | None => (1, "Create"),
        };
        add(&event(report, finding, activity, verdict(finding.status)))?;
    }
    for fixed in report.baseline.iter().flat_map(|baseline| &baseline.fixed) {
        add(&event(report, &fixed.finding, (3, "Close"), (1, "Pass")))?;
    }
    Ok(())
}

fn event<'a>(report: &'a Report, finding: &'a Finding, activity: Named, verdict: Named) -> Event<'a> {
    let now = report.scan.finished_at.as_millisecond();
    let rule = report.rule(&finding.control);
    let is_open = verdict.1 != "Pass" && activity.1 != "Close";
    let severity = severity(if is_open { finding.severity } else { Severity::Info });
    let status = match (finding.status, is_open) {
        (Status::Waived, true) => (3, "Suppressed"),
        (Status::NotApplicable, _) | (_, false) => (4, "Resolved"),
        (_, true) => (1, "New"),
    };
    let message = message(finding, is_open);
    Event {
        activity_id: activity.0,
        activity_name: activity.1,
        category_name: "Findings",
        category_uid: 2,
        class_name: "Compliance Finding",
        class_uid: CLASS,
        cloud: cloud(finding),
        compliance: compliance(report, finding, verdict),
        evidences: if is_open { evidences(finding) } else { Vec::new() },
        finding_info: FindingInfo {
            desc: rule.map(|rule| prose(&rule.description)),
            last_seen_time: now,
            src_url: rule.and_then(|rule| rule.page.as_deref()),
            title: sentence::title(finding),
            uid: finding.fingerprint(),
        },
        message,
        metadata: Metadata {
            event_code: finding.control.as_str(),
            product: Product { name: "konecta-audit", vendor_name: "Konecta", version: &report.tool_version },
            profiles: ["cloud"],
            version: VERSION,
        },
        remediation: rule.filter(|rule| !rule.remediation.trim().is_empty()).map(|rule| Remediation {
            desc: prose(&rule.remediation),
            references: rule.related_resources.iter().map(|page| visible(page)).collect(),
        }),
        resources: [subject(finding)],
        severity: severity.1,
        severity_id: severity.0,
        status: status.1,
        status_id: status.0,
        time: now,
        type_name: format!("Compliance Finding: {}", activity.1),
        type_uid: CLASS * 100 + activity.0,
    }
}

/// The verdict in the schema's words.
fn verdict(status: Status) -> Named {
    match status {
        Status::Pass => (1, "Pass"),
        Status::Unknown => (2, "Warning"),
        Status::Fail | Status::Waived => (3, "Fail"),
        Status::NotApplicable => (99, "Not applicable"),
    }
}

fn severity(severity: Severity) -> Named {
    match severity {
        Severity::Info => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn message(finding: &Finding, is_open: bool) -> String {
    let name = sentence::name(&finding.resource);
    match finding.status {
        Status::Fail | Status::Waived if is_open => sentence::verdict(finding),
        Status::Unknown => sentence::undecided(finding),
        Status::NotApplicable => format!("{} does not speak of {name}.", finding.control),
        Status::Fail | Status::Waived | Status::Pass => format!("{name} meets {}.", finding.control),
    }
}

fn compliance<'a>(report: &'a Report, finding: &'a Finding, verdict: Named) -> Compliance<'a> {
    let rule = report.rule(&finding.control);
    let frameworks = || rule.into_iter().flat_map(|rule| &rule.frameworks);
    let standards: Vec<String> = frameworks().map(|(name, _)| prose(name)).collect();
    let own = severity(finding.severity);
    Compliance {
        checks: [Check {
            name: prose(&finding.name),
            severity: own.1,
            severity_id: own.0,
            status: verdict.1,
            status_id: verdict.0,
            uid: finding.control.as_str(),
        }],
        control: finding.control.as_str(),
        requirements: frameworks()
            .flat_map(|(name, ids)| ids.iter().map(move |id| prose(&format!("{name} {id}"))))
            .collect(),
        standards,
        status: verdict.1,
        status_details: finding.reasons.iter().map(|reason| prose(reason)).collect(),
        status_id: verdict.0,
    }
}

fn cloud(finding: &Finding) -> Cloud<'_> {
    let resource = &finding.resource;
    Cloud {
        account: Account { r#type: "AWS Account", type_id: AWS_ACCOUNT, uid: resource.account_id.as_str() },
        cloud_partition: visible(resource.arn.partition()),
        provider: "AWS",
        region: resource.region.as_str(),
    }
}

fn subject(finding: &Finding) -> Subject<'_> {
    let resource = &finding.resource;
    Subject {
        cloud_partition: visible(resource.arn.partition()),
        name: sentence::name(resource),
        region: resource.region.as_str(),
        r#type: resource.resource_type.as_str(),
        uid: visible(resource.arn.as_str()),
    }
}

/// Every place that fails, as data.
fn evidences(finding: &Finding) -> Vec<Evidence<'_>> {
    let data = finding.violations.iter().map(|violation| Data {
        actual: &violation.actual,
        expected: &violation.expected,
        path: &violation.path,
        proof: &violation.proof,
    });
    data.map(|data| Evidence { data }).collect()
}
