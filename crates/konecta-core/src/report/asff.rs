//! Findings in the AWS Security Finding Format, as `BatchImportFindings` takes them, v2018-10-08.
//! Knows reports and news; nothing of calls, batches or whether there is a hub.
//!
//! What fails is `FAILED`, what is unknown `WARNING` (the format's word for missing information); `NOT_AVAILABLE` is kept
//! for what the control does not speak of any more. What passes and was never told is not sent. What is gone is sent once
//! more, archived: `PASSED` only where that was proven; what somebody accepted stays `FAILED`, because nobody mended it.
//! `Workflow` and `Note` are not written: they belong to the people who work with the hub.

mod kinds;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use kinds::kind;
pub use wire::SecurityHubFinding;
use wire::{Compliance, Label, Provided, Recommendation, Remediation, Subject};

use super::{About, Report, sentence};
use crate::changes::{Because, Gone, News};
use konecta_base::finding::{self, Severity, Status};
use konecta_base::id::{ControlId, Region};
use konecta_base::resource::ResourceRef;
use konecta_base::rule::Rule;
use konecta_base::text::{clip, prose, visible};

const SCHEMA: &str = "2018-10-08";
const TYPE: &str = "Software and Configuration Checks/AWS Security Best Practices";
const LONGEST_TITLE: usize = 256;
const LONGEST_DESCRIPTION: usize = 1024;
const LONGEST_TEXT: usize = 512;
const LONGEST_REQUIREMENT: usize = 64;
const MOST_REQUIREMENTS: usize = 32;
const LONGEST_FIELD: usize = 2048;

/// What is to be said of one finding, whether it is in the report or gone.
struct AsffFinding<'a> {
    fingerprint: String,
    control: &'a ControlId,
    title: String,
    severity: Severity,
    resource: &'a ResourceRef,
    description: String,
    compliance: &'static str,
    active: bool,
    first_seen: Timestamp,
}

/// Where the findings of a target go.
struct AsffContext<'a> {
    report: &'a Report,
    about: &'a About<'a>,
    partition: &'a str,
    region: Region,
    now: Timestamp,
}

/// Writes everything that Security Hub should know of a target: what fails, what is unknown, and what is gone, worst first.
#[must_use]
pub fn render(
    report: &Report,
    news: &News<'_>,
    about: &About<'_>,
    partition: &str,
    now: Timestamp,
) -> Vec<SecurityHubFinding> {
    let desk = AsffContext { report, about, partition, region: hub_region(about, partition), now };
    let open = report.worst_first().into_iter().filter_map(|finding| {
        let first_seen = news.next.findings.get(&finding.fingerprint()).map_or(now, |known| known.first_seen);
        open(finding, first_seen)
    });
    let gone = news.gone.iter().chain(&news.settled).map(closed);
    open.chain(gone).map(|told| desk.write(&told)).collect()
}

/// The region whose Security Hub is told of a target.
#[must_use]
pub fn hub_region(about: &About<'_>, partition: &str) -> Region {
    let region = &about.target.region;
    if region.is_global() { Region::home_of_global_services(partition) } else { region.clone() }
}

fn open(finding: &finding::Finding, first_seen: Timestamp) -> Option<AsffFinding<'_>> {
    let (compliance, description) = match finding.status {
        Status::Fail => ("FAILED", failing(finding)),
        Status::Unknown => ("WARNING", unproven(finding)),
        Status::Waived | Status::Pass | Status::NotApplicable => return None,
    };
    Some(AsffFinding {
        fingerprint: finding.fingerprint(),
        control: &finding.control,
        title: sentence::title(finding),
        severity: finding.severity,
        resource: &finding.resource,
        description,
        compliance,
        active: true,
        first_seen,
    })
}

fn closed(gone: &Gone) -> AsffFinding<'_> {
    let known = &gone.finding;
    let (compliance, says) = match &gone.because {
        Because::Passes => ("PASSED", format!("meets {}", known.control)),
        Because::NotApplicable => ("NOT_AVAILABLE", format!("is not what {} speaks of any more", known.control)),
        Because::Absent => ("NOT_AVAILABLE", "is not there any more".to_owned()),
        Because::Waived(by) => ("FAILED", format!("does not meet {}, {}", known.control, prose(by))),
    };
    AsffFinding {
        fingerprint: gone.fingerprint.clone(),
        control: &known.control,
        title: prose(&known.title),
        severity: known.severity,
        resource: &known.resource,
        description: format!("{} {says}.", sentence::name(&known.resource)),
        compliance,
        active: false,
        first_seen: known.first_seen,
    }
}

/// The verdict and as many of the places as there is room for.
fn failing(finding: &finding::Finding) -> String {
    let mut told = sentence::verdict(finding);
    for (at, violation) in finding.violations.iter().enumerate() {
        let place = sentence::difference(violation);
        let left = finding.violations.len() - at;
        // `and 12345 more.` must still fit behind.
        if units(&told) + units(&place) + 20 > LONGEST_DESCRIPTION && at > 0 {
            told.push_str(&format!(" And {left} more."));
            break;
        }
        told.push(' ');
        told.push_str(&place);
    }
    told
}

fn unproven(finding: &finding::Finding) -> String {
    let reasons: Vec<String> = finding.reasons.iter().map(|reason| prose(reason)).collect();
    let name = sentence::name(&finding.resource);
    format!("Whether {name} meets {} is not known: {}.", finding.control, reasons.join("; "))
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Info => "INFORMATIONAL",
    }
}

impl AsffContext<'_> {
    fn write(&self, told: &AsffFinding<'_>) -> SecurityHubFinding {
        let account = self.about.target.account.as_str();
        let Self { partition, region, .. } = self;
        let rule = self.report.rule(told.control);
        // The format's word for what has no issue.
        let label = if told.compliance == "PASSED" { "INFORMATIONAL" } else { label(told.severity) };
        let severity = Label { label, original: told.severity.to_string() };
        SecurityHubFinding {
            schema_version: SCHEMA,
            id: format!("konecta-audit/{account}/{region}/{}", told.fingerprint),
            product_arn: format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
            product_name: "konecta-audit",
            company_name: "Konecta",
            generator_id: format!("konecta-audit/{}", told.control),
            aws_account_id: account.to_owned(),
            types: [TYPE],
            finding_provider_fields: Provided { severity: severity.clone(), types: [TYPE] },
            severity,
            first_observed_at: told.first_seen,
            last_observed_at: told.active.then_some(self.now),
            created_at: told.first_seen,
            updated_at: self.now,
            title: clip(&format!("{} {}", told.control, told.title), LONGEST_TITLE),
            description: clip(&told.description, LONGEST_DESCRIPTION),
            remediation: rule.and_then(remediation),
            product_fields: self.fields(told),
            resources: [self.subject(told.resource)],
            compliance: Compliance {
                status: told.compliance,
                related_requirements: rule.map(requirements).unwrap_or_default(),
            },
            record_state: if told.active { "ACTIVE" } else { "ARCHIVED" },
        }
    }

    fn fields(&self, told: &AsffFinding<'_>) -> BTreeMap<&'static str, String> {
        let all = [
            ("konecta-audit/control", told.control.as_str()),
            ("konecta-audit/fingerprint", told.fingerprint.as_str()),
            ("konecta-audit/run", self.about.run),
            ("konecta-audit/report", self.about.location),
            ("konecta-audit/version", &self.report.tool_version),
        ];
        let filled = all.into_iter().filter(|(_, text)| !text.trim().is_empty());
        filled.map(|(name, text)| (name, clip(&visible(text), LONGEST_FIELD))).collect()
    }

    fn subject(&self, resource: &ResourceRef) -> Subject {
        let partition = match self.partition {
            "aws" => Some("aws"),
            "aws-cn" => Some("aws-cn"),
            "aws-us-gov" => Some("aws-us-gov"),
            // The format knows no other.
            _ => None,
        };
        Subject {
            r#type: kind(resource.resource_type.as_str()),
            id: visible(resource.arn.as_str()),
            partition,
            region: if resource.region.is_global() { &self.region } else { &resource.region }.to_string(),
        }
    }
}

fn remediation(rule: &Rule) -> Option<Remediation> {
    let text = clip(&prose(&rule.remediation), LONGEST_TEXT);
    let is_page = |url: &&String| {
        url.starts_with("https://") && url.bytes().all(|byte| byte.is_ascii_graphic()) && url.len() <= LONGEST_TEXT
    };
    let url = rule.related_resources.iter().find(is_page).cloned();
    let text = Some(text).filter(|text| !text.is_empty());
    (text.is_some() || url.is_some()).then_some(Remediation { recommendation: Recommendation { text, url } })
}

fn requirements(rule: &Rule) -> Vec<String> {
    let all = rule.frameworks.iter().flat_map(|(name, ids)| ids.iter().map(move |id| prose(&format!("{name} {id}"))));
    let filled = all.filter(|text| !text.is_empty()).map(|text| clip(&text, LONGEST_REQUIREMENT));
    filled.take(MOST_REQUIREMENTS).collect()
}
