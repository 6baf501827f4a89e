//! A recording that is not whole, or not ours, is refused; one that is whole comes back as it was.

use konecta_base::gap::GapKind;
use serde_json::json;

use super::*;
use crate::classify::of_service;

fn action(name: &str) -> Action {
    name.parse().expect("action")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("time")
}

fn key(number: u8) -> Key {
    Key([number; 32])
}

/// One answer and one denial.
fn sample() -> (Recording, [CallOutcome; 2]) {
    let value = json!({"text": "ä\n\u{2028}", "numbers": [1.1, -3, 18_446_744_073_709_551_615_u64], "none": null});
    let answer = CallOutcome { at: at(100), outcome: Ok(value) };
    let denied = CallOutcome { at: at(200), outcome: Err(of_service(Some("AccessDenied"), Some("no"), 403)) };
    let recording = Recording::new();
    recording.begun(at(50));
    recording.note(key(1), &action("ecr:DescribeRepositories"), &answer);
    recording.note(key(2), &action("ecr:GetLifecyclePolicy"), &denied);
    (recording, [answer, denied])
}

fn bytes() -> Vec<u8> {
    sample().0.to_bytes().expect("written")
}

fn lines() -> Vec<String> {
    let text = zstd::decode_all(bytes().as_slice()).expect("zstd");
    String::from_utf8(text).expect("UTF-8").lines().map(str::to_owned).collect()
}

fn read_lines(lines: &[String]) -> Result<Recording, RecordingError> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Recording::from_bytes(&zstd::encode_all(text.as_bytes(), 3).expect("zstd"))
}

#[test]
fn what_was_told_comes_back_as_it_was() {
    let (recording, told) = sample();
    let back = Recording::from_bytes(&recording.to_bytes().expect("written")).expect("read");
    assert_eq!((back.len(), back.is_empty()), (2, false));
    assert_eq!([key(1), key(2)].map(|key| back.recorded(&key)), told.map(Some));
    assert_eq!(back.recorded(&key(3)), None);
    assert_eq!(back.begun(at(999)), at(50), "the scan began when it began");
    assert_eq!(back.to_bytes().expect("written"), recording.to_bytes().expect("written"));
    let empty = Recording::from_bytes(&Recording::new().to_bytes().expect("written")).expect("read");
    assert!(empty.is_empty());
    assert_eq!(empty.begun(at(7)), at(7));
}

#[test]
fn only_what_is_definite_is_kept() {
    let recording = Recording::new();
    let passing = [
        Failure { kind: GapKind::TimedOut, code: "TimedOut".to_owned(), message: String::new() },
        of_service(Some("Throttling"), None, 400),
        of_service(None, None, 503),
        Failure::broken("cut short"),
    ];
    for failure in passing {
        recording.note(key(1), &action("ecr:DescribeRepositories"), &CallOutcome { at: at(1), outcome: Err(failure) });
    }
    assert!(recording.is_empty());
}

#[test]
fn one_that_is_cut_anywhere_is_refused() {
    let whole = bytes();
    assert!(Recording::from_bytes(&whole).is_ok());
    for end in 0..whole.len() {
        let result = Recording::from_bytes(&whole[..end]);
        assert!(
            matches!(result, Err(RecordingError::Foreign(_) | RecordingError::Damaged { .. })),
            "cut at {end}: {result:?}"
        );
    }
    let lines = lines();
    for end in 1..lines.len() {
        assert!(matches!(read_lines(&lines[..end]), Err(RecordingError::Damaged { .. })), "{end} lines");
    }
}

#[test]
fn one_that_was_changed_is_refused() {
    let lines = lines();
    assert!(read_lines(&lines).is_ok());
    let changed = |line: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        assert!(lines[line].contains(from), "{}", lines[line]);
        lines[line] = lines[line].replace(from, to);
        read_lines(&lines)
    };
    for (line, from, to) in [(1, "-3", "-4"), (2, "AccessDenied", "Accessdenied"), (3, "\"lines\":3", "\"lines\":2")] {
        let result = changed(line, from, to);
        assert!(matches!(result, Err(RecordingError::Damaged { .. })), "{from}: {result:?}");
    }
    let mut twice = lines.clone();
    twice.push(lines[3].clone());
    assert!(matches!(read_lines(&twice), Err(RecordingError::Damaged { line: 5, .. })));
}

#[test]
fn what_is_none_is_refused_by_its_kind() {
    let foreign = [&b""[..], b"{}", b"PK\x03\x04 a zip"].map(Recording::from_bytes);
    assert!(foreign.iter().all(|result| matches!(result, Err(RecordingError::Foreign(_)))), "{foreign:?}");
    let snapshot = r#"{"format":"konecta-audit-snapshot","version":1}"#.to_owned();
    let told = read_lines(&[snapshot]).expect_err("a snapshot").to_string();
    assert_eq!(told, "this is not a recording of konecta-audit: its first line says `konecta-audit-snapshot`");
    let mut newer = lines();
    newer[0] = r#"{"format":"konecta-audit-recording","version":2,"toolVersion":"9.0.0","more":true}"#.to_owned();
    let error = read_lines(&newer).expect_err("another version");
    assert_eq!(error.to_string(), "the recording was made by konecta-audit 9.0.0 in format 2");
    assert!(error.hint().contains("asked again"));
}

#[test]
fn a_log_is_told_the_number_and_nothing_else() {
    assert_eq!(format!("{:?}", sample().0), "Recording { answers: 2, .. }");
}
