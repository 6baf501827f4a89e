//! What is done about a throttled answer: the SDK leaves it to us, and here is how long is waited, and how often.
//!
//! The SDK would wait inside the call and hold its slot for nothing, and its quota of retries is used up in the middle of a
//! long listing. Here the slot is given back and the pace of the service is learned ([`crate::pace`]).

use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority, RetryReason,
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig};
use aws_types::SdkConfig;

use crate::pace::Throttled;

/// Keeps the SDK from trying a throttled call again; everything else it retries as it does.
#[derive(Debug)]
pub(crate) struct LeaveThrottled;

impl ClassifyRetry for LeaveThrottled {
    fn classify_retry(&self, _context: &InterceptorContext) -> RetryAction {
        RetryAction::NoActionIndicated
    }

    fn classify_retry_v2(&self, _context: &InterceptorContext, previous: &RetryAction) -> RetryAction {
        let is_throttled = matches!(
            previous,
            RetryAction::RetryIndicated(RetryReason::RetryableError { kind: ErrorKind::ThrottlingError, .. })
        );
        if is_throttled { RetryAction::RetryForbidden } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "konecta-aws-leave-throttled"
    }

    /// After all that say what kind of error it was.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The waits between the attempts of one call, by the numbers of the SDK's own retries.
#[derive(Debug)]
pub(crate) struct ThrottledWaits {
    attempts: u32,
    first: Duration,
    longest: Duration,
    in_vain: u32,
}

impl ThrottledWaits {
    pub(crate) fn of(sdk: &SdkConfig) -> Self {
        let config = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        // The SDK waits for a random part of these, which is half of it in the middle.
        let (first, longest) = (config.initial_backoff() / 2, config.max_backoff());
        Self { attempts: config.max_attempts(), first, longest, in_vain: 0 }
    }

    /// How long is waited before the call is made again; `None` when it is not.
    pub(crate) fn next(&mut self, throttled: Throttled) -> Option<Duration> {
        self.in_vain = match throttled {
            Throttled::Slow => 0,
            Throttled::InVain => self.in_vain + 1,
            Throttled::Closed => return None,
        };
        if self.in_vain == 0 {
            return Some(Duration::ZERO);
        }
        let wait = self.first.saturating_mul(1 << (self.in_vain - 1).min(16)).min(self.longest);
        (self.in_vain < self.attempts).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(attempts: u32) -> ThrottledWaits {
        let config = RetryConfig::standard().with_max_attempts(attempts);
        ThrottledWaits::of(&SdkConfig::builder().retry_config(config).build())
    }

    #[test]
    fn a_service_that_answers_nobody_is_asked_as_often_as_the_sdk_would() {
        let mut waits = waits(3);
        let next: Vec<_> = (0..3).map(|_| waits.next(Throttled::InVain)).collect();
        assert_eq!(next, [Some(Duration::from_millis(500)), Some(Duration::from_secs(1)), None]);
    }

    #[test]
    fn a_service_that_is_slow_is_waited_for_and_one_that_is_closed_is_not() {
        let mut waits = waits(2);
        assert!((0..50).all(|_| waits.next(Throttled::Slow) == Some(Duration::ZERO)));
        assert_eq!(waits.next(Throttled::InVain), Some(Duration::from_millis(500)));
        assert_eq!(waits.next(Throttled::Slow), Some(Duration::ZERO), "the count begins anew");
        assert_eq!(waits.next(Throttled::Closed), None);
    }

    #[test]
    fn only_throttled_answers_are_left_to_us() {
        let context =
            InterceptorContext::new(aws_smithy_runtime_api::client::interceptors::context::Input::doesnt_matter());
        let of = |previous: RetryAction| LeaveThrottled.classify_retry_v2(&context, &previous);
        assert_eq!(of(RetryAction::throttling_error()), RetryAction::RetryForbidden);
        assert_eq!(of(RetryAction::transient_error()), RetryAction::NoActionIndicated);
        assert_eq!(of(RetryAction::NoActionIndicated), RetryAction::NoActionIndicated);
    }
}
