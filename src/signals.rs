//! The signals that ask a process to stop. Knows nothing of what it does.

use crate::error::Error;

/// A signal that asks a process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), expect(dead_code, reason = "other systems have Ctrl-C alone"))]
pub(crate) enum StopSignal {
    /// SIGINT, which a person sends from the keyboard.
    Interrupt,
    Terminate,
    Hangup,
}

impl StopSignal {
    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "Ctrl-C",
            Self::Terminate => "SIGTERM",
            Self::Hangup => "SIGHUP",
        }
    }
}

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

    /// The next one.
    pub(crate) async fn any(&mut self) -> StopSignal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = hangup => StopSignal::Hangup,
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

    pub(crate) async fn any(&mut self) -> StopSignal {
        let _ = tokio::signal::ctrl_c().await;
        StopSignal::Interrupt
    }
}
