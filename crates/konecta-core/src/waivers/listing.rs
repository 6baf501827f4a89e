//! How the waivers stand, for a person: one block a waiver, the ones that need somebody first.
//! Knows waivers after a scan; knows nothing of where they are written.

use std::fmt::Write as _;

use strum::IntoEnumIterator as _;

use super::{Assessed, Breadth, Standing};
use crate::report::Report;
use konecta_base::finding::{Finding, Status};
use konecta_base::text::{counted, prose, visible, wrap};
use konecta_base::waiver::{AcceptedState, Waiver};

/// Where the text of a block begins.
const INDENT: usize = 15;

/// The list as lines that end with a newline.
#[must_use]
pub fn listing(report: &Report, assessed: &[Assessed<'_>], width: usize) -> String {
    let day = report.scan.started_at.strftime("%Y-%m-%d");
    let mut text = format!("{}, held against the scan of {day}", counted(assessed.len(), "waiver"));
    let of = |kind: StandingKind| assessed.iter().filter(move |one| StandingKind::from(one) == kind);
    let counts: Vec<String> = StandingKind::iter()
        .map(|kind| (kind, of(kind).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    if !counts.is_empty() {
        let _ = write!(text, ": {}", counts.join(", "));
    }
    let mut text = lines(&text, 0, width);
    for one in StandingKind::iter().flat_map(of) {
        let _ = write!(text, "\n{}", block(report, one, width));
    }
    text
}

/// What leads a block, what needs somebody first.
#[derive(Clone, Copy, PartialEq, Eq, strum::Display, strum::EnumIter)]
enum StandingKind {
    #[strum(serialize = "expired")]
    Expired,
    #[strum(serialize = "too long")]
    TooLong,
    #[strum(serialize = "state changed")]
    Changed,
    #[strum(serialize = "over-broad")]
    OverBroad,
    #[strum(serialize = "unmatched")]
    Unmatched,
    #[strum(serialize = "not seen")]
    NotSeen,
    #[strum(serialize = "active")]
    Active,
}

impl From<&&Assessed<'_>> for StandingKind {
    fn from(one: &&Assessed<'_>) -> Self {
        match (one.standing, one.breadth) {
            (Standing::Expired, _) => Self::Expired,
            (Standing::TooLong, _) => Self::TooLong,
            (Standing::Changed { .. }, _) => Self::Changed,
            (Standing::Unmatched, _) => Self::Unmatched,
            (Standing::Active | Standing::NotSeen, Breadth::NamesNothing | Breadth::TooMany) => Self::OverBroad,
            (Standing::NotSeen, Breadth::Narrow) => Self::NotSeen,
            (Standing::Active, Breadth::Narrow) => Self::Active,
        }
    }
}

fn block(report: &Report, one: &Assessed<'_>, width: usize) -> String {
    let Waiver { control, resource, reason, owner, expires, ticket, state } = one.waiver;
    // An ARN is one line whatever the width: it is there to be copied.
    let mut text =
        format!("{:<INDENT$}{control} {}\n", StandingKind::from(&one).to_string(), visible(resource.as_str()));
    let ticket = ticket.as_ref().map(|ticket| format!(", {ticket}")).unwrap_or_default();
    let mut say = |line: &str| text.push_str(&lines(&prose(line), INDENT, width));
    say(&format!("{owner} until {expires}{ticket}: {reason}"));
    let state = if state.is_some() { "in the state that was accepted" } else { "in any state" };
    match one.standing {
        Standing::Active => say(&format!("accepts {}, {state}", counted(one.fits, "finding"))),
        Standing::Changed { changed } => say(&format!(
            "accepts {} of {}; what is in another state than the one that was accepted fails:",
            one.fits.saturating_sub(changed),
            counted(one.fits, "finding")
        )),
        Standing::Expired if one.fits > 0 => say(&format!("{} not accepted any more", are(one.fits))),
        Standing::Expired => say("accepts nothing any more"),
        Standing::TooLong => say(&format!("not in force: {expires} is farther away than is allowed")),
        Standing::Unmatched => say("nothing that it names fails: take it out"),
        Standing::NotSeen => say("this scan did not see what it names"),
    }
    match one.breadth {
        Breadth::NamesNothing => say("names no resource: it fits whatever there is, now and later"),
        Breadth::TooMany => say(&format!("fits {}, which is more than is allowed", counted(one.fits, "resource"))),
        Breadth::Narrow => {}
    }
    for finding in changed(report, one) {
        let _ = writeln!(text, "{:INDENT$}{}", "", visible(finding.resource.arn.as_str()));
        let _ = writeln!(text, "{:INDENT$}  is now in state {}", "", AcceptedState::of(&finding.violations));
    }
    text
}

fn are(count: usize) -> String {
    if count == 1 { "1 finding is".to_owned() } else { format!("{count} findings are") }
}

/// The fails that a waiver in force fits, and that are in another state than the one that was accepted.
fn changed<'r>(report: &'r Report, one: &Assessed<'_>) -> Vec<&'r Finding> {
    let Standing::Changed { .. } = one.standing else { return Vec::new() };
    let is_it = |finding: &&Finding| {
        matches!(finding.status, Status::Fail | Status::Waived)
            && one.waiver.fits(finding)
            && !one.waiver.accepts_state_of(finding)
    };
    report.findings.iter().filter(is_it).collect()
}

fn lines(text: &str, indent: usize, width: usize) -> String {
    let room = width.saturating_sub(indent).max(40);
    wrap(text, room).into_iter().map(|line| format!("{:indent$}{line}\n", "")).collect()
}
