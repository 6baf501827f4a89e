//! `konecta-audit init`: writes the commented blueprint.

use crate::cli::Init;
use crate::config::EXAMPLE;
use crate::error::{Error, Exit};
use crate::ui;

pub(super) fn run(args: &Init) -> Result<Exit, Error> {
    if args.output.exists() {
        return Err(Error::Exists(args.output.clone()));
    }
    ui::write(&args.output, EXAMPLE)?;
    ui::note(&format!("wrote {}: every default is in it, commented out", args.output.display()));
    Ok(Exit::Clean)
}
