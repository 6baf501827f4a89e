//! Findings accepted, and what becomes of that: `waive`, `waivers explain`, and scans with and without waivers.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{program, root};

/// A folder with a blueprint of its own.
struct Workspace {
    dir: tempfile::TempDir,
}

/// What a command left behind.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

const ALB: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/konecta-erp/50dc6c495c0c9188";

impl Workspace {
    /// The snapshot is of a day in 2026, and the tests are run on any day after it.
    fn new() -> Self {
        let workspace = Self { dir: tempfile::tempdir().expect("folder") };
        std::fs::write(workspace.config(), "# ours\n[waivers]\nmax_waiver_days = 100000\n\n# the end\n")
            .expect("config");
        workspace
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("konecta-audit.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.config()).expect("config")
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        let mut command = program();
        command.current_dir(self.dir.path()).arg("--config").arg(self.config()).args(arguments).env("USER", "jane");
        let output = command.output().expect("runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// A scan of a snapshot, as a report, with its exit code.
    fn scan(&self, further: &[&str]) -> (Value, Option<i32>) {
        let snapshot = snapshot();
        let mut arguments =
            vec!["scan", "--snapshot", snapshot.to_str().expect("path"), "--format", "json=report.json"];
        arguments.extend(further);
        let ended = self.run(&arguments);
        let text = std::fs::read(self.path("report.json")).unwrap_or_else(|_| panic!("{}", ended.err));
        (serde_json::from_slice(&text).expect("JSON"), ended.code)
    }
}

fn snapshot() -> PathBuf {
    root().join("fixtures/worlds/edge/halves.snap")
}

fn findings<'a>(report: &'a Value, control: &str, status: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().expect("findings").iter();
    all.filter(|finding| finding["control"] == control && finding["status"] == status).collect()
}

#[expect(clippy::disallowed_methods, reason = "`waive` refuses a day that is over, whenever the tests are run")]
fn in_days(days: i64) -> String {
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    today.checked_add(jiff::Span::new().days(days)).expect("a day").to_string()
}

#[test]
fn a_finding_is_accepted_in_the_state_in_which_it_was_found() {
    let workspace = Workspace::new();
    let (before, code) = workspace.scan(&["--control", "KA-X-001"]);
    assert_eq!(code, Some(1));
    let fails = findings(&before, "KA-X-001", "fail");
    let print = fails[0]["fingerprint"].as_str().expect("fingerprint");
    let expires = in_days(30);
    let waive = ["--report", "report.json", "--reason", "a \"test\"", "--expires", &expires, "--ticket", "OPS-1"];
    let ended = workspace.run(&[&["waive", &print[..8]], &waive[..]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        workspace.text().starts_with("# ours\n[waivers]\nmax_waiver_days = 100000\n\n# the end\n"),
        "{}",
        workspace.text()
    );
    assert!(workspace.text().contains("owner = \"jane\""), "{}", workspace.text());

    let (after, code) = workspace.scan(&["--control", "KA-X-001"]);
    assert_eq!((code, findings(&after, "KA-X-001", "waived").len()), (Some(0), 1));
    let (without, code) = workspace.scan(&["--control", "KA-X-001", "--no-waivers"]);
    assert_eq!((code, findings(&without, "KA-X-001", "fail").len()), (Some(1), 1));
    assert_eq!(without["controls"], before["controls"]);

    // In another state it is another finding.
    let text = workspace.text();
    let state = text.lines().find_map(|line| line.strip_prefix("state = ")).expect("a state").trim_matches('"');
    std::fs::write(workspace.config(), text.replace(state, &"0".repeat(32))).expect("config");
    let (changed, code) = workspace.scan(&["--control", "KA-X-001"]);
    assert_eq!(code, Some(1));
    let reason = findings(&changed, "KA-X-001", "fail")[0]["reasons"][0].as_str().expect("a reason").to_owned();
    assert_eq!(reason, "changed since it was accepted by jane (OPS-1): a \"test\"");
    let ended = workspace.run(&["waivers", "explain", "--report", "report.json"]);
    assert!(ended.out.contains("state changed") && ended.out.contains(state), "{}", ended.out);
    let print = print.to_owned();
    assert_eq!(workspace.run(&[&["waive", &print], &waive[..]].concat()).code, Some(0));
    assert_eq!(workspace.text(), text, "accepted anew in its place");
}

#[test]
fn a_waiver_that_has_rotted_is_a_finding() {
    let workspace = Workspace::new();
    let waiver = |control: &str, resource: &str, expires: &str| {
        format!(
            "[[waiver]]\ncontrol = \"{control}\"\nresource = \"{resource}\"\nreason = \"r\"\naccepted_by = \"joe\"\n\
             until = \"{expires}\"\n"
        )
    };
    let gone = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/gone/1";
    let text = [
        waiver("KA-X-001", "arn:aws:elasticloadbalancing:us-east-1:123456789012:*", "2020-01-01"),
        waiver("KA-X-002", gone, "2090-01-01"),
        waiver("KA-RDS-006", gone, "2090-01-01"),
    ];
    std::fs::write(workspace.config(), format!("[waivers]\nmax_waiver_days = 100000\n{}", text.concat()))
        .expect("config");
    let (report, code) = workspace.scan(&["--control", "KA-X-001,KA-X-002", "--fail-on", "medium"]);
    assert_eq!(code, Some(1));
    let told = |control: &str| findings(&report, control, "fail").len();
    assert_eq!((told("KA-WAIVER-001"), told("KA-WAIVER-003"), told("KA-X-001")), (1, 1, 1));
    assert_eq!(told("KA-WAIVER-004"), 0);
    assert!(told("KA-WAIVER-002") <= 1, "KA-RDS-006 was not run");
    let table = workspace.run(&["scan", "--snapshot", snapshot().to_str().expect("path"), "--control", "KA-X-001"]);
    assert!(table.out.contains("KA-WAIVER-001") && table.out.contains("expired on 2020-01-01"), "{}", table.out);
}

#[test]
fn json_lines_are_written_while_it_is_judged_and_say_what_the_report_says() {
    let workspace = Workspace::new();
    let waiver = format!(
        "[[waiver]]\ncontrol = \"KA-X-001\"\nresource = \"{ALB}\"\nreason = \"r\"\nowner = \"joe\"\nexpires = \"2090-01-01\"\n"
    );
    std::fs::write(workspace.config(), format!("{}{waiver}", workspace.text())).expect("config");
    workspace.scan(&["--control", "KA-X-001,KA-SG-004", "--no-waivers"]);
    std::fs::rename(workspace.path("report.json"), workspace.path("earlier.json")).expect("renamed");
    let snapshot = snapshot();
    let scan = ["scan", "--snapshot", snapshot.to_str().expect("path"), "--baseline", "earlier.json"];
    let formats = ["--format", "jsonl", "--format", "jsonl=lines.jsonl", "--format", "json=report.json"];
    let ended = workspace.run(&[&scan[..], &formats[..]].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert_eq!(std::fs::read_to_string(workspace.path("lines.jsonl")).expect("lines"), ended.out);
    let report: Value =
        serde_json::from_slice(&std::fs::read(workspace.path("report.json")).expect("report")).expect("JSON");
    let lines: Vec<Value> = ended.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &str| -> Vec<Value> {
        let such = lines.iter().filter(|line| line["type"] == kind).cloned();
        let mut such: Vec<Value> = such
            .map(|mut line| {
                line.as_object_mut().expect("object").remove("type");
                line
            })
            .collect();
        such.sort_by_key(Value::to_string);
        such
    };
    for (kind, member) in [("finding", "findings"), ("gap", "gaps"), ("claim", "claims"), ("error", "errors")] {
        let mut whole = report[member].as_array().expect("a list").clone();
        whole.sort_by_key(Value::to_string);
        assert_eq!(of(kind), whole, "{kind}");
    }
    let states = |state: &str| of("finding").iter().filter(|finding| finding["baselineState"] == state).count();
    assert!(states("new") > 0 && states("unchanged") > 0 && !findings(&report, "KA-X-001", "waived").is_empty());
    let (first, last) = (&lines[0], lines.last().expect("a line"));
    assert_eq!((&first["type"], &first["scan"]["accounts"]), (&"scan".into(), &report["scan"]["accounts"]));
    for member in ["summary", "baseline"] {
        assert_eq!(last[member], report[member]);
    }
    assert_eq!((&last["type"], &last["complete"]), (&"summary".into(), &report["scan"]["complete"]));
}

#[test]
fn json_lines_that_cannot_be_written_lose_nothing_else() {
    let workspace = Workspace::new();
    let snapshot = snapshot();
    let full = ["scan", "--snapshot", snapshot.to_str().expect("path"), "--format", "jsonl=/dev/full"];
    let ended = workspace.run(&[&full[..], &["--format", "json=report.json"]].concat());
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains("/dev/full") && ended.err.contains("No space left"), "{}", ended.err);
    assert!(workspace.path("report.json").exists(), "the other output is there");
}

#[test]
fn what_cannot_be_accepted_is_refused_and_nothing_is_written() {
    let workspace = Workspace::new();
    let (report, _) = workspace.scan(&["--show-pass"]);
    let before = workspace.text();
    let pass = report["findings"].as_array().expect("findings").iter().find(|one| one["status"] == "pass");
    let pass = pass.expect("a pass");
    let passing =
        format!("{}@{}", pass["control"].as_str().expect("id"), pass["resource"]["arn"].as_str().expect("arn"));
    let fail = report["findings"].as_array().expect("findings").iter().find(|one| one["status"] == "fail");
    let fail = fail.expect("a fail")["fingerprint"].as_str().expect("fingerprint").to_owned();
    let (soon, far) = (in_days(30), in_days(200_000));
    for (finding, expires, word) in [
        ("KA-X-001@arn:aws:nothing", soon.as_str(), "no finding is called"),
        ("abc", &soon, "no finding is called"),
        (&passing, &soon, "is pass: there is nothing to accept"),
        (&fail, "2020-01-01", "is over: today is"),
        (&fail, &far, "max_waiver_days"),
        (&fail, "soon", "`soon` is not a day"),
    ] {
        let waive = ["waive", finding, "--reason", "r", "--expires", expires, "--report", "report.json"];
        let ended = workspace.run(&waive);
        assert_eq!(ended.code, Some(2), "{finding} {expires}: {}", ended.out);
        assert!(ended.err.contains(word), "{word}: {}", ended.err);
        assert_eq!(workspace.text(), before);
    }
    let snapshot = snapshot();
    let of_snapshot = format!("KA-X-001@{ALB}");
    let waive = ["waive", &of_snapshot, "--reason", "r", "--expires", &soon, "--snapshot"];
    let ended = workspace.run(&[&waive[..], &[snapshot.to_str().expect("path")]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(Path::new(&workspace.config()).exists());
}

#[test]
fn against_a_baseline_only_what_is_new_counts() {
    let workspace = Workspace::new();
    let (earlier, _) = workspace.scan(&["--control", "KA-X-001", "--format", "json=earlier.json"]);
    let (same, code) = workspace.scan(&["--control", "KA-X-001", "--baseline", "earlier.json"]);
    assert_eq!((code, &same["baseline"]["unchanged"], &same["baseline"]["new"]), (Some(0), &1.into(), &0.into()));
    let (more, code) = workspace.scan(&["--control", "KA-X-001,KA-SG-004", "--baseline", "earlier.json"]);
    let new = findings(&more, "KA-SG-004", "fail");
    assert_eq!((code, new.len()), (Some(1), 1));
    assert_eq!((&new[0]["baselineState"], &more["baseline"]["new"]), (&"new".into(), &1.into()));
    assert_eq!(earlier["baseline"], Value::Null);
    // A report of ours is read in any later scan, and nothing else is.
    for (file, word) in [("nosuch.json", "cannot read"), ("konecta-audit.toml", "is not a JSON report")] {
        let snapshot = snapshot();
        let ended = workspace.run(&["scan", "--snapshot", snapshot.to_str().expect("path"), "--baseline", file]);
        assert_eq!(ended.code, Some(2), "{}", ended.out);
        assert!(ended.err.contains(word), "{}", ended.err);
    }
}

/// What a document is that the schema of this name does not allow.
fn against(name: &str, document: &Value) -> Vec<String> {
    let schema = std::fs::read_to_string(root().join(format!("docs/{name}.schema.json"))).expect("a schema");
    let schema = jsonschema::draft202012::new(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    schema.iter_errors(document).map(|error| error.to_string()).collect()
}

/// A run over an organization has a report for each account: what holds one scan against one other does not go with it.
#[test]
fn what_holds_one_scan_against_another_is_refused_for_an_organization() {
    let workspace = Workspace::new();
    for option in [["--baseline", "last"], ["--state-dir", "state"]] {
        let refused = workspace.run(&[&["scan", "--organization", "--output-dir", "out"], &option[..]].concat());
        assert_eq!(refused.code, Some(2), "{}", refused.err);
        assert!(refused.err.contains("cannot be used with"), "{}", refused.err);
    }
}

#[test]
fn two_scans_are_told_apart() {
    let workspace = Workspace::new();
    workspace.scan(&["--control", "KA-X-001,KA-SG-004", "--format", "json=earlier.json"]);
    workspace.scan(&["--control", "KA-X-001,KA-SG-004"]);
    let same = workspace.run(&["diff", "earlier.json", "report.json"]);
    assert_eq!(same.code, Some(0), "{}", same.err);
    assert!(same.out.contains("NEW  none") && same.out.contains("STILL  2"), "{}", same.out);
    let (one, other) = (snapshot(), root().join("fixtures/worlds/edge/wildcard_value.snap"));
    let (one, other) = (one.to_str().expect("path"), other.to_str().expect("path"));
    let worse = workspace.run(&["diff", other, one, "--json"]);
    assert_eq!(worse.code, Some(1), "{}", worse.err);
    let told: Value = serde_json::from_str(&worse.out).expect("JSON");
    assert!(told["new"].as_array().expect("new").iter().any(|one| one["control"] == "KA-X-001"), "{told}");
    assert_eq!(against("diff", &told), Vec::<String>::new());
    let better = workspace.run(&["diff", one, other]);
    assert_eq!(better.code, Some(0), "{}", better.err);
    assert!(better.out.contains("FIXED") && better.out.contains("KA-X-001"), "{}", better.out);
}

#[test]
fn scans_are_kept_and_the_last_one_is_the_baseline() {
    let workspace = Workspace::new();
    let (one, other) = (snapshot(), root().join("fixtures/worlds/edge/wildcard_value.snap"));
    let scan = |snapshot: &Path, further: &[&str]| {
        let snapshot = snapshot.to_str().expect("path");
        let scan = ["scan", "--snapshot", snapshot, "--state-dir", "state", "--control", "KA-X-001,KA-SG-004"];
        workspace.run(&[&scan[..], further].concat())
    };
    let none = workspace.run(&["history", "--state-dir", "state"]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("there is no history in state") && none.err.contains("hint: "), "{}", none.err);
    let first = scan(&other, &["--baseline", "last"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(first.err.contains("there is no baseline yet"), "{}", first.err);
    let worse = scan(&one, &["--baseline", "last"]);
    assert_eq!(worse.code, Some(1), "{}", worse.err);
    assert!(worse.out.contains("2 new"), "{}", worse.out);
    let same = scan(&one, &["--baseline", "last"]);
    assert_eq!((same.code, same.out.contains("0 new, 2 unchanged")), (Some(0), true), "{}", same.out);
    let history = workspace.run(&["history", "--state-dir", "state"]);
    assert_eq!(history.code, Some(0), "{}", history.err);
    assert_eq!(history.out.matches("2026-11-23 12:00").count(), 3, "{}", history.out);
    let told = workspace.run(&["history", "--state-dir", "state", "--json", "--limit", "2"]);
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(told["scans"].as_array().map(Vec::len), Some(2));
    assert_eq!(against("history", &told), Vec::<String>::new());
    let without = workspace.run(&["scan", "--snapshot", one.to_str().expect("path"), "--baseline", "last"]);
    assert_eq!(without.code, Some(2));
    assert!(without.err.contains("hint: name it with --state-dir"), "{}", without.err);
}
