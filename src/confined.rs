//! Commands that evaluate policies from outside run in a child process with limits on memory and processor time: one
//! built-in function of Rego can ask for gigabytes, and no timer inside the process would stop it.
//! Knows nothing of what the command does.

use std::process::{Command, ExitCode, ExitStatus};

use crate::cli::{Cli, Command as Typed, PolicyAction};
use crate::error::Error;

/// What the child may hold in memory; a scan of a hundred thousand resources takes a tenth of it.
const MEMORY: u64 = 2 << 30;

/// Seconds of processor time for the whole command.
const PROCESSOR: u64 = 600;

/// Whether policies from outside are about to be evaluated, and this is not the child yet.
pub(crate) fn is_needed(cli: &Cli) -> bool {
    let outside = match &cli.command {
        Typed::Scan(args) => args.select.policies.is_some(),
        Typed::Fix(args) => args.select.policies.is_some(),
        Typed::Explain(args) => args.policies.is_some(),
        Typed::Policy(args) => match &args.action {
            PolicyAction::Test { dir } => dir.is_some(),
        },
        // These parse policies, with the same refusals, and evaluate nothing.
        Typed::Controls(_)
        | Typed::Rollup(_)
        | Typed::Claims(_)
        | Typed::Permissions(_)
        | Typed::Rollback(_)
        | Typed::Runs(_)
        | Typed::Init(_)
        | Typed::Completions { .. }
        | Typed::Man => false,
    };
    outside && !cli.confined
}

/// Runs the same command again as a child, and ends as it ends.
pub(crate) fn run() -> Result<ExitCode, Error> {
    let program = std::env::current_exe().map_err(Error::Child)?;
    let mut child = Command::new(program);
    child.arg("--confined").args(std::env::args_os().skip(1));
    // A child that runs out of memory says so in a line; where in the engine it did helps nobody.
    let status = child.env("RUST_BACKTRACE", "0").status().map_err(Error::Child)?;
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => Ok(ExitCode::from(code)),
        Some(Err(_)) | None => Err(Error::PolicyLimits(how(status))),
    }
}

/// Puts the limits on this process. Where the system has none, the time limit of a single evaluation is what is left.
#[cfg(unix)]
pub(crate) fn limit() -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    for (resource, most) in [(Resource::Data, MEMORY), (Resource::Cpu, PROCESSOR), (Resource::Core, 0)] {
        let ceiling = getrlimit(resource).maximum;
        let most = ceiling.map_or(most, |ceiling| ceiling.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|error| Error::Child(error.into()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn limit() -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn how(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal().map_or_else(|| status.to_string(), |signal| format!("signal {signal}"))
}

#[cfg(not(unix))]
fn how(status: ExitStatus) -> String {
    status.to_string()
}
