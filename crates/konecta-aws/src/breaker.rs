//! Circuit breaker of one account, region and service: when its calls are no longer worth waiting for.
//!
//! Three things open it. The deadline of the scan; a service that hangs, or cannot be reached; and a read that is answered
//! alike again and again by a fault of the service, or refused to the end for the rate of requests and never answered. What
//! is not asked then is a gap like any other, with the code `GivenUp`.
//! Knows nothing of what is asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use konecta_base::gap::GapKind;
use konecta_base::id::Action;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::classify::Failure;

/// Timeouts in a row, with no answer in between, after which a service (or one of its reads) is given up. Each holds all
/// attempts of a call, so a first one may be that of one bad question or of a pause; a second one that *began after it* is
/// neither, and the third would only cost as much again. Calls that wait side by side count as one: the loss is the time.
const TIMEOUTS_IN_A_ROW: u32 = 2;

/// The same, whatever is answered in between: what a service that hangs every other time may cost at the most.
const TIMEOUTS_IN_ALL: u32 = 8;

/// Faults of the service in a row, by the same code, after which a read is given up. They come quickly, but each is already
/// the last of several attempts, and the next resource may fare better; after three in a row it does not.
const FAULTS_IN_A_ROW: u32 = 3;

/// Codes by which a service (or what plays it) says that it has no such operation. One is enough: it is not about a resource.
const NOT_IMPLEMENTED: [&str; 6] = [
    "HTTP501",
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "UnknownOperation",
    "UnknownOperationException",
];

/// Whether and why calls are still made.
#[derive(Debug)]
pub(crate) struct Breaker {
    deadline: Option<Instant>,
    record: Mutex<Record>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Record {
    service: Hangs,
    open: Option<Failure>,
    actions: BTreeMap<Action, ActionRecord>,
}

#[derive(Debug, Default)]
struct ActionRecord {
    hangs: Hangs,
    /// The code of the last fault, and how many there were in a row.
    faults: Option<(String, u32)>,
    open: Option<Failure>,
}

/// Timeouts that did not run side by side.
#[derive(Debug, Default)]
struct Hangs {
    last: Option<Instant>,
    in_a_row: u32,
    in_all: u32,
}

impl Hangs {
    /// Counts a timeout, unless its call waited beside one that is counted; whether it is enough.
    fn count(&mut self, (begun, ended): (Instant, Instant)) -> bool {
        if self.last.is_none_or(|last| begun >= last) {
            self.last = Some(ended);
            self.in_a_row += 1;
            self.in_all += 1;
        }
        self.in_a_row >= TIMEOUTS_IN_A_ROW || self.in_all >= TIMEOUTS_IN_ALL
    }
}

impl Record {
    fn refusal(&self, action: &Action) -> Option<&Failure> {
        self.open.as_ref().or_else(|| self.actions.get(action)?.open.as_ref())
    }
}

impl Breaker {
    /// A closed one, which opens for good at the deadline, if there is one.
    pub(crate) fn new(deadline: Option<Instant>) -> Self {
        Self { deadline, record: Mutex::default(), changes: watch::Sender::new(()) }
    }

    /// Does the work, unless the action is given up before it is done.
    pub(crate) async fn unless_open<T>(&self, action: &Action, work: impl Future<Output = T>) -> Result<T, Failure> {
        let mut changes = self.changes.subscribe();
        let is_late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if let Some(failure) = is_late.then(Failure::after_deadline).or_else(|| self.refusal(action)) {
            return Err(failure);
        }
        let hung = async {
            loop {
                // The sender lives as long as this does.
                let _ = changes.changed().await;
                // An answer that is under way may be a better one than the faults before it; a hung service has none.
                if let Some(failure) = self.refusal(action).filter(|failure| is_hang(failure.kind)) {
                    return failure;
                }
            }
        };
        let late = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let (work, hung, late) = (pin!(work), pin!(hung), pin!(late));
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = late => Err(Failure::after_deadline()),
            failure = hung => Err(failure),
        }
    }

    /// Learns from what came of a call, and from when to when it was waited for.
    pub(crate) fn note<T>(&self, action: &Action, waited: (Instant, Instant), outcome: &Result<T, Failure>) {
        let opened = self.with(|record| match outcome {
            Err(failure) if failure.is_given_up() => false,
            Err(failure) if is_hang(failure.kind) => record.hung(action, waited, failure.kind),
            Err(failure) if failure.kind == GapKind::ServerError || is_not_implemented(failure) => {
                record.service.in_a_row = 0;
                record.faulty(action, failure)
            }
            // Whether it was refused to the end, `refused` is told.
            Err(failure) if failure.kind == GapKind::Throttled => {
                record.service.in_a_row = 0;
                false
            }
            Ok(_) | Err(_) => {
                record.service.in_a_row = 0;
                if let Some(known) = record.actions.get_mut(action) {
                    (known.hangs.in_a_row, known.faults) = (0, None);
                }
                false
            }
        });
        if opened {
            self.changes.send_replace(());
        }
    }

    /// Learns that a call was refused for the rate of requests until nobody asked any more. A call that is refused again and
    /// again and never answered would slow all others of the service down.
    pub(crate) fn refused(&self, action: &Action, failure: &Failure) {
        if self.with(|record| record.faulty(action, failure)) {
            self.changes.send_replace(());
        }
    }

    fn refusal(&self, action: &Action) -> Option<Failure> {
        self.with(|record| record.refusal(action).cloned())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Record) -> T) -> T {
        work(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Record {
    /// Counts a call that hung; whether that opens something.
    fn hung(&mut self, action: &Action, waited: (Instant, Instant), kind: GapKind) -> bool {
        if self.service.count(waited) && self.open.is_none() {
            let service = action.service();
            self.open = Some(Failure::given_up_after(kind, &format!("{service} did not answer again and again")));
            return true;
        }
        let known = self.actions.entry(action.clone()).or_default();
        if known.hangs.count(waited) && known.open.is_none() {
            known.open = Some(Failure::given_up_after(kind, "this call was not answered again and again"));
            return true;
        }
        false
    }

    /// Counts a fault of the service; whether that opens something.
    fn faulty(&mut self, action: &Action, failure: &Failure) -> bool {
        let known = self.actions.entry(action.clone()).or_default();
        known.hangs.in_a_row = 0;
        let before = known.faults.take().filter(|(code, _)| code == &failure.code).map_or(0, |(_, count)| count);
        let count = before + 1;
        known.faults = Some((failure.code.clone(), count));
        let is_enough = is_not_implemented(failure) || count >= FAULTS_IN_A_ROW;
        if is_enough && known.open.is_none() {
            let why = format!("the service answered {} to this call {count} times in a row", failure.code);
            known.open = Some(Failure::given_up_after(failure.kind, &why));
            return true;
        }
        false
    }
}

/// Whether nothing came that the service itself has said.
fn is_hang(kind: GapKind) -> bool {
    matches!(kind, GapKind::TimedOut | GapKind::Unreachable)
}

fn is_not_implemented(failure: &Failure) -> bool {
    NOT_IMPLEMENTED.contains(&failure.code.as_str())
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::time::Duration;

    use super::*;
    use crate::classify::of_service;

    fn action(name: &str) -> Action {
        name.parse().expect("action")
    }

    fn is_open(breaker: &Breaker, name: &str) -> bool {
        breaker.refusal(&action(name)).is_some()
    }

    /// A breaker and the clock that it is told.
    struct BreakerTest(Breaker, Instant);

    impl BreakerTest {
        fn new() -> Self {
            Self(Breaker::new(None), Instant::now())
        }

        /// So many calls that hang side by side.
        fn hang(&mut self, name: &str, calls: usize) {
            let begun = self.1;
            self.1 += Duration::from_secs(100);
            for _ in 0..calls {
                let failure = Err::<(), _>(Failure::new(GapKind::TimedOut, "TimedOut", ""));
                self.0.note(&action(name), (begun, self.1), &failure);
            }
        }

        fn note(&self, name: &str, outcome: &Result<(), Failure>) {
            self.0.note(&action(name), (self.1, self.1), outcome);
        }

        fn is_open(&self, name: &str) -> bool {
            is_open(&self.0, name)
        }
    }

    #[test]
    fn a_call_that_is_refused_to_the_end_three_times_and_never_answered_is_given_up() {
        let test = BreakerTest::new();
        let name = "ecr:GetLifecyclePolicy";
        let throttled = fault("ThrottlingException", 400);
        let refuse = || {
            test.note(name, &throttled);
            test.0.refused(&action(name), throttled.as_ref().expect_err("refused"));
        };
        (0..2).for_each(|_| refuse());
        test.note(name, &Ok(()));
        (0..2).for_each(|_| refuse());
        assert!(!test.is_open(name), "it was answered in between");
        refuse();
        assert!(test.is_open(name) && !test.is_open("ecr:DescribeRepositories"));
        assert_eq!(test.0.refusal(&action(name)).map(|failure| failure.kind), Some(GapKind::Throttled));
    }

    fn fault(code: &str, status: u16) -> Result<(), Failure> {
        Err(of_service(Some(code), None, status))
    }

    #[tokio::test]
    async fn a_service_that_hangs_twice_in_a_row_is_given_up_and_side_by_side_is_once() {
        let mut test = BreakerTest::new();
        test.hang("ecr:DescribeRepositories", 8);
        assert!(!test.is_open("ecr:DescribeRepositories"));
        test.hang("ecr:GetLifecyclePolicy", 1);
        assert!(test.is_open("ecr:DescribeRepositories") && test.is_open("ecr:DescribeImages"));
        let refused = test.0.unless_open(&action("ecr:DescribeImages"), ready(())).await.expect_err("open");
        assert_eq!((refused.kind, refused.code.as_str()), (GapKind::TimedOut, "GivenUp"));
    }

    #[test]
    fn an_answer_in_between_keeps_the_service_and_not_the_read_that_hangs() {
        let mut test = BreakerTest::new();
        for _ in 0..2 {
            test.hang("ecr:DescribeImages", 1);
            test.note("ecr:DescribeRepositories", &Ok(()));
        }
        assert!(test.is_open("ecr:DescribeImages") && !test.is_open("ecr:DescribeRepositories"));
    }

    #[test]
    fn what_hangs_every_other_time_is_given_up_in_the_end() {
        let mut test = BreakerTest::new();
        let name = "ecr:DescribeImages";
        for _ in 1..TIMEOUTS_IN_ALL {
            test.hang(name, 3);
            test.note(name, &Ok(()));
        }
        assert!(!test.is_open(name));
        test.hang(name, 1);
        assert!(test.is_open(name));
    }

    #[test]
    fn the_same_fault_three_times_gives_up_the_read_alone() {
        let test = BreakerTest::new();
        let images = "ecr:DescribeImages";
        for code in ["InternalFailure", "InternalFailure", "ServerException", "InternalFailure", "InternalFailure"] {
            test.note(images, &fault(code, 500));
        }
        test.note(images, &Ok(()));
        test.note(images, &fault("InternalFailure", 500));
        test.note(images, &fault("InternalFailure", 500));
        assert!(!test.is_open(images));
        test.note(images, &fault("InternalFailure", 500));
        assert!(test.is_open(images) && !test.is_open("ecr:DescribeRepositories"));
        assert_eq!(test.0.refusal(&action(images)).map(|failure| failure.kind), Some(GapKind::ServerError));
    }

    #[test]
    fn an_operation_that_there_is_not_is_asked_for_once() {
        let test = BreakerTest::new();
        test.note("ecr:GetRegistryPolicy", &fault("UnknownOperationException", 400));
        assert!(test.is_open("ecr:GetRegistryPolicy") && !test.is_open("ecr:DescribeImages"));
    }

    #[test]
    fn refusals_give_nothing_up() {
        let test = BreakerTest::new();
        for (code, status) in [("AccessDeniedException", 400), ("ThrottlingException", 400), ("NoSuchEntity", 404)] {
            for _ in 0..20 {
                test.note("iam:GetRole", &fault(code, status));
            }
        }
        assert!(!test.is_open("iam:GetRole"));
    }

    #[tokio::test]
    async fn what_is_under_way_ends_with_the_service() {
        let mut test = BreakerTest::new();
        let images = action("ecr:DescribeImages");
        test.hang("ecr:DescribeRepositories", 1);
        let at = test.1;
        let waiting = test.0.unless_open(&images, pending::<()>());
        let hanging = async {
            tokio::task::yield_now().await;
            let failure = Err::<(), _>(Failure::new(GapKind::TimedOut, "TimedOut", ""));
            test.0.note(&action("ecr:DescribeRepositories"), (at, at), &failure);
        };
        let (ended, ()) = tokio::join!(waiting, hanging);
        assert!(ended.expect_err("given up").message.contains("ecr"));
    }

    #[tokio::test]
    async fn the_deadline_ends_what_is_under_way_and_lets_nothing_begin() {
        let images = action("ecr:DescribeImages");
        let early = Breaker::new(Some(Instant::now() + Duration::from_secs(600)));
        assert_eq!(early.unless_open(&images, ready(1)).await, Ok(1));
        let breaker = Breaker::new(Some(Instant::now() + Duration::from_millis(20)));
        let late = breaker.unless_open(&images, pending::<()>()).await.expect_err("late");
        assert_eq!((late.kind, late.code.as_str()), (GapKind::TimedOut, "GivenUp"));
        assert!(breaker.unless_open(&images, ready(1)).await.is_err());
    }
}
