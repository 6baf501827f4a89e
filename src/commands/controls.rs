//! `konecta-audit controls`: the list, and one control with its policy.

use std::fmt::Write as _;

use konecta_base::id::{Action, ClaimId};
use konecta_base::reads::reads;
use konecta_base::text;
use konecta_rego::catalogue::{Catalogue, Control};

use super::catalogue;
use crate::cli::{Controls, ControlsAction, SelectArgs};
use crate::error::{Error, Exit};
use crate::ui;

/// Lines longer than this are hard to read, however wide the screen is.
const READABLE: usize = 110;

/// The column in which the words beside a label begin.
const LABEL: usize = 12;

pub(super) fn run(args: &Controls) -> Result<Exit, Error> {
    let text = match &args.action {
        None => listed(&catalogue(&args.select)?),
        Some(ControlsAction::List(select)) => listed(&catalogue(select)?),
        Some(ControlsAction::Show { control }) => {
            let select = SelectArgs { control: vec![control.clone()], ..args.select.clone() };
            let catalogue = catalogue(&select)?;
            let mut text = String::new();
            for control in catalogue.controls() {
                text.push_str(&described(control));
                let _ = write!(text, "\n{}", control.source.text);
            }
            text
        }
    };
    ui::print(&text)?;
    Ok(Exit::Clean)
}

fn listed(catalogue: &Catalogue) -> String {
    let width = catalogue.controls().map(|control| control.name().len()).max().unwrap_or_default();
    let mut text = String::new();
    for control in catalogue.controls() {
        let _ = writeln!(
            text,
            "{:<12} {:<9} {:<width$}  {}",
            control.id(),
            control.metadata.custom.severity,
            control.name(),
            control.metadata.title,
        );
    }
    let _ = writeln!(text, "{} controls", catalogue.controls().count());
    text
}

/// What a control checks, why it matters, and what it reads; wrapped for the screen.
pub(super) fn described(control: &Control) -> String {
    let custom = &control.metadata.custom;
    let width = ui::screen().width.min(READABLE);
    let calls = control.reads(reads());
    let calls: Vec<&str> = calls.iter().map(Action::as_str).collect();
    let claims: Vec<&str> = custom.claims.iter().map(ClaimId::as_str).collect();
    let mut told = format!("{}  {}\n", control.id(), control.metadata.title);
    let _ = writeln!(
        told,
        "{} · {} · judges {}\n",
        custom.severity,
        control.name(),
        control.metadata.subjects().collect::<Vec<_>>().join(", ")
    );
    let mut part = |label: &str, words: &str| {
        let lines = text::wrap(&text::prose(words), width.saturating_sub(LABEL).max(READABLE / 4));
        for (number, line) in lines.iter().enumerate().filter(|_| !words.is_empty()) {
            let _ = writeln!(told, "{:LABEL$}{line}", if number == 0 { label } else { "" });
        }
    };
    part("Why", &control.metadata.description);
    part("What to do", &custom.remediation);
    part("Reads", &calls.join(", "));
    part("Facts", &custom.facts.join(", "));
    part("Joins", &custom.joins.join(", "));
    part("Claims", &claims.join(", "));
    for (framework, ids) in &custom.frameworks {
        part(framework, &ids.join(", "));
    }
    for page in control.page().iter().chain(&control.metadata.related_resources) {
        part("See", page);
    }
    if let Some(reason) = &custom.fix_reason {
        part("Not mended", reason);
    }
    told
}
