//! How much goes on at once, and a board that shows it.
//! Knows nothing of what is asked; prints nothing: whoever wants to show the board reads it.

mod lane;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) use self::lane::Throttled;
use self::lane::{Lane, Slot};

/// Requests in flight at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In one account, region and service to begin with; AWS throttles by these three. It grows with the answers up to what is
    /// overall, and falls when the service throttles.
    pub per_service: usize,
    /// In the whole scan: sockets and memory of this machine.
    pub overall: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_service: 8, overall: 64 }
    }
}

/// The budget of one account, region and service inside that of the scan.
#[derive(Debug, Clone)]
pub struct Budget {
    overall: Arc<Semaphore>,
    own: Arc<Lane>,
}

/// The right to have one request in flight.
#[derive(Debug)]
pub struct Permit<'a> {
    own: Slot<'a>,
    _overall: Option<SemaphorePermit<'a>>,
}

impl Budget {
    /// The budget from which those of the services are split off.
    #[must_use]
    pub fn overall(limits: Limits) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(limits.overall.max(1)))
    }

    /// A budget of its own inside the whole.
    #[must_use]
    pub fn within(overall: &Arc<Semaphore>, limits: Limits) -> Self {
        let (begin, most) = (limits.per_service.max(1), limits.overall.max(1));
        Self { overall: Arc::clone(overall), own: Arc::new(Lane::new(begin, most.max(begin))) }
    }

    /// Waits for a slot. The own budget comes first, so that nobody holds a slot of the whole while waiting.
    pub async fn acquire(&self) -> Permit<'_> {
        let own = self.own.enter().await;
        // Semaphores fail only when closed, and nobody closes this one; without one, the call goes out all the same.
        let overall = self.overall.acquire().await.ok();
        Permit { own, _overall: overall }
    }
}

impl Permit<'_> {
    /// The service has answered: it bears what it was asked.
    pub(crate) fn answered(&self) {
        self.own.answered();
    }

    /// The service has refused for the rate of requests.
    pub(crate) fn throttled(&self) -> Throttled {
        self.own.throttled()
    }
}

/// What has been done, what is going on.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    gaps: AtomicU64,
    in_flight: Mutex<BTreeMap<String, u64>>,
}

/// The board at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressView {
    /// Requests that came back, with an answer or without.
    pub done: u64,
    /// Requests whose answer is missing.
    pub gaps: u64,
    /// Requests under way.
    pub in_flight: u64,
    /// Their operations, in order.
    pub operations: Vec<String>,
}

impl Progress {
    /// An empty board, to be shared.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// The board at this moment.
    #[must_use]
    pub fn view(&self) -> ProgressView {
        let in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        ProgressView {
            done: self.done.load(Ordering::Relaxed),
            gaps: self.gaps.load(Ordering::Relaxed),
            in_flight: in_flight.values().sum(),
            operations: in_flight.keys().cloned().collect(),
        }
    }

    pub(crate) fn gap(&self) {
        self.gaps.fetch_add(1, Ordering::Relaxed);
    }

    /// Puts an operation on the board until the guard is dropped, however the call ends.
    pub(crate) fn enter(self: &Arc<Self>, operation: &str) -> InFlight {
        *self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).entry(operation.to_owned()).or_insert(0) += 1;
        InFlight { board: Arc::clone(self), operation: operation.to_owned() }
    }
}

/// One request on the board.
#[derive(Debug)]
pub(crate) struct InFlight {
    board: Arc<Progress>,
    operation: String,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.board.done.fetch_add(1, Ordering::Relaxed);
        let mut in_flight = self.board.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_flight.get_mut(&self.operation) {
            *count -= 1;
            if *count == 0 {
                in_flight.remove(&self.operation);
            }
        }
    }
}

#[cfg(test)]
mod tests;
