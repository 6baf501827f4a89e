//! konecta-audit: the command line and the scheduled Lambda, around the same library.
//!
//! The parts: `cli` says what may be typed, `config` reads the blueprint file and the environment, `commands` wire the
//! library together, `ui` is the only place that prints, `error` knows the exit codes. `confined` gives a command that
//! evaluates policies from outside a process of its own, `fixing` stands between a run and the account it changes,
//! `rolling` puts the statuses of many accounts together, `scheduled` is what AWS starts.

mod cli;
mod commands;
mod config;
mod confined;
mod error;
mod fixing;
mod rolling;
mod scheduled;
mod ui;

use std::process::ExitCode;

use clap::Parser;

/// What was typed: parse, run, exit code.
#[must_use]
pub fn command_line() -> ExitCode {
    let cli = cli::Cli::parse();
    let ended = if confined::is_needed(&cli) { confined::run() } else { commands::run(cli).map(ExitCode::from) };
    match ended {
        Ok(code) => code,
        Err(error) => {
            ui::complain(&error);
            error.exit().into()
        }
    }
}

/// What AWS starts: takes one event after the other, until it is stopped.
#[must_use]
pub fn lambda() -> ExitCode {
    scheduled::main()
}
