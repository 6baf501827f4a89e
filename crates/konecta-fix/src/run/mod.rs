//! A run: a plan carried out change by change, resumed after a kill, taken back. `docs/fix.md`, *Run*, is the contract.
//! Knows plans, snapshots and the journal; nothing of the SDK, of the clock or of a terminal: [`AccountApi`] stands for all
//! three.

mod back;
mod carry;
mod compare;
#[cfg(test)]
mod fake;
mod forward;
mod look;
mod made;
mod resolve;
mod steps;
#[cfg(test)]
mod tests;
mod wait;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(crate) use resolve::holds_stand_in;
pub use steps::{Seen, Taken, seen, take};

use super::journal::{self, Event, Images, JournalError, Log, Made, Outcome, RunState, States, Way};
use super::plan::{Change, Plan};
use konecta_base::finding::Finding;
use konecta_base::id::{Action, Region};
use konecta_base::snapshot::Snapshot;

/// What a failed call says about the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Nothing was sent, or nothing was done: invalid, denied, throttled to the end, refused.
    NotDone,
    /// The service says that somebody else has changed the object: ETag, lock token.
    Stale,
    /// No answer came: it may have been done.
    Unknown,
}

/// A call that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCall {
    /// What it says.
    pub kind: FailureKind,
    /// The service's error code.
    pub code: String,
    /// What happened, without any value of a parameter.
    pub message: String,
}

impl FailedCall {
    /// Whether the service says that what was asked for does not exist.
    fn is_absence(&self) -> bool {
        ["NotFound", "NoSuch", "ResourceNotFoundException", "DoesNotExist"].iter().any(|word| self.code.contains(word))
    }

    /// Whether asking again may help.
    fn is_passing(&self) -> bool {
        self.kind == FailureKind::Unknown || self.code.contains("Throttl")
    }
}

impl std::fmt::Display for FailedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// What somebody who watches is told.
#[derive(Debug)]
pub enum RunEvent<'a> {
    /// A change is begun.
    Begun(&'a Change, Way),
    /// It is waited for something.
    Waiting {
        /// For what.
        what: &'a str,
        /// For so long already.
        elapsed: Duration,
    },
    /// What came of a change.
    Over(&'a Change, Way, Outcome, &'a str),
}

/// The account that is changed, the clock, chance, and whoever watches.
pub trait AccountApi {
    /// Reads afresh what these actions answer, with what they build on.
    fn read(&mut self, reads: &BTreeSet<Action>) -> impl Future<Output = Result<Snapshot, String>>;
    /// Makes a call; reading operations are read to their last page.
    fn call(
        &mut self,
        region: &Region,
        service: &str,
        operation: &str,
        parameters: &Value,
    ) -> impl Future<Output = Result<Value, FailedCall>>;
    /// Waits.
    fn pause(&mut self, duration: Duration) -> impl Future<Output = ()>;
    /// Judges a snapshot.
    ///
    /// # Errors
    /// When it cannot be judged at all.
    fn judge(&mut self, snapshot: &Snapshot) -> Result<Vec<Finding>, String>;
    /// The time.
    fn now(&mut self) -> Timestamp;
    /// Bytes that nobody can guess; `None` if the system has none to give.
    fn random(&mut self) -> Option<[u8; 36]>;
    /// Whether somebody wants the run to stop after the change that it is at.
    fn interrupted(&mut self) -> bool;
    /// Tells how it goes.
    fn tell(&mut self, told: RunEvent<'_>);
}

/// Why a run stopped where it may be resumed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// What happens cannot be written down, so nothing more is done.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A change was made, and the account cannot be read any more to see what came of it.
    #[error("{change} was sent, and what came of it cannot be read: {reason}")]
    Blind {
        /// The change.
        change: String,
        /// Why not.
        reason: String,
    },
    /// Somebody asked for it.
    #[error("stopped as asked, before {0}")]
    Interrupted(String),
}

/// After so many seconds it is looked again before it is said that something did not take effect: AWS answers reads
/// from copies that lag behind.
const GRACE: [u64; 5] = [0, 1, 2, 4, 8];

/// One way of a run.
pub struct Run<'a, A, L> {
    account: &'a mut A,
    log: &'a mut L,
    run_state: RunState,
    /// Secrets made in this run, by distribution, origin and header. Never written anywhere.
    secrets: BTreeMap<[String; 3], String>,
    /// Why nothing more is begun: the run is gone on with after the time of its plan.
    expired: Option<String>,
    /// Changes that no remedy proposes: they are not made.
    unproposed: BTreeSet<String>,
}

impl<'a, A: AccountApi, L: Log> Run<'a, A, L> {
    /// Begins a run: the first line of its journal.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn begin(
        account: &'a mut A,
        log: &'a mut L,
        run: &str,
        who: &str,
        tool: &str,
        plan: &Plan,
    ) -> Result<Self, RunError> {
        let at = account.now();
        let (name, caller) = (run.to_owned(), who.to_owned());
        let (version, tool, begun) = (journal::VERSION, tool.to_owned(), Box::new(plan.clone()));
        log.write(at, &Event::Begun { version, run: name, who: caller, tool, plan: begun }).await?;
        Ok(Self {
            account,
            log,
            run_state: RunState::new(run, who, at, plan),
            secrets: BTreeMap::new(),
            expired: None,
            unproposed: BTreeSet::new(),
        })
    }

    /// Goes on with a run that was stopped, the way it went. After the time of its plan, what was begun is brought to its
    /// end, and nothing more is begun.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn resume(
        account: &'a mut A,
        log: &'a mut L,
        run_state: RunState,
        who: &str,
        tool: &str,
    ) -> Result<Self, RunError> {
        let expires = run_state.plan.expires_at;
        let expired = run_state.plan.is_in_time(account.now()).err().map(|_| {
            format!("the plan could be applied until {expires:.0}; plan what is left with `konecta-audit fix`")
        });
        let mut run = Self { account, log, run_state, secrets: BTreeMap::new(), expired, unproposed: BTreeSet::new() };
        run.note(&Event::Resumed { who: who.to_owned(), tool: tool.to_owned() }).await?;
        Ok(run)
    }

    /// Turns a run around; `only` names the changes that are taken back, all of them if it is empty.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn turn_back(
        account: &'a mut A,
        log: &'a mut L,
        run_state: RunState,
        who: &str,
        tool: &str,
        only: &[String],
    ) -> Result<Self, RunError> {
        let mut run =
            Self { account, log, run_state, secrets: BTreeMap::new(), expired: None, unproposed: BTreeSet::new() };
        let (who, tool, only) = (who.to_owned(), tool.to_owned(), only.to_vec());
        run.note(&Event::RollbackBegun { who, tool, only }).await?;
        Ok(run)
    }

    /// Makes none of these changes: of a plan out of a journal, what no remedy proposes of the account as it is.
    #[must_use]
    pub fn without(mut self, unproposed: BTreeSet<String>) -> Self {
        self.unproposed = unproposed;
        self
    }

    /// Goes to the end, the way that the run goes.
    ///
    /// # Errors
    /// When it had to stop before; the journal then says where it can be resumed.
    pub async fn go(mut self) -> Result<RunState, RunError> {
        match self.run_state.way {
            Way::Forward => self.forward().await?,
            Way::Back => self.back().await?,
        }
        self.note(&Event::Ended { way: self.run_state.way }).await?;
        Ok(self.run_state)
    }

    /// Writes down what happened, and takes it in.
    async fn note(&mut self, event: &Event) -> Result<(), RunError> {
        let at = self.account.now();
        self.log.write(at, event).await?;
        self.run_state.take(event);
        Ok(())
    }

    async fn over(&mut self, change: &Change, way: Way, end: End) -> Result<(), RunError> {
        let End { outcome, reason, applied, left, images, made } = end;
        self.account.tell(RunEvent::Over(change, way, outcome, &reason));
        self.note(&Event::Outcome { change: change.id.clone(), way, outcome, reason, applied, left, images, made })
            .await
    }

    async fn grace(&mut self, seconds: u64) {
        if seconds > 0 {
            self.account.pause(Duration::from_secs(seconds)).await;
        }
    }
}

/// How a change ends.
struct End {
    outcome: Outcome,
    reason: String,
    applied: bool,
    left: States,
    images: Images,
    made: Vec<Made>,
}

impl End {
    /// Nothing was done.
    fn untouched(outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { applied: false, ..Self::blank(outcome, reason) }
    }

    /// Something was done, and what it left is not known.
    fn blank(outcome: Outcome, reason: impl Into<String>) -> Self {
        let (left, images, made) = (States::new(), Images::new(), Vec::new());
        Self { outcome, reason: reason.into(), applied: true, left, images, made }
    }
}
