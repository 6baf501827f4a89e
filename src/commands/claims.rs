//! `konecta-audit claims`: the architecture document, claim by claim.

use std::fmt::Write as _;

use konecta_core::audit;
use konecta_core::control::catalogue::Catalogue;
use konecta_core::report::Report;
use konecta_core::snapshot::SnapshotFile;

use super::catalogue;
use crate::cli::{Claims, SelectArgs};
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Claims, config: &Config) -> Result<Exit, Error> {
    let catalogue = catalogue(&SelectArgs::default())?;
    let text = match &args.snapshot {
        Some(path) => {
            let snapshot = SnapshotFile::open(path)?;
            let report = audit::audit(&snapshot, &catalogue, &config.blueprint, env!("CARGO_PKG_VERSION"))?;
            judged(&report)
        }
        None => listed(&catalogue),
    };
    ui::print(&text)?;
    Ok(Exit::Clean)
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
        let deciders: Vec<&str> = catalogue
            .controls()
            .filter(|control| control.metadata.custom.claims.contains(&claim.id))
            .map(|control| control.id().as_str())
            .collect();
        let decided = match (&claim.not_auditable, deciders.is_empty(), &claim.limit) {
            (Some(reason), _, _) => format!("not auditable: {reason}"),
            (None, false, _) => deciders.join(", "),
            (None, true, Some(limit)) => format!("unattainable: {limit}"),
            (None, true, None) => "no control yet".to_owned(),
        };
        let _ = writeln!(text, "{:<22} {}\n{:22} {decided}", claim.id, claim.says, "");
    }
    text
}
