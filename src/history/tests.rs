//! The history as a file: kept, read back, migrated, refused, and left whole by a process that was killed.

use std::path::PathBuf;

use super::*;

fn report(started_at: &str, fails: usize) -> Report {
    let text = format!(
        r#"{{"version": 1, "tool": {{"version": "0"}}, "scan": {{"toolVersion": "0", "accounts": ["123456789012"],
        "regions": ["us-east-1"], "startedAt": "{started_at}", "finishedAt": "{started_at}", "calls": 1,
        "complete": true}}, "controls": [], "findings": [{}], "gaps": [], "errors": []}}"#,
        (0..fails).map(finding).collect::<Vec<_>>().join(",")
    );
    json_v1::read(text.as_bytes()).expect("a report")
}

fn finding(number: usize) -> String {
    let severity = ["critical", "high", "medium", "low", "info"][number % 5];
    format!(
        r#"{{"control": "KA-RDS-001", "name": "rds.private", "title": "The database has no public address",
        "severity": "{severity}", "status": "fail", "unattainable": false, "resource":
        {{"arn": "arn:aws:rds:us-east-1:123456789012:db:erp-{number}", "resourceType": "AWS::RDS::DBInstance",
        "accountId": "123456789012", "region": "us-east-1"}}, "violations": [{{"path": "PubliclyAccessible",
        "actual": true, "expected": false, "proof": []}}], "reasons": [], "evidence": []}}"#
    )
}

fn file(dir: &Path) -> PathBuf {
    dir.join(FOLDER).join(FILE)
}

#[test]
fn a_scan_is_kept_and_the_last_complete_one_of_the_same_is_found() {
    let dir = tempfile::tempdir().expect("folder");
    let mut history = History::open(dir.path()).expect("opens");
    let (first, second) = (report("2026-11-22T12:00:00Z", 3), report("2026-11-23T12:00:00Z", 2));
    history.keep(&second, "").expect("keeps");
    history.keep(&first, "").expect("keeps");
    history.keep(&report("2026-11-24T12:00:00Z", 1), "control KA-RDS-001").expect("keeps");
    let mut other = report("2026-11-25T12:00:00Z", 1);
    other.scan.regions = vec!["eu-west-1".parse().expect("region")];
    history.keep(&other, "").expect("keeps");
    drop(history);
    let history = History::existing(dir.path()).expect("opens");
    let last = history.last(&first, "").expect("reads").expect("a scan");
    assert_eq!(last.findings, second.findings, "the last one by its time, and not by when it was kept");
    assert_eq!(history.entries(10).expect("reads").len(), 4);
    assert_eq!(history.entries(2).expect("reads").first().map(Entry::failing), Some(1));
    assert!(history.last(&first, "layer rds").expect("reads").is_none());
}

#[test]
fn what_is_incomplete_is_kept_and_is_no_baseline() {
    let dir = tempfile::tempdir().expect("folder");
    let mut history = History::open(dir.path()).expect("opens");
    let mut broken = report("2026-11-23T12:00:00Z", 1);
    broken.errors = vec![konecta_base::rule::ControlError {
        control: "KA-X-001".parse().expect("id"),
        arn: "arn:aws:a".to_owned(),
        message: "m".to_owned(),
    }];
    history.keep(&broken, "").expect("keeps");
    assert!(history.last(&broken, "").expect("reads").is_none());
    assert_eq!(history.entries(9).expect("reads").len(), 1);
}

#[cfg(unix)]
#[test]
fn the_history_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("folder");
    History::open(dir.path()).expect("opens");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&file(dir.path())), mode(&dir.path().join(FOLDER))), (0o600, 0o700));
}

#[test]
fn an_older_file_is_migrated_and_a_newer_one_is_refused_by_its_version() {
    let dir = tempfile::tempdir().expect("folder");
    std::fs::create_dir(dir.path().join(FOLDER)).expect("folder");
    let old = Connection::open(file(dir.path())).expect("opens");
    old.execute_batch(schema::STEPS[0]).expect("the first version");
    old.execute_batch(
        "INSERT INTO scan VALUES (1, 1795435200000, '123456789012', 'us-east-1', 1, 5, 1, 0, 0, 0, 0, 2, 3, 4, 0);
         PRAGMA user_version = 1;",
    )
    .expect("a scan");
    drop(old);
    let history = History::existing(dir.path()).expect("migrates");
    let entries = history.entries(9).expect("reads");
    assert_eq!((entries.len(), entries[0].failing(), entries[0].selection.as_str()), (1, 1, ""));
    history.database.pragma_update(None, "user_version", 99).expect("a later version");
    drop(history);
    let error = History::open(dir.path()).err().expect("refused");
    let path = file(dir.path());
    let told = format!("the history {} has version 99; this version of konecta-audit knows version 2", path.display());
    assert_eq!(error.to_string(), told);
}

#[test]
fn what_is_no_database_is_told_and_left_alone() {
    let dir = tempfile::tempdir().expect("folder");
    std::fs::create_dir(dir.path().join(FOLDER)).expect("folder");
    std::fs::write(file(dir.path()), "something else, of which nothing must be lost").expect("file");
    assert!(matches!(History::open(dir.path()), Err(HistoryError::Database { .. })));
    assert!(std::fs::read_to_string(file(dir.path())).expect("text").starts_with("something else"));
    assert!(matches!(History::existing(&dir.path().join("nowhere")), Err(HistoryError::None(_))));
}

/// What a process leaves behind that is killed in the middle: the file and its journal as they are at that moment.
#[test]
fn a_scan_that_was_killed_leaves_what_was_there() {
    let dir = tempfile::tempdir().expect("folder");
    let mut history = History::open(dir.path()).expect("opens");
    history.keep(&report("2026-11-23T12:00:00Z", 1), "").expect("keeps");
    // So small a cache that changes are in the file before they are committed.
    history.database.pragma_update(None, "cache_size", 1).expect("cache");
    let transaction = history.database.transaction_with_behavior(TransactionBehavior::Immediate).expect("begins");
    transaction.execute("UPDATE report SET json = randomblob(3000000)", []).expect("what is not committed");
    let killed = tempfile::tempdir().expect("folder");
    std::fs::create_dir(killed.path().join(FOLDER)).expect("folder");
    for entry in std::fs::read_dir(dir.path().join(FOLDER)).expect("folder") {
        let entry = entry.expect("entry");
        std::fs::copy(entry.path(), killed.path().join(FOLDER).join(entry.file_name())).expect("copies");
    }
    drop(transaction);
    let files = std::fs::read_dir(killed.path().join(FOLDER)).expect("folder").count();
    assert_eq!(files, 2, "the database and its journal");
    let mut history = History::open(killed.path()).expect("opens");
    assert_eq!(history.entries(9).expect("reads").len(), 1);
    assert_eq!(history.last(&report("2026-11-24T12:00:00Z", 1), "").expect("reads").expect("a scan").findings.len(), 1);
    history.keep(&report("2026-11-24T12:00:00Z", 1), "").expect("goes on");
}

#[test]
fn the_trend_in_eighty_columns() {
    let dir = tempfile::tempdir().expect("folder");
    let mut history = History::open(dir.path()).expect("opens");
    for (day, fails) in [(20, 12), (21, 12), (22, 7), (23, 9)] {
        history.keep(&report(&format!("2026-11-{day}T12:00:00Z"), fails), "").expect("keeps");
    }
    history.keep(&report("2026-11-23T13:00:00Z", 0), "control KA-RDS-001").expect("keeps");
    insta::assert_snapshot!(as_table(&history.entries(9).expect("reads"), 80));
}

#[test]
#[ignore = "a measurement: cargo test --release -p konecta-audit --lib -- --ignored --nocapture five_hundred"]
fn five_hundred_scans_of_two_thousand_findings() {
    let dir = tempfile::tempdir().expect("folder");
    let mut history = History::open(dir.path()).expect("opens");
    let mut one = report("2026-11-23T12:00:00Z", 2000);
    for _ in 0..500 {
        history.keep(&one, "").expect("keeps");
        one.scan.started_at += jiff::SignedDuration::from_hours(1);
    }
    drop(history);
    let begun = std::time::Instant::now();
    let history = History::existing(dir.path()).expect("opens");
    let text = as_table(&history.entries(500).expect("reads"), 80);
    let took = begun.elapsed();
    assert_eq!(text.lines().count(), 504);
    assert!(took < Duration::from_millis(200), "{took:?}");
}
