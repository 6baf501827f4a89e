//! Commands that load policies from outside run in a child process with limits on memory and processor time: one
//! built-in function of Rego can ask for gigabytes, and no timer inside the engine would stop it.
//! The child ends with its parent, and hears the signals that its parent is sent.
//! Knows nothing of what the command does.

use std::process::{Command, ExitCode, ExitStatus};
use std::time::Duration;

use konecta_rego::engine;

use crate::cli::{Cli, Command as Typed, ControlsAction, PolicyAction};
use crate::error::{Error, Exit};
use crate::signals::{Signals, StopSignal};
use crate::ui;

/// What the child may hold in memory; a scan of a hundred thousand resources takes a tenth of it.
const MEMORY: u64 = 2 << 30;

/// Seconds of processor time for the whole command.
const PROCESSOR: u64 = 600;

/// How long one evaluation, or the loading of one policy, may take. The engine's own limit is shorter, and does not see into a built-in.
const EVALUATION: Duration = Duration::from_secs(10);

/// Whether policies from outside are about to be loaded, and this is not the child yet.
pub(crate) fn is_needed(cli: &Cli) -> bool {
    let outside = match &cli.command {
        Typed::Scan(args) => args.select.policies.is_some(),
        Typed::Fix(args) => args.select.policies.is_some(),
        Typed::Explain(args) => args.policies.is_some(),
        Typed::Policy(args) => match &args.action {
            PolicyAction::Test { dir } => dir.is_some(),
        },
        Typed::Controls(args) => match &args.action {
            Some(ControlsAction::List(select)) => select.policies.is_some(),
            Some(ControlsAction::Show { .. }) | None => args.select.policies.is_some(),
        },
        Typed::Permissions(args) => args.select.policies.is_some(),
        Typed::Drift(args) => args.select.policies.is_some(),
        Typed::Rollup(_)
        | Typed::Claims(_)
        | Typed::Diff(_)
        | Typed::History(_)
        | Typed::Waive(_)
        | Typed::Waivers(_)
        | Typed::Verify(_)
        | Typed::Rollback(_)
        | Typed::Runs(_)
        | Typed::Init(_)
        | Typed::Completions { .. }
        | Typed::Man => false,
    };
    outside && cli.confined.is_none()
}

/// Runs the same command again as a child, and ends as it ends.
pub(crate) fn run() -> Result<ExitCode, Error> {
    let program = std::env::current_exe().map_err(Error::Child)?;
    let mut child = Command::new(program);
    child.arg(format!("--confined={}", std::process::id())).args(std::env::args_os().skip(1));
    // A child that runs out of memory says so in a line; where in the engine it did helps nobody.
    let mut running = child.env("RUST_BACKTRACE", "0").spawn().map_err(Error::Child)?;
    forward_signals(running.id())?;
    let status = running.wait().map_err(Error::Child)?;
    match status.code().map(u8::try_from) {
        Some(Ok(code)) => Ok(ExitCode::from(code)),
        Some(Err(_)) | None => Err(Error::PolicyLimits(how(status))),
    }
}

/// Sends TERM and HUP on to the child, and INT where no terminal has sent it to both; then waits for the child to end.
#[cfg(unix)]
fn forward_signals(child: u32) -> Result<(), Error> {
    use rustix::process::{Pid, Signal, kill_process};

    let Some(child) = i32::try_from(child).ok().and_then(Pid::from_raw) else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let mut signals = {
        let _entered = runtime.enter();
        Signals::caught()?
    };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let sent = match signals.any().await {
                    StopSignal::Interrupt if ui::can_ask() => continue,
                    StopSignal::Interrupt => Signal::INT,
                    StopSignal::Terminate => Signal::TERM,
                    StopSignal::Hangup => Signal::HUP,
                };
                // A child that is gone needs no signal.
                let _ = kill_process(child, sent);
            }
        });
    });
    Ok(())
}

#[cfg(not(unix))]
fn forward_signals(_child: u32) -> Result<(), Error> {
    Ok(())
}

/// Makes this process the child of a parent: its limits, and the watch over single evaluations.
#[expect(clippy::disallowed_methods, reason = "a thread that does not end can only be ended with its process")]
pub(crate) fn begin(parent: u32) -> Result<(), Error> {
    limit()?;
    end_with(parent)?;
    engine::watch(EVALUATION, |name| {
        ui::note(&format!("error: an evaluation of {name} takes longer than {} seconds", EVALUATION.as_secs()));
        ui::note("  hint: look in it for built-ins over large texts, such as regex.replace and sprintf");
        std::process::exit(Exit::CouldNotRun as i32);
    });
    Ok(())
}

/// Puts the limits on this process. Where the system has none, the time limit of a single evaluation is what is left.
#[cfg(unix)]
fn limit() -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    for (resource, most, is_final) in
        [(Resource::Data, MEMORY, true), (Resource::Cpu, PROCESSOR, false), (Resource::Core, 0, true)]
    {
        let ceiling = getrlimit(resource).maximum;
        let most = ceiling.map_or(most, |ceiling| ceiling.min(most));
        let maximum = if is_final { Some(most) } else { ceiling };
        setrlimit(resource, Rlimit { current: Some(most), maximum }).map_err(|error| Error::Child(error.into()))?;
    }
    Ok(())
}

/// Ends this process when its parent ends, or now where the parent ended before that could be asked for.
#[cfg(target_os = "linux")]
fn end_with(parent: u32) -> Result<(), Error> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::TERM)).map_err(|error| Error::Child(error.into()))?;
    let of_now = getppid().map(Pid::as_raw_nonzero).and_then(|pid| u32::try_from(pid.get()).ok());
    if of_now == Some(parent) { Ok(()) } else { Err(Error::Orphan) }
}

#[cfg(not(target_os = "linux"))]
fn end_with(_parent: u32) -> Result<(), Error> {
    Ok(())
}

/// Takes the limit on processor time away again: a process that changes an account must not be ended by it half-way.
/// What is evaluated from now on is the proof of a change, by controls that were evaluated before.
#[cfg(unix)]
pub(crate) fn lift_processor_limit() -> Result<(), Error> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(Resource::Cpu, Rlimit { current: maximum, maximum }).map_err(|error| Error::Child(error.into()))
}

#[cfg(not(unix))]
fn limit() -> Result<(), Error> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn lift_processor_limit() -> Result<(), Error> {
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
