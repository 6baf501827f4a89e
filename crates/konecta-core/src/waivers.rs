//! Which waivers hold in a scan: accepted fails become *waived*, and a waiver that has rotted becomes a finding itself.
//! Knows findings and what a scan saw; knows nothing of the file in which waivers stand.

mod assessed;
mod listing;
mod rotten;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::report::Report;
use konecta_base::finding::{Finding, Status};
use konecta_base::waiver::{Waiver, WaiverLimits};

pub use self::assessed::{Assessed, Breadth, Standing};
pub use self::listing::listing;
pub use self::rotten::rules;

/// Accepts what the waivers accept, and puts the waivers that have rotted into the report, as findings of controls that
/// are about waivers.
pub fn apply(report: &mut Report, waivers: &[Waiver], limits: &WaiverLimits) {
    if waivers.is_empty() {
        return;
    }
    let assessed = accept(report, waivers, limits);
    rotten::tell(report, &assessed, limits);
}

/// Marks accepted fails as waived, and says of a fail that a waiver speaks of why it is not accepted.
pub fn accept<'a>(report: &mut Report, waivers: &'a [Waiver], limits: &WaiverLimits) -> Vec<Assessed<'a>> {
    let assessed = assess(report, waivers, limits);
    for one in assessed.iter().filter(|one| one.is_in_force()) {
        for finding in fails_of(one, &mut report.findings) {
            if one.waiver.accepts_state_of(finding) {
                finding.status = Status::Waived;
                give_reason(finding, one.acceptance());
            }
        }
    }
    for one in &assessed {
        for finding in fails_of(one, &mut report.findings) {
            give_reason(finding, one.refusal());
        }
    }
    assessed
}

/// Says how each waiver stands, and changes nothing. What a report calls waived counts as a fail: it is one.
#[must_use]
pub fn assess<'a>(report: &Report, waivers: &'a [Waiver], limits: &WaiverLimits) -> Vec<Assessed<'a>> {
    let sight = Sight::of(report);
    waivers.iter().map(|waiver| sight.assess(waiver, limits)).collect()
}

/// The fails of a report that one waiver speaks of.
fn fails_of<'f>(one: &Assessed<'_>, findings: &'f mut [Finding]) -> impl Iterator<Item = &'f mut Finding> {
    let waiver = one.waiver;
    // A waiver that fits nothing is not held against every finding again.
    let findings = if one.fits == 0 { Default::default() } else { findings };
    findings.iter_mut().filter(move |finding| finding.status == Status::Fail && waiver.fits(finding))
}

/// The waiver's words are the last reason.
fn give_reason(finding: &mut Finding, reason: String) {
    finding.reasons = finding.reasons.iter().cloned().chain([reason]).collect();
}

/// What a scan saw, as far as it decides whether a waiver is of no use.
struct Sight<'a> {
    report: &'a Report,
    controls: BTreeSet<&'a str>,
    in_error: BTreeSet<&'a str>,
    day: Date,
}

impl<'a> Sight<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            report,
            controls: report.rules.iter().map(|rule| rule.id.as_str()).collect(),
            in_error: report.errors.iter().map(|error| error.control.as_str()).collect(),
            day: jiff::tz::Offset::UTC.to_datetime(report.scan.started_at).date(),
        }
    }

    fn assess<'w>(&self, waiver: &'w Waiver, limits: &WaiverLimits) -> Assessed<'w> {
        let failing =
            |finding: &&Finding| matches!(finding.status, Status::Fail | Status::Waived) && waiver.fits(finding);
        let fitting: Vec<&Finding> = self.report.findings.iter().filter(failing).collect();
        let changed = fitting.iter().filter(|finding| !waiver.accepts_state_of(finding)).count();
        let was_seen = !fitting.is_empty() || self.saw_what_it_names(waiver);
        let standing = match fitting.len() {
            _ if waiver.expires < self.day => Standing::Expired,
            _ if waiver.expires > limits.latest(self.day) => Standing::TooLong,
            0 if was_seen => Standing::Unmatched,
            0 => Standing::NotSeen,
            _ if changed > 0 => Standing::Changed { changed },
            _ => Standing::Active,
        };
        let breadth = match waiver.resource.names_a_resource() {
            false => Breadth::NamesNothing,
            true if fitting.len() > limits.max_waiver_resources.get() => Breadth::TooMany,
            true => Breadth::Narrow,
        };
        Assessed {
            waiver,
            standing,
            breadth,
            was_run: self.controls.contains(waiver.control.as_str()),
            was_seen,
            fits: fitting.len(),
            place: self.place(waiver, fitting.first().copied()),
        }
    }

    /// Whether a resource that the waiver names, and that fails, would have been found: its control was run and decided
    /// everything there, and the account and region that the waiver writes out were read. Of one that writes a `*` in
    /// their place this is never certain.
    fn saw_what_it_names(&self, waiver: &Waiver) -> bool {
        let control = waiver.control.as_str();
        let scan = &self.report.scan;
        let was_read =
            |named: Option<&str>, read: &[&str]| named.is_some_and(|named| named.is_empty() || read.contains(&named));
        let accounts: Vec<&str> = scan.accounts.iter().map(|account| account.as_str()).collect();
        let regions: Vec<&str> = scan.regions.iter().map(|region| region.as_str()).collect();
        let is_open = |finding: &Finding| {
            finding.status == Status::Unknown
                && finding.control == waiver.control
                && (finding.resource.arn.as_str().ends_with('*') || waiver.fits(finding))
        };
        self.controls.contains(control)
            && !self.in_error.contains(control)
            && was_read(waiver.resource.account(), &accounts)
            && was_read(waiver.resource.region(), &regions)
            && !self.report.findings.iter().any(is_open)
    }
}
