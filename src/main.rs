//! konecta-audit: parse, run, exit.
//!
//! The parts: [`cli`] says what may be typed, [`config`] reads the blueprint file, [`commands`] wire the library
//! together, [`ui`] is the only place that prints, [`error`] knows the exit codes.

mod cli;
mod commands;
mod config;
mod error;
mod ui;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            ui::complain(&error);
            error.exit().into()
        }
    }
}
