//! `konecta-audit drift`: the states, what lives, and what the controls expect, held against each other.

use konecta_base::snapshot::SnapshotFile;
use konecta_core::audit::Audited;
use konecta_fix::RemedyContext;
use konecta_fix::drift::{drift, text};
use konecta_fix::terraform_source::Join;
use konecta_rego::catalogue::Catalogue;

use super::{catalogue, reading, tfstate};
use crate::cli::terraform::Drift;
use crate::config::Config;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Drift, config: &Config) -> Result<Exit, Error> {
    // A state that cannot be used is told before an account is read.
    let states = tfstate::states(&args.tfstate, &args.account, config)?;
    let catalogue = catalogue(&args.select)?;
    let snapshot = match &args.snapshot {
        Some(path) => SnapshotFile::open(path)?.load()?,
        // What is compared does not depend on which controls are run.
        None => {
            let reads = Catalogue::built_in()?.reads().into_iter().chain(catalogue.reads()).collect();
            reading::read(&args.account, config, &reads)?
        }
    };
    // What somebody accepted is no reason to change what was declared.
    let Audited { report, facts, .. } = config.audit(&catalogue).accepting(&snapshot)?;
    let context = RemedyContext::new(&snapshot, &facts, &report.findings, &config.blueprint);
    let join = Join::of_states(states.into_iter().map(|(_, instances)| instances).collect());
    let found = drift(&snapshot, &report.findings, &context, &join);
    let shown = if args.json { serde_json::to_string_pretty(&found)? + "\n" } else { text::render(&found) };
    match &args.output {
        Some(path) if !ui::is_standard_output(path) => ui::write(path, &shown)?,
        Some(_) | None => ui::print(&shown)?,
    }
    Ok(if args.exit_zero {
        Exit::Clean
    } else if !report.errors.is_empty() {
        Exit::CouldNotRun
    } else if found.is_found() {
        Exit::Findings
    } else if !found.not_seen.is_empty() {
        Exit::Incomplete
    } else {
        Exit::Clean
    })
}
