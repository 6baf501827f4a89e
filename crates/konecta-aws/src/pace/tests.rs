//! The board, the slots, and the pace against services that throttle, in a time of their own.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use tokio::time::Instant;

use super::lane::{Begun, Learned};
use super::*;
use crate::throttled_waits::ThrottledWaits;

#[test]
fn the_board_forgets_what_has_come_back() {
    let board = Progress::new();
    let first = board.enter("ecr:DescribeRepositories");
    let second = board.enter("ecr:DescribeRepositories");
    drop(first);
    assert_eq!(board.view().in_flight, 1);
    drop(second);
    let view = board.view();
    assert_eq!((view.done, view.in_flight, view.operations.len()), (2, 0, 0));
}

async fn is_full(budget: &Budget) -> bool {
    tokio::time::timeout(Duration::from_millis(20), budget.acquire()).await.is_err()
}

#[tokio::test]
async fn a_budget_lets_no_more_through_than_it_has() {
    let limits = Limits { per_service: 2, overall: 1 };
    let overall = Budget::overall(limits);
    let budget = Budget::within(&overall, limits);
    let held = budget.acquire().await;
    assert!(is_full(&budget).await, "a second request went out beside the first");
    drop(held);
    let _ = budget.acquire().await;
}

#[tokio::test]
async fn slots_grow_with_answers_while_all_are_taken_and_no_further_than_the_whole() {
    let limits = Limits { per_service: 2, overall: 3 };
    let budget = Budget::within(&Budget::overall(limits), limits);
    let alone = budget.acquire().await;
    alone.answered();
    drop(alone);
    let mut held = vec![budget.acquire().await, budget.acquire().await];
    assert!(is_full(&budget).await, "an answer to one that was alone says nothing of more");
    held[0].answered();
    held[1].answered();
    held.push(budget.acquire().await);
    assert!(is_full(&budget).await);
}

#[tokio::test]
async fn a_throttled_answer_takes_half_of_the_slots_away_once() {
    let limits = Limits { per_service: 4, overall: 64 };
    let budget = Budget::within(&Budget::overall(limits), limits);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(budget.acquire().await);
    }
    // All of them began before the first was throttled, so it is one cut.
    assert!(held.iter().all(|permit| permit.throttled() == Throttled::InVain));
    held.truncate(2);
    assert!(is_full(&budget).await, "two of four are left");
    held.clear();
    let _ = (budget.acquire().await, budget.acquire().await);
}

/// A service that lets through so many calls a second, and so many at once after a pause.
#[derive(Clone, Copy)]
struct Service {
    per_second: f64,
    at_once: f64,
    /// How long a call takes.
    latency: Duration,
}

impl Service {
    fn new(per_second: f64, at_once: f64, milliseconds: u64) -> Self {
        Self { per_second, at_once, latency: Duration::from_millis(milliseconds) }
    }
}

/// A scan of one service, event by event.
struct Scan {
    service: Service,
    tokens: f64,
    filled: Instant,
    learned: Learned,
    taken: usize,
    /// Calls that wait for a slot, and those that have one and wait for the pace.
    waiting: VecDeque<usize>,
    entered: VecDeque<usize>,
    /// When the next turn is looked at.
    turn: Option<Instant>,
    events: BinaryHeap<Reverse<(Instant, usize, Event)>>,
    waits: Vec<ThrottledWaits>,
    lost: usize,
    throttled: usize,
    most: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The pace may allow the next one.
    Turn,
    /// A call that was throttled is made again.
    Again,
    /// A call arrives at the service, with what was known when it began.
    Arrives(Known),
    /// It comes back, answered or not.
    Comes(Known, bool),
}

/// What was known; of no importance for the order of events.
#[derive(Clone, Copy)]
struct Known(Begun);

impl PartialEq for Known {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Known {}

impl PartialOrd for Known {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Known {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Scan {
    /// Makes so many calls; answers how long it took.
    fn of(service: Service, calls: usize) -> (Duration, Self) {
        let start = Instant::now();
        let sdk = SdkConfig::builder().retry_config(RetryConfig::standard().with_max_attempts(5)).build();
        let limits = Limits::default();
        let mut scan = Self {
            service,
            tokens: service.at_once,
            filled: start,
            learned: Learned::new(limits.per_service, limits.overall),
            taken: 0,
            waiting: (0..calls).collect(),
            entered: VecDeque::new(),
            turn: None,
            events: BinaryHeap::new(),
            waits: (0..calls).map(|_| ThrottledWaits::of(&sdk)).collect(),
            lost: 0,
            throttled: 0,
            most: 0,
        };
        let mut now = start;
        scan.go_on(now);
        while let Some(Reverse((at, call, event))) = scan.events.pop() {
            now = at;
            scan.happens(now, call, event);
            scan.go_on(now);
        }
        (now - start, scan)
    }

    fn happens(&mut self, now: Instant, call: usize, event: Event) {
        match event {
            Event::Turn => self.turn = None,
            Event::Again => self.waiting.push_back(call),
            Event::Arrives(known) => {
                let let_through = self.lets_through(now);
                self.later(now + self.service.latency / 2, call, Event::Comes(known, let_through));
            }
            Event::Comes(Known(begun), true) => {
                let all_taken = self.taken >= self.learned.limit();
                self.learned.answered(now, &begun, all_taken);
                self.taken -= 1;
            }
            Event::Comes(Known(begun), false) => {
                self.throttled += 1;
                let said = self.learned.throttled(now, &begun);
                self.learned.forgive();
                self.taken -= 1;
                match self.waits[call].next(said) {
                    Some(wait) => self.later(now + wait, call, Event::Again),
                    None => self.lost += 1,
                }
            }
        }
    }

    /// Lets begin what may begin.
    fn go_on(&mut self, now: Instant) {
        while self.taken < self.learned.limit() {
            let Some(call) = self.waiting.pop_front() else { break };
            self.entered.push_back(call);
            self.taken += 1;
        }
        self.most = self.most.max(self.taken);
        while let Some(&call) = self.entered.front() {
            if let Some(next) = self.learned.waits(now) {
                if self.turn.is_none_or(|turn| turn > next) {
                    self.turn = Some(next);
                    self.later(next, call, Event::Turn);
                }
                break;
            }
            self.entered.pop_front();
            let known = Known(self.learned.begin(now));
            self.later(now + self.service.latency / 2, call, Event::Arrives(known));
        }
    }

    fn later(&mut self, at: Instant, call: usize, event: Event) {
        self.events.push(Reverse((at, call, event)));
    }

    fn lets_through(&mut self, now: Instant) -> bool {
        let come = (now - self.filled).as_secs_f64() * self.service.per_second;
        self.tokens = (self.tokens + come).min(self.service.at_once);
        self.filled = now;
        let has = self.tokens >= 1.0 - 1e-9;
        if has {
            self.tokens -= 1.0;
        }
        has
    }
}

#[test]
fn a_throttled_service_is_kept_busy_and_nothing_is_lost() {
    for per_second in [5.0_f64, 20.0, 50.0, 100.0] {
        for (at_once, latency) in [(1.0, 20), (per_second, 20), (100.0, 20), (per_second, 200)] {
            // Half a minute of calls, beyond what the service lets through at once.
            let calls = (per_second * 30.0 + at_once) as usize;
            let (took, scan) = Scan::of(Service::new(per_second, at_once, latency), calls);
            let bound = (calls as f64 - at_once) / per_second;
            let ratio = took.as_secs_f64() / bound;
            eprintln!(
                "{per_second}/s, {at_once} at once, {latency} ms: {ratio:.3} of the bound, {} throttled of {calls}",
                scan.throttled
            );
            assert!(ratio <= 1.15, "{per_second}/s, {at_once} at once, {latency} ms: {ratio:.3} of the bound");
            assert_eq!(scan.lost, 0, "{per_second}/s, {at_once} at once, {latency} ms");
            // Two rounds of all slots while the pace is looked for, and then one of every few.
            let most = 2 * Limits::default().overall + calls / 6;
            assert!(scan.throttled <= most, "{} of {calls} were throttled", scan.throttled);
        }
    }
}

#[test]
fn a_service_that_throttles_nobody_is_asked_by_as_many_as_the_scan_allows() {
    let service = Service::new(1e9, 1e9, 20);
    for calls in [1_000, 5_005] {
        let (took, scan) = Scan::of(service, calls);
        let most = Limits::default().overall;
        let bound = service.latency.as_secs_f64() * calls as f64 / most as f64;
        eprintln!("{calls} calls: {:.3} of the bound", took.as_secs_f64() / bound);
        assert!(took.as_secs_f64() <= 1.3 * bound, "{calls} calls took {took:?}, bound {bound}");
        assert_eq!((scan.most, scan.lost, scan.throttled), (most, 0, 0));
    }
}

#[test]
fn a_service_that_lets_nobody_through_is_given_up_in_the_end() {
    let (took, scan) = Scan::of(Service::new(1e-9, 0.0, 20), 1_000);
    assert_eq!(scan.lost, 1_000);
    assert!(took < Duration::from_secs(90), "{took:?}");
    assert!(scan.throttled < 1_500, "{} attempts for 1,000 calls", scan.throttled);
}
