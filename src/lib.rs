//! konecta-audit: the command line and the scheduled Lambda, around the same library.
//!
//! The parts: `cli` says what may be typed, `config` reads the blueprint file and the environment, `commands` wire the
//! library together, `ui` is the only place that prints, `error` knows the exit codes. `confined` gives a command that
//! evaluates policies from outside a process of its own, `signals` are those that ask a process to stop, `fixing` stands
//! between a run and the account it changes, `rolling` puts the statuses of many accounts together, `scheduled` is what
//! AWS starts.

mod cli;
mod commands;
mod config;
mod confined;
mod error;
mod fixing;
mod rolling;
mod scheduled;
mod signals;
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
    if konecta_core::control::engine::is_inside() {
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
