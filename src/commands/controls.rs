//! `konecta-audit controls`: the list, and one control with its policy.

use std::fmt::Write as _;

use konecta_core::control::catalogue::{Catalogue, Control};
use konecta_core::control::reads::reads;
use konecta_core::id::Action;

use super::catalogue;
use crate::cli::{Controls, ControlsAction, SelectArgs};
use crate::error::{Error, Exit};
use crate::ui;

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

/// What a control checks, why it matters, and what it reads.
pub(super) fn described(control: &Control) -> String {
    let custom = &control.metadata.custom;
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}", control.id(), control.metadata.title);
    let _ = writeln!(text, "{} · {} · judges {}", custom.severity, control.name(), control.metadata.subject());
    let _ = writeln!(text, "\n{}", control.metadata.description.trim());
    let _ = writeln!(text, "\nWhat to do: {}", custom.remediation.trim());
    let calls = reads().map(|reads| control.reads(reads)).unwrap_or_default();
    let calls: Vec<&str> = calls.iter().map(Action::as_str).collect();
    let _ = writeln!(text, "\nReads: {}", calls.join(", "));
    for (what, names) in
        [("Facts", &custom.facts), ("Joins", &custom.joins), ("See", &control.metadata.related_resources)]
    {
        if !names.is_empty() {
            let _ = writeln!(text, "{what}: {}", names.join(", "));
        }
    }
    if !custom.claims.is_empty() {
        let claims: Vec<&str> = custom.claims.iter().map(konecta_core::id::ClaimId::as_str).collect();
        let _ = writeln!(text, "Claims: {}", claims.join(", "));
    }
    for (framework, ids) in &custom.frameworks {
        let _ = writeln!(text, "{framework}: {}", ids.join(", "));
    }
    if let Some(reason) = &custom.fix_reason {
        let _ = writeln!(text, "Not mended automatically: {reason}");
    }
    text
}
