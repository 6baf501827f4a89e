//! The one place of this crate that reads the clock: an answer was received now.
//! Knows nothing else.

use jiff::Timestamp;

/// The time of this machine.
#[expect(clippy::disallowed_methods, reason = "a capture carries its time; everything later takes it from there")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
