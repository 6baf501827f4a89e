//! `konecta-audit claims`: the architecture document, claim by claim.

use std::fmt::Write as _;

use konecta_base::id::ControlId;
use konecta_base::snapshot::SnapshotFile;
use konecta_core::report::Report;
use konecta_rego::catalogue::Catalogue;

use super::{blind, catalogue};
use crate::cli::{Claims, SelectArgs};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Claims, config: &Config) -> Result<Exit, Error> {
    let catalogue = catalogue(&SelectArgs::default())?;
    let (text, exit) = match &args.snapshot {
        Some(path) => {
            let snapshot = SnapshotFile::open(path)?;
            let report = config.audit(&catalogue).verdicts(&snapshot)?;
            let deciders = catalogue.deciders();
            let decides = |id: &ControlId| deciders.of.values().any(|controls| controls.contains(id));
            (judged(&report), blind::warn(&report, &decides))
        }
        None => (listed(&catalogue), Exit::Clean),
    };
    ui::print(&text)?;
    Ok(exit)
}

fn judged(report: &Report) -> String {
    let mut text = String::new();
    for claim in &report.claims {
        let verdict = claim.verdict.to_string().replace('_', " ");
        let _ = writeln!(text, "{verdict:<14} {:<22} {}\n{:37} {}", claim.id, claim.says, "", claim.reason);
    }
    text
}

fn listed(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    for claim in catalogue.claims() {
        let deciders = catalogue.deciders();
        let all = || deciders.of.get(&claim.id).into_iter().flatten();
        let is_covered = all().any(|control| deciders.existing.contains(control));
        let named: Vec<String> = all()
            .map(|control| match deciders.existing.contains(control) {
                true => control.to_string(),
                false => format!("{control} (does not exist yet)"),
            })
            .collect();
        let decided = match (&claim.not_auditable, is_covered, &claim.limit) {
            (Some(reason), false, _) => format!("not auditable: {reason}"),
            (None, false, Some(limit)) => format!("unattainable: {limit}"),
            (None, false, None) if named.is_empty() => "not covered: no control decides it".to_owned(),
            (_, true, _) | (None, false, None) => named.join(", "),
        };
        let _ = writeln!(text, "{:<22} {}\n{:22} {decided}", claim.id, claim.says, "");
    }
    text
}
