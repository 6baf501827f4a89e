//! Accepted findings: who accepted what, why, until when. A waiver that has ended or fits nothing says so.
//! Knows findings; decides nothing about them beyond *accepted*.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::finding::{Finding, Status};
use crate::id::ControlId;

/// One accepted finding, or several of one control.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control.
    pub control: ControlId,
    /// The ARN; a `*` stands for any number of characters.
    pub resource: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who accepted it.
    pub accepted_by: String,
    /// The last day on which it holds, as `2027-01-31`.
    pub until: Date,
}

impl Waiver {
    /// Whether it speaks of this finding.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        self.control == finding.control && matches(&self.resource, finding.resource.arn.as_str())
    }

    /// Whether its last day is over, by UTC.
    fn ended(&self, now: Timestamp) -> bool {
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        today > self.until
    }
}

/// The waivers that speak of a fail among these, each with its number. One that does not may speak of a fail elsewhere.
pub fn fitting<'a>(waivers: &'a [Waiver], findings: &'a [Finding]) -> impl Iterator<Item = (usize, &'a Waiver)> {
    let fails = || findings.iter().filter(|finding| finding.status == Status::Fail);
    waivers.iter().enumerate().filter(move |(_, waiver)| fails().any(|finding| waiver.fits(finding)))
}

/// Marks accepted fails as waived and says what is wrong with the waivers themselves.
pub fn apply(waivers: &[Waiver], findings: &mut [Finding], now: Timestamp) -> Vec<String> {
    let mut remarks = Vec::new();
    for waiver in waivers {
        let mut used = false;
        for finding in findings.iter_mut().filter(|finding| finding.status == Status::Fail && waiver.fits(finding)) {
            used = true;
            if waiver.ended(now) {
                continue;
            }
            finding.status = Status::Waived;
            let accepted = format!("accepted by {} until {}: {}", waiver.accepted_by, waiver.until, waiver.reason);
            finding.reasons = finding.reasons.iter().cloned().chain([accepted]).collect();
        }
        if !used {
            remarks
                .push(format!("the waiver of {} for {} fits no finding: take it out", waiver.control, waiver.resource));
        } else if waiver.ended(now) {
            remarks.push(format!("the waiver of {} for {} ended on {}", waiver.control, waiver.resource, waiver.until));
        }
    }
    remarks
}

/// A pattern in which `*` stands for any number of characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fits) in [
            ("arn:a", "arn:a", true),
            ("arn:a", "arn:ab", false),
            ("arn:*:db", "arn:x:y:db", true),
            ("*", "arn:a", true),
            ("arn:a*b*c", "arn:a-b-b-c", true),
            ("arn:a*b*c", "arn:a-c", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} on {text}");
        }
    }
}
