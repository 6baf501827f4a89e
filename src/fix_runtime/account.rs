//! The account of a run: reads, calls, the clock and chance, for `konecta_fix::run`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use konecta_aws::apply::{self, CallFailureKind};
use konecta_aws::{CollectOptions, Progress, Session, SessionOptions, collect};
use konecta_base::finding::Finding;
use konecta_base::id::{Action, Region};
use konecta_base::reads::reads;
use konecta_base::snapshot::Snapshot;
use konecta_core::audit::Audit;
use konecta_fix::run::{AccountApi, FailedCall, FailureKind, RunEvent};
use serde_json::Value;

use super::progress::Screen;
use crate::error::Error;

/// Who is told how a run goes on.
pub(crate) type Watcher<'a> = Box<dyn FnMut(&RunEvent<'_>) + Send + 'a>;

/// The account that is changed.
pub(crate) struct Live<'a> {
    session: Session,
    audit: Audit<'a>,
    stop: Arc<AtomicBool>,
    watcher: Watcher<'a>,
}

impl<'a> Live<'a> {
    /// Finds out who we are; a run changes one account.
    pub(crate) async fn open(options: &SessionOptions, audit: Audit<'a>) -> Result<Self, Error> {
        let session = Session::open(options).await?;
        let mut screen = Screen::default();
        Self::of(session, audit, Box::new(move |told| screen.tell(told)))
    }

    /// The same of an account that was entered before, with somebody else to watch.
    pub(crate) fn of(session: Session, audit: Audit<'a>, watcher: Watcher<'a>) -> Result<Self, Error> {
        match session.accounts().len() {
            1 => Ok(Self { session, audit, stop: Arc::default(), watcher }),
            several => Err(Error::SeveralAccounts(several)),
        }
    }

    /// The one account.
    pub(crate) fn account(&self) -> &konecta_aws::Account {
        &self.session.accounts()[0]
    }

    /// What is raised when the run shall stop after the change that it is at.
    pub(crate) fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}

impl AccountApi for Live<'_> {
    async fn read(&mut self, wanted: &BTreeSet<Action>) -> Result<Snapshot, String> {
        let known = reads();
        Ok(collect(&self.session, known, wanted, &CollectOptions::default(), &Progress::new()).await)
    }

    async fn call(
        &mut self,
        region: &Region,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> Result<Value, FailedCall> {
        let answer = apply::perform(self.account(), region, service, operation, parameters).await;
        answer.map_err(|failure| {
            let kind = match failure.kind {
                CallFailureKind::OutcomeUnknown => FailureKind::Unknown,
                _ if failure.is_stale() => FailureKind::Stale,
                CallFailureKind::Invalid
                | CallFailureKind::NotSent
                | CallFailureKind::Denied
                | CallFailureKind::Throttled
                | CallFailureKind::Refused
                | CallFailureKind::Lossy => FailureKind::NotDone,
            };
            FailedCall { kind, code: failure.code, message: failure.message }
        })
    }

    async fn pause(&mut self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn judge(&mut self, snapshot: &Snapshot) -> Result<Vec<Finding>, String> {
        let report = self.audit.verdicts(snapshot);
        report.map(|report| report.findings).map_err(|error| error.to_string())
    }

    fn now(&mut self) -> Timestamp {
        now()
    }

    fn random(&mut self) -> Option<[u8; 36]> {
        random()
    }

    fn interrupted(&mut self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn tell(&mut self, told: RunEvent<'_>) {
        (self.watcher)(&told);
    }
}

/// The time of this machine.
#[expect(clippy::disallowed_methods, reason = "a journal and a plan carry the time at which things happen")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A name for a run: sorts by time, and is nobody else's.
pub(crate) fn run_id(now: Timestamp) -> String {
    let time: String = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let suffix = random().map_or(u32::from(std::process::id() as u16), |bytes| {
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    });
    format!("{time}-{:06x}", suffix & 0x00ff_ffff)
}

/// What nobody else can name.
pub(super) fn token() -> Option<String> {
    let bytes = random()?;
    bytes.first_chunk::<16>().map(|chunk| format!("{:032x}", u128::from_be_bytes(*chunk)))
}

/// The system's own source.
fn random() -> Option<[u8; 36]> {
    let mut bytes = [0; 36];
    std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut bytes)).ok()?;
    Some(bytes)
}
