//! How much one account, region and service bears at once and in a second, learned from what it answers.
//!
//! Slots grow while they are all taken and answers come: by one an answer, until the service refuses for the first time for
//! the rate of requests (it is *throttled*); from then on by one a round. A throttled answer halves them, and sets a pace at
//! which attempts begin: under a throttle of a few calls a second one slot is too many already.
//!
//! Slots and pace are halved until answers come. From then on a throttled answer makes the pace a little slower than the one
//! that was too fast; near that it rises slowly, so that most attempts of a long scan are just below what the service allows,
//! and elsewhere quickly. Knows nothing of what is asked.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turns, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// So long without any answer, and nothing that is throttled is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// The slowest pace, in attempts a second. AWS's throttles allow more; what plays AWS is asked in vain a little more often.
const SLOWEST: f64 = 2.0;

/// Slots that are left however often they are halved: one more than the one whose answer is waited for.
const FEWEST: usize = 2;

/// What is left of a pace that was too fast, once so many answers have come by it; before that, half of it.
const CUT: f64 = 0.93;
const ENOUGH: u32 = 3;

/// Near the pace that was too fast an answer raises it by one of so many parts; elsewhere by one of so many as are under way,
/// which doubles it in a round, but of these at the least.
const PARTS: f64 = 800.0;
const FEW_PARTS: f64 = 8.0;

/// What is near it.
const NEAR: std::ops::RangeInclusive<f64> = 0.9..=1.05;

/// Beyond this there is no pace, in attempts a second.
const NO_PACE: f64 = 10_000.0;

/// One account, region and service.
#[derive(Debug)]
pub(super) struct Lane {
    slots: Semaphore,
    /// Whose turn it is to wait for the pace; first come, first served.
    turns: Turns<()>,
    learned: Mutex<Learned>,
}

/// The right to one attempt.
#[derive(Debug)]
pub(super) struct Slot<'a> {
    lane: &'a Lane,
    held: Option<SemaphorePermit<'a>>,
    begun: Begun,
}

impl Lane {
    pub(super) fn new(limit: usize, most: usize) -> Self {
        Self { slots: Semaphore::new(limit), turns: Turns::default(), learned: Mutex::new(Learned::new(limit, most)) }
    }

    /// Waits for a slot and for the pace.
    pub(super) async fn enter(&self) -> Slot<'_> {
        // Semaphores fail only when closed, and nobody closes this one; without a slot, the call goes out all the same.
        let held = self.slots.acquire().await.ok();
        let turn = self.turns.lock().await;
        while let Some(next) = self.waits() {
            sleep_until(next).await;
        }
        let begun = self.learned().begin(Instant::now());
        drop(turn);
        Slot { lane: self, held, begun }
    }

    fn waits(&self) -> Option<Instant> {
        self.learned().waits(Instant::now())
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot<'_> {
    /// The service has answered, whatever it was.
    pub(super) fn answered(&self) {
        let mut learned = self.lane.learned();
        let all_taken = self.lane.slots.available_permits() == 0;
        if learned.answered(Instant::now(), &self.begun, all_taken) {
            self.lane.slots.add_permits(1);
        }
    }

    /// The service has refused for the rate of requests.
    pub(super) fn throttled(&self) -> Throttled {
        let mut learned = self.lane.learned();
        let said = learned.throttled(Instant::now(), &self.begun);
        // Those that are taken are given up when they are free.
        learned.debt -= self.lane.slots.forget_permits(learned.debt);
        said
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let mut learned = self.lane.learned();
        if learned.debt > 0 {
            learned.debt -= 1;
            held.forget();
        }
    }
}

/// What a throttled attempt says of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Throttled {
    /// It answered others meanwhile.
    Slow,
    /// It answered nobody meanwhile.
    InVain,
    /// It has answered nobody for so long that it is not asked again.
    Closed,
}

/// What was known when an attempt began.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    at: Instant,
    cuts: u64,
    answers: u64,
    per_second: Option<f64>,
}

/// What is known of a service. It has no clock: it is told the time.
#[derive(Debug)]
pub(super) struct Learned {
    limit: usize,
    most: usize,
    /// Slots to be given up as soon as they are free.
    debt: usize,
    /// Answers since the last slot was added.
    credit: usize,
    /// How often the limit was cut. An attempt that began before the last cut tells nothing new by being throttled.
    cuts: u64,
    answers: u64,
    /// When it answered last, or was asked first.
    heard: Option<Instant>,
    pace: Option<Pace>,
}

#[derive(Debug)]
struct Pace {
    per_second: f64,
    /// When the next attempt may begin.
    next: Instant,
    /// The pace that was too fast last.
    too_fast: f64,
    /// Answers to attempts that began since then.
    since: u32,
}

impl Learned {
    pub(super) fn new(limit: usize, most: usize) -> Self {
        Self { limit, most, debt: 0, credit: 0, cuts: 0, answers: 0, heard: None, pace: None }
    }

    /// Until when the next attempt has to wait.
    pub(super) fn waits(&self, now: Instant) -> Option<Instant> {
        let pace = self.pace.as_ref().filter(|_| !self.is_closed(now))?;
        (pace.next > now).then_some(pace.next)
    }

    /// How many attempts may be under way.
    #[cfg(test)]
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes the slots away that are to be given up, where the test counts them itself.
    #[cfg(test)]
    pub(super) fn forgive(&mut self) {
        self.debt = 0;
    }

    pub(super) fn begin(&mut self, now: Instant) -> Begun {
        self.heard.get_or_insert(now);
        if let Some(pace) = &mut self.pace {
            pace.next = now + pace.interval();
        }
        let per_second = self.pace.as_ref().map(|pace| pace.per_second);
        Begun { at: now, cuts: self.cuts, answers: self.answers, per_second }
    }

    /// Learns from an answer; whether there is a slot more now.
    pub(super) fn answered(&mut self, now: Instant, begun: &Begun, all_taken: bool) -> bool {
        self.answers += 1;
        self.heard = Some(now);
        if let Some(pace) = self.pace.as_mut().filter(|_| begun.cuts == self.cuts) {
            pace.rise(seconds(begun.at, now));
        }
        if self.pace.as_ref().is_some_and(|pace| pace.per_second > NO_PACE) {
            self.pace = None;
        }
        if !all_taken || self.debt > 0 || self.limit >= self.most {
            return false;
        }
        self.credit += 1;
        let grows = self.cuts == 0 || self.credit >= self.limit;
        if grows {
            self.credit = 0;
            self.limit += 1;
        }
        grows
    }

    /// Learns from a throttled attempt, and tells whether anything else was answered since it began: then the service is slow,
    /// and not closed.
    pub(super) fn throttled(&mut self, now: Instant, begun: &Begun) -> Throttled {
        if begun.cuts == self.cuts {
            self.cut(now, begun);
        }
        if self.answers > begun.answers {
            Throttled::Slow
        } else if self.is_closed(now) {
            Throttled::Closed
        } else {
            Throttled::InVain
        }
    }

    fn cut(&mut self, now: Instant, begun: &Begun) {
        let is_sought = self.pace.as_ref().is_none_or(|pace| pace.since < ENOUGH);
        // Without a pace, as fast as it went: with so many under way, and each as long as this one.
        let slots = f64::from(u32::try_from(self.limit).unwrap_or(u32::MAX));
        let too_fast = begun.per_second.unwrap_or_else(|| slots / seconds(begun.at, now));
        let per_second = (too_fast * if is_sought { 0.5 } else { CUT }).clamp(SLOWEST, NO_PACE);
        let next = now + Duration::from_secs_f64(1.0 / per_second);
        self.pace = Some(Pace { per_second, next, too_fast, since: 0 });
        // Once there are answers the pace is what holds back, and slots are only how many calls that takes.
        if is_sought {
            let left = (self.limit / 2).max(FEWEST).min(self.limit);
            self.debt += self.limit - left;
            (self.limit, self.credit) = (left, 0);
        }
        self.cuts += 1;
    }

    fn is_closed(&self, now: Instant) -> bool {
        self.heard.is_some_and(|heard| now.duration_since(heard) >= PATIENCE)
    }
}

impl Pace {
    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second)
    }

    /// Learns from an answer that took so many seconds.
    fn rise(&mut self, took: f64) {
        self.since = self.since.saturating_add(1);
        let is_near = NEAR.contains(&(self.per_second / self.too_fast));
        let parts = if is_near { PARTS } else { (self.per_second * took).max(FEW_PARTS) };
        self.per_second *= 1.0 + 1.0 / parts;
    }
}

fn seconds(from: Instant, to: Instant) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.001)
}
