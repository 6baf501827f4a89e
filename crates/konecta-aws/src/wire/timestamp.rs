//! Points in time as services write them, into RFC 3339.
//! Knows nothing of where in an answer they stand.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Text: RFC 3339, the same without an offset (then UTC, as every SDK takes it), or an epoch in digits.
pub(super) fn from_text(text: &str) -> Option<String> {
    let text = text.trim();
    let parsed = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(|civil| Offset::UTC.to_timestamp(civil).ok()));
    match parsed {
        Some(timestamp) => Some(timestamp.to_string()),
        None => from_epoch(text.parse().ok()?),
    }
}

/// Seconds since 1970 with a fraction; kept to the millisecond, which is what services send.
pub(super) fn from_epoch(seconds: f64) -> Option<String> {
    let milliseconds = (seconds * 1000.0).round();
    // Beyond the years 0 to 9999 it is no time of a resource.
    if !(-62_167_219_200_000.0..253_402_300_800_000.0).contains(&milliseconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range, as just checked")]
    Timestamp::from_millisecond(milliseconds as i64).ok().map(|timestamp| timestamp.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_that_services_send() {
        for (text, expected) in [
            ("2024-05-01T12:30:00Z", "2024-05-01T12:30:00Z"),
            ("2024-05-01T12:30:00.123Z", "2024-05-01T12:30:00.123Z"),
            ("2024-05-01T14:30:00+02:00", "2024-05-01T12:30:00Z"),
            ("2024-05-01T12:30:00", "2024-05-01T12:30:00Z"),
            ("1714566600", "2024-05-01T12:30:00Z"),
        ] {
            assert_eq!(from_text(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(from_epoch(1_714_566_600.123).as_deref(), Some("2024-05-01T12:30:00.123Z"));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "NaN", "inf", "1e300"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
