//! One file a subcommand. Each wires parts of the library together and decides nothing of its own.

mod blind;
mod claims;
mod controls;
mod diff;
mod drift;
mod explain;
mod fix;
mod history;
mod init;
mod judged;
mod organization;
mod outputs;
mod past;
mod permissions;
mod planned;
mod policy;
mod procedure;
mod reading;
mod rollback;
mod rollup;
mod runs;
mod scan;
mod scan_deadline;
mod security_hub;
mod signed;
mod streams;
mod terraform;
mod terraform_write;
mod tfstate;
mod verify;
mod waive;
mod waivers;

pub(crate) use self::waive::WaiveError;

use std::path::Path;

use clap::CommandFactory;
use konecta_base::limits;
use konecta_rego::catalogue::{Catalogue, PolicyFile, Selection};

use crate::cli::{Cli, Command, SelectArgs};
use crate::error::{Error, Exit};
use crate::{config, confined, ui};

/// Runs what was typed.
pub(crate) fn run(cli: Cli) -> Result<Exit, Error> {
    if let Some(parent) = cli.confined {
        confined::begin(parent)?;
    }
    let config = || config::load(cli.config.as_deref());
    match cli.command {
        Command::Scan(args) => scan::run(&args, &config()?),
        Command::Drift(args) => drift::run(&args, &config()?),
        Command::Rollup(args) => rollup::run(&args),
        Command::Fix(args) => fix::run(&args, &config()?),
        Command::Rollback(args) => rollback::run(&args, &config()?),
        Command::Runs(args) => runs::run(&args, config),
        Command::Explain(args) => explain::run(&args, &config()?),
        Command::Controls(args) => controls::run(&args),
        Command::Claims(args) => claims::run(&args, &config()?),
        Command::Permissions(args) => permissions::run(&args),
        Command::Diff(args) => diff::run(&args, &config()?),
        Command::History(args) => history::run(&args),
        Command::Waive(args) => waive::run(&args, &config()?),
        Command::Waivers(args) => waivers::run(&args, &config()?),
        Command::Verify(args) => verify::run(&args, &config()?),
        Command::Policy(args) => policy::run(&args),
        Command::Init(args) => init::run(&args),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "konecta-audit", &mut text);
            printed(text)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut text).map_err(Error::Output)?;
            printed(text)
        }
    }
}

fn printed(text: Vec<u8>) -> Result<Exit, Error> {
    ui::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Clean)
}

/// The controls of a run: built in, the user's own, narrowed by the selection.
fn catalogue(select: &SelectArgs) -> Result<Catalogue, Error> {
    let mut catalogue = with_folder(Catalogue::built_in()?, select.policies.as_deref())?;
    let selection =
        Selection { controls: select.control.clone(), layers: select.layer.clone(), at_least: select.severity };
    catalogue.narrow(&selection)?;
    if catalogue.controls().next().is_none() {
        return Err(Error::NothingSelected("--control, --layer and --severity together".to_owned()));
    }
    Ok(catalogue)
}

fn with_folder(catalogue: Catalogue, folder: Option<&Path>) -> Result<Catalogue, Error> {
    let Some(folder) = folder else { return Ok(catalogue) };
    let texts = policy_files(folder)?;
    let files: Vec<PolicyFile<'_>> = texts.iter().map(|(path, text)| PolicyFile { path, text }).collect();
    Ok(catalogue.with_user_policies(&files)?)
}

/// What a folder of policies may hold; the built-in ones are a tenth of it.
const POLICY_FILES: usize = 2_000;
const POLICY_BYTES: u64 = 1 << 20;

/// Every `.rego` file below a folder, in the order of their names. Links are not followed: they could lead in a circle,
/// or out of what was chosen.
fn policy_files(folder: &Path) -> Result<Vec<(String, String)>, Error> {
    let failed = |path: &Path, source| Error::ReadFile { path: path.to_owned(), source };
    let refused = |path: &Path, reason: &str| Error::PolicyFolder { path: path.to_owned(), reason: reason.to_owned() };
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).map_err(|source| failed(&dir, source))? {
            let entry = entry.map_err(|source| failed(&dir, source))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|source| failed(&dir, source))?);
            if kind.is_dir() {
                open.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rego") {
                continue;
            }
            if !kind.is_file() {
                return Err(refused(&path, "it is not a regular file; links and devices are not followed"));
            }
            if entry.metadata().map_err(|source| failed(&path, source))?.len() > POLICY_BYTES {
                return Err(refused(&path, "it is larger than 1 MiB"));
            }
            let text = limits::read_text(&path, POLICY_BYTES).map_err(|source| failed(&path, source))?;
            files.push((path.display().to_string(), text));
            if files.len() > POLICY_FILES {
                return Err(refused(folder, "there are more than 2,000 policies in it"));
            }
        }
    }
    files.sort();
    Ok(files)
}
