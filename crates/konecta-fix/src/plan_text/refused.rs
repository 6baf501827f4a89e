//! What is not done: by kind of reason, each reason once with all that it holds for.

use std::collections::{BTreeMap, BTreeSet};

use super::Page;
use crate::registry::{Cause, Refusal};
use crate::step::Class;
use konecta_base::text::prose;

/// A procedure of at most so many lines is shown whole without `-v`, of a longer one so many.
const LINES: usize = 6;

/// What belongs under one heading, in the order of the headings: first what the reader can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Disruptive,
    Refused,
    Needs,
    Managed,
    OneWay,
    Anew,
    Person,
    Undecided,
    Waived,
}

impl Section {
    fn of(refusal: &Refusal) -> Self {
        match (refusal.cause, refusal.class) {
            (Cause::Disruptive, _) => Self::Disruptive,
            (Cause::Needs, _) => Self::Needs,
            (Cause::Managed, _) => Self::Managed,
            (Cause::Undecided, _) => Self::Undecided,
            (Cause::Waived, _) => Self::Waived,
            (Cause::Refused, Class::A | Class::B) => Self::Refused,
            (Cause::Refused, Class::C) => Self::OneWay,
            (Cause::Refused, Class::D) => Self::Anew,
            (Cause::Refused, Class::N) => Self::Person,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Disruptive => "Not done: may disrupt (class B)",
            Self::Refused => "Not done: something else has to be so first",
            Self::Needs => "Not done: needs a change that is not done",
            Self::Managed => "Not done: another tool manages it",
            Self::OneWay => "Not done: cannot be taken back (class C)",
            Self::Anew => "Not done: the resource has to be made anew (class D)",
            Self::Person => "Not done: only a person can decide it (class N)",
            Self::Undecided => "Could not be decided",
            Self::Waived => "Waived",
        }
    }

    /// What holds for all of it.
    fn advice(self) -> Option<&'static str> {
        match self {
            Self::Disruptive => Some("to do it: konecta-audit fix --control <ID> --allow-disruptive"),
            Self::Managed => Some("change it there, or here all the same with --allow-managed"),
            Self::Undecided => {
                Some("whether something is wrong is not known; see konecta-audit scan for what was not seen")
            }
            Self::Refused | Self::Needs | Self::OneWay | Self::Anew | Self::Person | Self::Waived => None,
        }
    }
}

/// Of one procedure: by controls, the names and the steps for which it is.
type Held = BTreeMap<BTreeSet<String>, BTreeSet<String>>;

pub(super) fn write(page: &mut Page<'_>, refusals: &[Refusal]) {
    let mut sections: BTreeMap<Section, Vec<&Refusal>> = BTreeMap::new();
    for refusal in refusals {
        sections.entry(Section::of(refusal)).or_default().push(refusal);
    }
    for (section, refusals) in sections {
        page.heading(section.heading());
        if let Some(advice) = section.advice() {
            page.put(2, advice);
        }
        let mut reasons: Vec<(&str, Vec<&Refusal>)> = Vec::new();
        let mut at: BTreeMap<&str, usize> = BTreeMap::new();
        for refusal in refusals {
            let place = *at.entry(&refusal.reason).or_insert(reasons.len());
            match reasons.get_mut(place) {
                Some((_, same)) => same.push(refusal),
                None => reasons.push((&refusal.reason, vec![refusal])),
            }
        }
        for (reason, refusals) in reasons {
            page.text.push('\n');
            page.put(2, &prose(reason));
            one_reason(page, section, &refusals);
        }
    }
}

fn one_reason(page: &mut Page<'_>, section: Section, refusals: &[&Refusal]) {
    let mut procedures: Vec<(&[String], Vec<&Refusal>)> = Vec::new();
    for refusal in refusals {
        // The command that takes it up stands above, once.
        let procedure = if section == Section::Disruptive { &[] } else { refusal.procedure.as_slice() };
        match procedures.iter_mut().find(|(known, _)| *known == procedure) {
            Some((_, same)) => same.push(refusal),
            None => procedures.push((procedure, vec![refusal])),
        }
    }
    for (lines, refusals) in procedures {
        for (controls, subjects) in held(page, &refusals) {
            let controls = controls.into_iter().collect::<Vec<_>>().join(", ");
            let subjects = subjects.into_iter().collect::<Vec<_>>();
            page.hang(4, &format!("{controls}  "), &subjects.join("; "));
        }
        let lines: Vec<&str> = lines.iter().flat_map(|text| text.lines()).collect();
        let shown = if page.verbose || lines.len() <= LINES { lines.len() } else { LINES };
        for line in lines.iter().take(shown) {
            let inner = line.len() - line.trim_start().len();
            page.hang(6 + inner, "", &prose(line));
        }
        if shown < lines.len() {
            page.put(6, &format!("… and {} more lines: -v", lines.len() - shown));
        }
    }
}

/// What is asked for by the same controls stands together: steps by their titles, and resources by their names.
fn held(page: &Page<'_>, refusals: &[&Refusal]) -> Held {
    let mut askers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for refusal in refusals {
        let subject = refusal.step.as_ref().map_or_else(|| page.legend.name(&refusal.resource), |step| prose(step));
        askers.entry(subject).or_default().insert(refusal.control.to_string());
    }
    let mut held = Held::new();
    for (subject, controls) in askers {
        held.entry(controls).or_default().insert(subject);
    }
    held
}
