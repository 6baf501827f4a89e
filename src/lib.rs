//! konecta-audit: the command line and the scheduled Lambda, around the same library.
//!
//! The parts: `cli` says what may be typed, `config` reads the blueprint file and the environment, `commands` wire the
//! library together, `ui` is the only place that prints, `error` knows the exit codes. `confined` gives a command that
//! evaluates policies from outside a process of its own, `signals` are those that ask a process to stop. `signature` signs
//! files and checks signatures, `attestation` says what a signed report was made of, `history` keeps the scans of before.
//! `fix_runtime` stands between a run and the account it changes, `rollup_io` puts the statuses of many accounts together,
//! `security_hub` sends findings to it, `scheduled` is what AWS starts.

mod attestation;
mod cli;
mod commands;
mod config;
mod confined;
mod error;
mod fix_runtime;
mod history;
mod rollup_io;
mod scheduled;
mod security_hub;
mod signals;
mod signature;
mod ui;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::process::ExitCode;

use clap::Parser;

/// What was typed: parse, run, exit code.
#[must_use]
pub fn command_line() -> ExitCode {
    let cli = cli::Cli::parse();
    std::panic::set_hook(Box::new(fault));
    let run = move || if confined::is_needed(&cli) { confined::run() } else { commands::run(cli).map(ExitCode::from) };
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            ui::complain(&error);
            error.exit().into()
        }
        Err(_) => error::Exit::Bug.into(),
    }
}

/// Tells a panic, which is a fault of this program, in a line; one inside a policy is told as that policy's error instead.
fn fault(panic: &std::panic::PanicHookInfo<'_>) {
    if konecta_rego::engine::is_inside() {
        return;
    }
    let words = panic.payload_as_str().unwrap_or("no reason given");
    let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    ui::note(&format!("error: a fault of konecta-audit {} itself: {words}{place}", env!("CARGO_PKG_VERSION")));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        ui::note(&trace.to_string());
    }
    ui::note(
        "  hint: report this line with the command that led to it; no account is changed without a journal, see `konecta-audit runs`",
    );
}

/// What AWS starts: takes one event after the other, until it is stopped.
#[must_use]
pub fn lambda() -> ExitCode {
    scheduled::main()
}
