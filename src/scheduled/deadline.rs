//! How much time is left of an invocation. Knows the clock, and nothing of what the time is for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::fix_runtime::now;

/// The longest that AWS lets a function run.
const LONGEST: SignedDuration = SignedDuration::from_secs(900);

/// When an invocation ends, and how long before that nothing new is begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    begun: Timestamp,
    at: Timestamp,
    margin: Duration,
}

impl Deadline {
    /// From what the runtime says: milliseconds since 1970. Emulators that say something else get the longest time.
    pub(super) fn of(milliseconds: u64, margin: u64) -> Self {
        let begun = now();
        let latest = begun + LONGEST;
        let told = i64::try_from(milliseconds).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        let at = told.filter(|at| *at > begun - LONGEST && *at <= latest).unwrap_or(latest);
        let whole = Duration::try_from(at.duration_since(begun)).unwrap_or_default();
        // Of a short invocation, a margin that is meant for a long one would leave nothing.
        Self { begun, at, margin: Duration::from_secs(margin).min(whole / 4) }
    }

    /// What is left until the margin begins; nothing once it has.
    pub(super) fn left(&self) -> Duration {
        let left = self.at.duration_since(now());
        Duration::try_from(left).unwrap_or_default().saturating_sub(self.margin)
    }

    /// When the invocation is over, whatever it does.
    pub(super) fn end(&self) -> Timestamp {
        self.at
    }

    /// How long the invocation has taken so far.
    pub(super) fn spent(&self) -> Duration {
        Duration::try_from(now().duration_since(self.begun)).unwrap_or_default()
    }

    /// Whether nothing may be begun any more.
    pub(super) fn is_near(&self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the runtime says of an invocation that is over in so many seconds.
    fn milliseconds_in(seconds: i64) -> u64 {
        u64::try_from((now() + SignedDuration::from_secs(seconds)).as_millisecond()).expect("after 1970")
    }

    #[test]
    fn the_margin_is_not_ours() {
        let deadline = Deadline::of(milliseconds_in(120), 20);
        assert!(deadline.left() <= Duration::from_secs(100) && deadline.left() > Duration::from_secs(90));
        assert!(!deadline.is_near());
    }

    #[test]
    fn of_a_short_invocation_a_quarter_is_margin() {
        let left = Deadline::of(milliseconds_in(5), 20).left();
        assert!(left > Duration::from_secs(3) && left < Duration::from_secs(4), "{left:?}");
        assert!(Deadline::of(milliseconds_in(0), 20).is_near());
    }

    #[test]
    fn what_is_no_time_of_today_is_the_longest() {
        for wrong in [0, 60_000, u64::MAX] {
            assert!(Deadline::of(wrong, 0).left() > Duration::from_secs(800), "{wrong}");
        }
    }
}
