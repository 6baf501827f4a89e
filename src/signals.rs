//! The signals that ask a run to stop. Knows nothing of runs.

use crate::error::Error;

/// The name of the one that a person sends from the keyboard.
pub(crate) const CTRL_C: &str = "Ctrl-C";

/// Signals that end a process, and are caught from when this is made to when it goes: none that comes between two
/// questions is lost.
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` where hangups are ignored, as below `nohup`.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Catches Ctrl-C (SIGINT), SIGTERM and SIGHUP.
    pub(crate) fn caught() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if is_ignored(SignalKind::hangup().as_raw_value()) {
            None
        } else {
            Some(signal(SignalKind::hangup()).map_err(Error::Signal)?)
        };
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(Error::Signal)?,
            terminate: signal(SignalKind::terminate()).map_err(Error::Signal)?,
            hangup,
        })
    }

    /// The next one, by its name.
    pub(crate) async fn any(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => CTRL_C,
            _ = self.terminate.recv() => "SIGTERM",
            _ = hangup => "SIGHUP",
        }
    }
}

/// Whether this process was started with a signal ignored, as far as the system tells (Linux).
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn caught() -> Result<Self, Error> {
        Ok(Self)
    }

    pub(crate) async fn any(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        CTRL_C
    }
}
