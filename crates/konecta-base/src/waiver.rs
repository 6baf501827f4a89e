//! Accepted findings: who accepted what, why, in which state, until when.
//! Knows findings; whether a waiver holds in a scan is decided in konecta-core.

mod pattern;
mod state;

use std::num::{NonZeroU32, NonZeroUsize};

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

pub use self::pattern::ResourcePattern;
pub use self::state::AcceptedState;
use crate::finding::Finding;
use crate::id::ControlId;

/// One accepted finding, or several of one control. `accepted_by` and `until` are older names of two of its members.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The control.
    pub control: ControlId,
    /// The ARN; a `*` stands for any number of characters.
    pub resource: ResourcePattern,
    /// Why it is accepted.
    #[serde(deserialize_with = "filled")]
    pub reason: String,
    /// Who accepted it.
    #[serde(alias = "accepted_by", deserialize_with = "filled")]
    pub owner: String,
    /// The last day on which it holds by UTC, as `2027-01-31`.
    #[serde(alias = "until")]
    pub expires: Date,
    /// Where the decision is written down.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The state that was accepted; none accepts every state.
    #[serde(default)]
    pub state: Option<AcceptedState>,
}

impl Waiver {
    /// Whether it speaks of this finding.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        self.control == finding.control && self.resource.matches(finding.resource.arn.as_str())
    }

    /// Whether the finding is in the state that was accepted.
    #[must_use]
    pub fn accepts_state_of(&self, finding: &Finding) -> bool {
        self.state.as_ref().is_none_or(|state| *state == AcceptedState::of(&finding.violations))
    }
}

/// How the ids of the controls begin that are about waivers, and not about resources.
pub const FAMILY: &str = "KA-WAIVER-";

/// Whether a control is about a waiver, and not about a resource.
#[must_use]
pub fn is_about_a_waiver(control: &ControlId) -> bool {
    control.as_str().starts_with(FAMILY)
}

/// How far a waiver may go. The section `[waivers]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WaiverLimits {
    /// How many days after the scan a waiver may expire at most.
    pub max_waiver_days: NonZeroU32,
    /// How many resources a waiver may fit.
    pub max_waiver_resources: NonZeroUsize,
}

impl Default for WaiverLimits {
    fn default() -> Self {
        Self {
            max_waiver_days: NonZeroU32::MIN.saturating_add(364),
            max_waiver_resources: NonZeroUsize::MIN.saturating_add(19),
        }
    }
}

impl WaiverLimits {
    /// The last day on which a waiver may expire, seen from this day.
    #[must_use]
    pub fn latest(&self, day: Date) -> Date {
        let days = Span::new().try_days(self.max_waiver_days.get());
        days.and_then(|days| day.checked_add(days)).unwrap_or(Date::MAX)
    }
}

/// A text that says something.
fn filled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() { Err(serde::de::Error::custom("it must not be empty")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str) -> Result<Waiver, String> {
        toml::from_str(text).map_err(|error: toml::de::Error| error.message().to_owned())
    }

    #[test]
    fn older_names_are_read_and_never_beside_the_new_ones() {
        let rest = "control = \"KA-RDS-006\"\nresource = \"arn:aws:rds:us-east-1:123456789012:db:a\"\nreason = \"r\"\n";
        let new = read(&format!("{rest}owner = \"jane\"\nexpires = \"2027-01-31\"\n")).expect("a waiver");
        let old = read(&format!("{rest}accepted_by = \"jane\"\nuntil = \"2027-01-31\"\n")).expect("a waiver");
        assert_eq!(new, old);
        let both = format!("{rest}owner = \"jane\"\nexpires = \"2027-01-31\"\nuntil = \"2027-01-31\"\n");
        assert_eq!(read(&both), Err("duplicate field `expires`".to_owned()));
        assert_eq!(read(&format!("{rest}owner = \"jane\"\n")), Err("missing field `expires`".to_owned()));
        assert_eq!(
            read(&format!("{rest}owner = \" \"\nexpires = \"2027-01-31\"\n")),
            Err("it must not be empty".to_owned())
        );
    }

    #[test]
    fn the_latest_day_is_in_the_calendar() {
        let limits = WaiverLimits::default();
        assert_eq!(limits.latest(date(2026, 11, 29)), date(2027, 11, 29));
        let far = WaiverLimits { max_waiver_days: NonZeroU32::MAX, ..limits };
        assert_eq!(far.latest(date(2026, 11, 29)), Date::MAX);
    }
}
