//! A journal read back is what was written, and whatever is done to its lines is noticed.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use serde_json::json;

use super::read::Wrong;
use super::*;

fn at() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("time")
}

pub(crate) fn plan() -> Plan {
    serde_json::from_value(json!({
        "version": 1, "tool": "t", "createdAt": "2026-11-23T12:00:00Z", "expiresAt": "2026-11-23T13:00:00Z",
        "account": "123456789012", "regions": ["us-east-1"], "changes": [], "refusals": [], "sha256": "",
    }))
    .expect("plan")
}

fn events() -> Vec<Event> {
    let change = || "c1".to_owned();
    let arn: Arn = "arn:aws:test:us-east-1:123456789012:thing/a".parse().expect("arn");
    let states = States::from([(arn.clone(), Some("x".to_owned()))]);
    let (who, tool) = (|| "arn:aws:iam::123456789012:user/ada".to_owned(), || "t".to_owned());
    vec![
        Event::Begun { version: VERSION, run: "r1".to_owned(), who: who(), tool: tool(), plan: Box::new(plan()) },
        Event::Intent {
            change: change(),
            way: Way::Forward,
            before: states.clone(),
            held: vec![0],
            marks: vec![(0, json!(["a"]))],
            images: Images::from([(arn, json!({"configuration": {}}))]),
        },
        Event::Resumed { who: who(), tool: tool() },
        Event::Called { change: change(), way: Way::Forward, call: 0, left: None },
        Event::Outcome {
            change: change(),
            way: Way::Forward,
            outcome: Outcome::Done,
            reason: String::new(),
            applied: true,
            left: states,
            images: Images::new(),
            made: Vec::new(),
        },
        Event::Ended { way: Way::Forward },
    ]
}

fn written(folder: &Path) -> PathBuf {
    let path = folder.join("r1.jsonl");
    let mut journal = now(Journal::create(FileMedium::new(path.clone()))).expect("new");
    for event in events() {
        now(journal.write(at(), &event)).expect("written");
    }
    path
}

/// A file never has to wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a file that has to wait"),
    }
}

fn open(path: &Path) -> Result<(Journal<FileMedium>, Vec<Line>), JournalError> {
    now(Journal::open(FileMedium::new(path.to_owned())))
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).expect("text").split_inclusive('\n').map(str::to_owned).collect()
}

fn problem(path: &Path) -> Option<Problem> {
    now(read(&mut FileMedium::new(path.to_owned()))).expect("readable").problem
}

#[test]
fn what_was_written_is_read_back_and_gone_on_with() {
    let folder = tempfile::tempdir().expect("folder");
    let path = written(folder.path());
    assert_eq!(problem(&path), None);
    let (mut journal, lines) = open(&path).expect("opens");
    assert_eq!(lines.len(), events().len());
    let run_state = RunState::of(&lines).expect("story");
    assert!(run_state.ended);
    assert_eq!(
        run_state.settled(Way::Forward, "c1").map(|s| (s.outcome, s.held.clone())),
        Some((Outcome::Done, vec![0]))
    );
    now(journal.write(at(), &Event::RollbackBegun { who: String::new(), tool: String::new(), only: Vec::new() }))
        .expect("written");
    assert_eq!(problem(&path), None);
    let again = now(Journal::create(FileMedium::new(path.clone())));
    assert!(matches!(again, Err(JournalError::Medium(MediumError::Exists(_)))), "{again:?}");
}

#[test]
fn a_torn_last_line_is_told_and_does_not_hinder() {
    let folder = tempfile::tempdir().expect("folder");
    let path = written(folder.path());
    let whole = std::fs::read(&path).expect("bytes");
    let torn = [&whole[..], b"{\"seq\":6,\"at\""].concat();
    std::fs::write(&path, torn).expect("written");
    assert_eq!(problem(&path), Some(Problem { line: 7, what: Wrong::Torn }));
    let (_, lines) = open(&path).expect("opens");
    assert_eq!(lines.len(), 6);
    assert_eq!(std::fs::read(&path).expect("bytes"), whole);
    assert_eq!(problem(&path), None);
}

#[test]
fn each_line_dropped_swapped_or_cut_is_noticed() {
    let folder = tempfile::tempdir().expect("folder");
    let path = written(folder.path());
    let good = lines(&path);
    let with = |lines: Vec<String>| {
        std::fs::write(&path, lines.concat()).expect("written");
        problem(&path).expect("noticed")
    };
    for at in 0..good.len() {
        let mut dropped = good.clone();
        dropped.remove(at);
        with(dropped);
        for other in 0..at {
            let mut swapped = good.clone();
            swapped.swap(at, other);
            assert_eq!(with(swapped), Problem { line: other + 1, what: Wrong::Misplaced });
        }
    }
    assert_eq!(with(good[..4].to_vec()), Problem { line: 4, what: Wrong::Cut(2) });
    assert!(open(&path).is_err());
    std::fs::write(&path, good.concat()).expect("written");
    std::fs::remove_file(path.with_extension("head")).expect("gone");
    assert_eq!(problem(&path), Some(Problem { line: 6, what: Wrong::Head }));
}

/// A journal of the first version: what it does not hold is not there, and it is read all the same.
#[test]
fn what_the_version_before_wrote_is_read_and_what_a_later_one_wrote_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("old.jsonl");
    let write = |version: Option<u32>| {
        let mut begun = json!({"kind": "begun", "run": "r1", "who": "w", "tool": "t", "plan": plan()});
        if let Some(version) = version {
            begun["version"] = json!(version);
            begun["mood"] = json!("a member that this program does not know");
        }
        let intent = json!({"kind": "intent", "change": "c1", "way": "forward", "before": {}, "held": [0]});
        let (mut previous, mut text) = (NOTHING.to_owned(), String::new());
        for (seq, event) in [begun, intent].into_iter().enumerate() {
            let line = json!({"seq": seq, "at": at(), "previous": previous, "event": event});
            let (line, sha256) = sealed(&line.to_string());
            text.push_str(&line);
            previous = sha256;
        }
        std::fs::write(&path, text).expect("written");
        std::fs::write(path.with_extension("head"), json!({"seq": 1, "sha256": previous}).to_string())
            .expect("written");
    };
    write(None);
    let (_, lines) = open(&path).expect("opens");
    let run_state = RunState::of(&lines).expect("story");
    assert_eq!(run_state.version, 1);
    assert!(
        matches!(run_state.stage(Way::Forward, "c1"), Stage::InFlight(in_flight) if in_flight.held == [0] && in_flight.marks.is_empty())
    );
    write(Some(3));
    assert_eq!(problem(&path), Some(Problem { line: 1, what: Wrong::Newer(3) }));
    let told = open(&path).expect_err("refused").to_string();
    assert!(told.contains("it is of version 3, and this program knows up to 2"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_byte_changed_or_cut_off_is_noticed(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let folder = tempfile::tempdir().expect("folder");
        let path = written(folder.path());
        let mut bytes = std::fs::read(&path).expect("bytes");
        let at = place.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
        }
        std::fs::write(&path, bytes).expect("written");
        prop_assert!(problem(&path).is_some());
    }
}
