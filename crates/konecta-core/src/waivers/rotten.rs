//! Waivers that have rotted, as findings: so every format tells them, they count for the exit code, and they are told
//! apart from scan to scan like all others. Their controls are not written in Rego: what they look at is no resource.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Assessed, Breadth, Sight, Standing};
use crate::report::Report;
use konecta_base::finding::{Finding, Severity, Shared, Status, Violation, fingerprint};
use konecta_base::id::{AccountId, Arn, Region};
use konecta_base::resource::ResourceRef;
use konecta_base::rule::Rule;
use konecta_base::waiver::{Waiver, WaiverLimits};

/// Their layer.
const LAYER: &str = "waivers";
/// Where they are described.
const PAGE: &str = "https://github.com/konecta/konecta-audit/blob/main/docs/waivers.md";

/// What can be wrong with a waiver.
struct Rot {
    id: &'static str,
    name: &'static str,
    severity: Severity,
    title: &'static str,
    description: &'static str,
    remediation: &'static str,
}

const EXPIRED: Rot = Rot {
    id: "KA-WAIVER-001",
    name: "waivers.not_expired",
    severity: Severity::Medium,
    title: "No waiver has expired",
    description: "A waiver holds to the end of its last day. After it, what was accepted fails again: whoever accepted it must decide anew.",
    remediation: "Mend what was accepted and take the waiver out, or accept it again with `konecta-audit waive`.",
};
const UNMATCHED: Rot = Rot {
    id: "KA-WAIVER-002",
    name: "waivers.matched",
    severity: Severity::Low,
    title: "Every waiver fits something that fails",
    description: "A waiver whose resource is mended or gone accepts nothing today. If the same fault came back, it would be accepted unseen.",
    remediation: "Take the waiver out of konecta-audit.toml.",
};
const BROAD: Rot = Rot {
    id: "KA-WAIVER-003",
    name: "waivers.narrow",
    severity: Severity::Medium,
    title: "Every waiver names what it means",
    description: "A waiver that fits whatever there is accepts resources that nobody has looked at, and those that are made tomorrow.",
    remediation: "Write out the ARN, or enough of its name; `konecta-audit waive` writes one waiver for one finding.",
};
const TOO_LONG: Rot = Rot {
    id: "KA-WAIVER-004",
    name: "waivers.not_too_long",
    severity: Severity::Medium,
    title: "No waiver lasts longer than is allowed",
    description: "A waiver that lasts for years is a decision that nobody takes again. It is not in force.",
    remediation: "Give it a day that is nearer, or raise `max_waiver_days` in the section [waivers].",
};
const ALL: [&Rot; 4] = [&EXPIRED, &UNMATCHED, &BROAD, &TOO_LONG];

/// The controls that are about waivers, as a reader needs them.
#[must_use]
pub fn rules() -> Vec<Rule> {
    ALL.into_iter().filter_map(rule).collect()
}

/// Puts the controls and their findings into the report.
pub(super) fn tell(report: &mut Report, assessed: &[Assessed<'_>], limits: &WaiverLimits) {
    // Two waivers of one control for one pattern are told once.
    let mut told: BTreeMap<(&str, Arn), Finding> = BTreeMap::new();
    for one in assessed {
        for (rot, violation) in rots(one, limits) {
            if let Some(finding) = finding(report, one, rot, violation) {
                told.entry((rot.id, finding.resource.arn.clone())).or_insert(finding);
            }
        }
    }
    report.findings.extend(told.into_values());
    report.rules.extend(rules());
    report.rules.sort_by(|a, b| a.id.cmp(&b.id));
    report.findings.sort_by(|a, b| {
        (a.severity, a.status, &a.control, &a.resource).cmp(&(b.severity, b.status, &b.control, &b.resource))
    });
}

/// What is wrong with one waiver, each with what is there and what should be. Nothing in it changes from day to day.
fn rots(one: &Assessed<'_>, limits: &WaiverLimits) -> Vec<(&'static Rot, Violation)> {
    let Waiver { control, resource, expires, .. } = one.waiver;
    let violation = |path: &str, actual: String, expected: String| Violation {
        path: path.to_owned(),
        actual: json!(actual),
        expected: json!(expected),
        proof: Vec::new(),
    };
    let days = limits.max_waiver_days;
    let standing = match one.standing {
        Standing::Expired if one.was_seen => {
            Some((&EXPIRED, violation("expires", expires.to_string(), "the day of the scan or a later one".to_owned())))
        }
        Standing::TooLong if one.was_run => {
            Some((&TOO_LONG, violation("expires", expires.to_string(), format!("at most {days} days after the scan"))))
        }
        Standing::Unmatched => Some((
            &UNMATCHED,
            violation("resource", resource.to_string(), format!("a resource on which {control} fails")),
        )),
        Standing::Expired | Standing::TooLong | Standing::Active | Standing::NotSeen | Standing::Changed { .. } => None,
    };
    let breadth = match one.breadth {
        Breadth::NamesNothing if one.was_run => {
            Some((&BROAD, violation("resource", resource.to_string(), "a pattern that names a resource".to_owned())))
        }
        Breadth::TooMany => {
            let expected = format!("a pattern that fits at most {} resources", limits.max_waiver_resources);
            Some((&BROAD, violation("resource", resource.to_string(), expected)))
        }
        Breadth::NamesNothing | Breadth::Narrow => None,
    };
    standing.into_iter().chain(breadth).collect()
}

fn finding(report: &Report, one: &Assessed<'_>, rot: &Rot, violation: Violation) -> Option<Finding> {
    let (account, region) = one.place.as_ref()?;
    let partition = report.scan.regions.first().map_or("aws", Region::partition);
    let Waiver { control, resource, .. } = one.waiver;
    let place = if region.is_global() { "" } else { region.as_str() };
    let mark = fingerprint(control, resource.as_str(), "");
    let arn = format!("arn:{partition}:konecta:{place}:{account}:waiver/{control}/{mark}").parse().ok()?;
    let about = ResourceRef {
        arn,
        resource_type: "Konecta::Audit::Waiver".parse().ok()?,
        account_id: account.clone(),
        region: region.clone(),
    };
    Some(Finding {
        control: rot.id.parse().ok()?,
        name: rot.name.into(),
        title: rot.title.into(),
        severity: rot.severity,
        status: Status::Fail,
        resource: about.into(),
        violations: vec![violation].into(),
        reasons: vec![format!("the waiver of {control} for {resource}, {}", one.acceptance())].into(),
        evidence: Shared::default(),
        unattainable: false,
    })
}

fn rule(rot: &Rot) -> Option<Rule> {
    Some(Rule {
        id: rot.id.parse().ok()?,
        name: rot.name.to_owned(),
        layer: LAYER.to_owned(),
        title: rot.title.to_owned(),
        description: rot.description.to_owned(),
        remediation: rot.remediation.to_owned(),
        severity: rot.severity,
        page: Some(PAGE.to_owned()),
        related_resources: Vec::new(),
        frameworks: BTreeMap::new(),
    })
}

impl Sight<'_> {
    /// Where a waiver is told: where it names, as far as that was scanned, else where the first fail is that it fits.
    pub(super) fn place(&self, waiver: &Waiver, first: Option<&Finding>) -> Option<(AccountId, Region)> {
        let scan = &self.report.scan;
        let account = |named: &str| scan.accounts.iter().find(|account| account.as_str() == named);
        let region = |named: &str| scan.regions.iter().find(|region| region.as_str() == named);
        let account = waiver.resource.account().and_then(account);
        let region = waiver.resource.region().and_then(region);
        let account = account.or(first.map(|finding| &finding.resource.account_id)).or(scan.accounts.first())?;
        let region = region.or(first.map(|finding| &finding.resource.region));
        Some((account.clone(), region.cloned().unwrap_or_else(Region::global)))
    }
}
