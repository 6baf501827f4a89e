//! What a scan writes: JSON and SARIF by their schemas, SARIF by Microsoft's validator too, tables that a pipe can
//! take, and the exit code, which is the same for every format.
//!
//! Each world is built and scanned twice, once for all tests; what was written lies below `target/tmp`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use konecta_base::snapshot::{Snapshot, SnapshotFile};
use serde_json::Value;

use crate::world::{World, program, root};

/// A repository with a blueprint in it, and what scans of a world wrote there.
pub(crate) struct Scanned {
    repository: PathBuf,
    /// The blueprint, at the repository's root.
    pub(crate) config: PathBuf,
    first: Output,
    second: Output,
    /// A scan of one control, with its snapshot.
    narrow: Output,
}

static GOOD: LazyLock<Scanned> = LazyLock::new(|| Scanned::of("good"));
static DRIFTED: LazyLock<Scanned> = LazyLock::new(|| Scanned::of("drifted"));

/// The scans of `good` or `drifted`.
pub(crate) fn scanned(world: &str) -> &'static Scanned {
    if world == "good" { &GOOD } else { &DRIFTED }
}

fn worlds() -> [&'static Scanned; 2] {
    [&GOOD, &DRIFTED]
}

impl Scanned {
    fn of(name: &str) -> Self {
        let repository = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("formats-{name}"));
        // What an earlier run left, if there was one.
        let _ = std::fs::remove_dir_all(&repository);
        std::fs::create_dir_all(&repository).expect("folder");
        let git = Command::new("git").args(["init", "--quiet"]).arg(&repository).status().expect("git");
        assert!(git.success(), "git init");
        let world = World::up(name);
        let declared = std::fs::read_to_string(world.told["config"].as_str().expect("config")).expect("config");
        let config = repository.join("konecta-audit.toml");
        std::fs::write(&config, blueprint(&declared)).expect("write");
        let scan = |arguments: &[&str]| {
            let variables = world.told["env"].as_object().expect("env").iter();
            let variables = variables.map(|(name, value)| (name, value.as_str().expect("text")));
            program().current_dir(&repository).envs(variables).arg("scan").args(arguments).output().expect("runs")
        };
        let first = scan(&[
            "--format",
            "sarif=first.sarif",
            "--format",
            "json=first.json",
            "--format",
            "table",
            "--save-snapshot",
            "first.snap",
        ]);
        let second = scan(&["--format", "sarif=second.sarif,json=second.json"]);
        let narrow = scan(&["--control", "KA-ECR-003", "--save-snapshot", "narrow.snap"]);
        Self { repository, config, first, second, narrow }
    }

    /// Everything that the first scan read.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let file = SnapshotFile::open(&self.repository.join("first.snap"));
        file.and_then(|file| file.load()).unwrap_or_else(|error| panic!("{error}\n{}", words(&self.first)))
    }

    fn json(&self, file: &str) -> Value {
        let path = self.repository.join(file);
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}\n{}", path.display(), words(&self.first)));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The program in the repository, without an account.
    fn run(&self, arguments: &[&str]) -> Output {
        program().current_dir(&self.repository).args(arguments).output().expect("runs")
    }
}

/// The world's own declarations with a section for every layer but `iam`, none of them on the first line.
fn blueprint(declared: &str) -> String {
    let missing = ["stack", "alb", "network", "ecr", "rds"].map(|layer| format!("\n[{layer}]\n"));
    format!("# what the stack should be\n\n{declared}{}", missing.concat())
}

fn words(output: &Output) -> String {
    format!("exit {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}"))
}

fn string<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
}

/// All results of all runs.
fn results(sarif: &Value) -> Vec<&Value> {
    list(sarif, "runs").iter().flat_map(|run| list(run, "results")).collect()
}

fn schema(file: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join(file)).expect("schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema")
}

fn assert_valid(schema: &jsonschema::Validator, document: &Value) {
    let errors: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// `--format` given three times and a list after a comma: each file is written and the table is printed.
#[test]
fn several_formats_are_written_by_one_scan() {
    for scanned in worlds() {
        let table = text(&scanned.first.stdout);
        assert!(
            table.starts_with("konecta-audit ") && table.contains("\nFINDINGS"),
            "{}\n{table}",
            words(&scanned.first)
        );
        for file in ["first.sarif", "first.json", "second.sarif", "second.json"] {
            assert!(scanned.json(file).is_object(), "{file}");
        }
        assert_eq!(text(&scanned.second.stdout), "", "all of the second scan went into files");
    }
}

#[test]
fn the_json_report_is_what_its_schema_says() {
    let schema = schema("docs/report.schema.json");
    for scanned in worlds() {
        let report = scanned.json("first.json");
        assert_valid(&schema, &report);
        let count =
            |status: &str| list(&report, "findings").iter().filter(|finding| finding["status"] == status).count();
        for status in ["fail", "unknown", "waived", "pass", "not_applicable"] {
            assert_eq!(report["summary"]["byStatus"][status], count(status), "{status}");
        }
        assert!(count("pass") > 50, "{} pass", count("pass"));
    }
}

#[test]
fn the_sarif_file_is_what_its_schema_says_and_microsofts_validator_finds_no_error() {
    let schema = schema("crates/konecta-core/src/report/sarif/testdata/sarif-2.1.0.json");
    for scanned in worlds() {
        assert_valid(&schema, &scanned.json("first.sarif"));
    }
    let files = worlds().map(|scanned| scanned.repository.join("first.sarif"));
    let output = Command::new(root().join("reports/validate_sarif.sh")).args(&files).output().expect("bash");
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}\n{said}", words(&output));
    for file in &files {
        assert!(said.contains(&format!("{}: 0 errors", file.display())), "{said}");
    }
}

/// The line of a layer's section, counted by hand; the request path is declared with the stack.
fn declared_at(config: &str, layer: &str) -> usize {
    let section = if layer == "path" { "[stack]" } else { &format!("[{layer}]") };
    config.lines().position(|line| line == section).map_or(1, |at| at + 1)
}

fn assert_places(sarif: &Value, report: &Value, config: &str, uri: &str) -> BTreeSet<usize> {
    let layers: BTreeMap<&str, &str> =
        list(report, "controls").iter().map(|control| (string(control, "/id"), string(control, "/layer"))).collect();
    let mut lines = BTreeSet::new();
    for result in results(sarif) {
        let layer = layers[string(result, "/ruleId")];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], uri);
        assert_eq!(place["region"]["startLine"], declared_at(config, layer), "{layer}: {result}");
        lines.insert(declared_at(config, layer));
    }
    lines
}

#[test]
fn results_stand_at_the_section_of_their_layer() {
    let scanned = scanned("drifted");
    let config = std::fs::read_to_string(&scanned.config).expect("config");
    let (sarif, report) = (scanned.json("first.sarif"), scanned.json("first.json"));
    let violations: usize = list(&report, "findings")
        .iter()
        .filter(|finding| finding["status"] == "fail")
        .map(|fail| list(fail, "violations").len())
        .sum();
    assert_eq!(results(&sarif).len(), violations, "a result for every violation");
    let lines = assert_places(&sarif, &report, &config, "konecta-audit.toml");
    assert!(lines.len() >= 6 && !lines.contains(&0), "{lines:?}");
}

/// The blueprint in a folder with a blank in its name, the program started further down: the URI is the
/// repository's, not the working directory's.
#[test]
fn a_blueprint_in_a_subfolder_is_named_from_the_repositorys_root() {
    let scanned = scanned("drifted");
    let below = scanned.repository.join("live infra/audit");
    std::fs::create_dir_all(below.join("deeper")).expect("folders");
    let config = std::fs::read_to_string(&scanned.config).expect("config");
    std::fs::write(below.join("konecta-audit.toml"), &config).expect("write");
    let snapshot = scanned.repository.join("first.snap");
    let output = program()
        .current_dir(below.join("deeper"))
        .args(["scan", "--exit-zero", "--format", "sarif", "--snapshot"])
        .arg(&snapshot)
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let sarif: Value = serde_json::from_slice(&output.stdout).expect("SARIF");
    assert_places(&sarif, &scanned.json("first.json"), &config, "live%20infra/audit/konecta-audit.toml");
    assert!(!results(&sarif).is_empty());
}

#[test]
fn fingerprints_are_unique_and_the_same_in_the_next_scan() {
    let scanned = scanned("drifted");
    let marks = |file: &str| {
        let sarif = scanned.json(file);
        let of = |result: &&Value| string(result, "/partialFingerprints/primaryLocationLineHash").to_owned();
        results(&sarif).iter().map(of).collect::<Vec<String>>()
    };
    let (first, second) = (marks("first.sarif"), marks("second.sarif"));
    assert_eq!(first, second);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "each stands for one alert");
    assert_ne!(scanned.json("first.json")["scan"]["startedAt"], scanned.json("second.json")["scan"]["startedAt"]);
}

/// No colour, no control characters, no blanks at the ends of lines; and `NO_COLOR` changes nothing in a pipe.
#[test]
fn a_piped_table_is_plain_text() {
    for scanned in worlds() {
        let table = text(&scanned.first.stdout);
        let acting: Vec<char> = table.chars().filter(|char| char.is_control() && *char != '\n').collect();
        assert_eq!(acting, Vec::<char>::new());
        let trailing: Vec<&str> = table.lines().filter(|line| line.ends_with(char::is_whitespace)).collect();
        assert_eq!(trailing, Vec::<&str>::new());
        let again = |variables: &[(&str, &str)]| {
            let mut command = program();
            command.current_dir(&scanned.repository).envs(variables.iter().copied());
            text(&command.args(["scan", "--snapshot", "first.snap"]).output().expect("runs").stdout)
        };
        assert_eq!(again(&[]), table, "a snapshot is told as the scan was");
        assert_eq!(again(&[("NO_COLOR", "1")]), table);
        assert_eq!(again(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]), table);
    }
}

#[test]
fn output_names_the_file_of_the_format_that_has_none() {
    let scanned = scanned("drifted");
    let printed = scanned.run(&["scan", "--snapshot", "first.snap", "--format", "json"]);
    let written = scanned.run(&["scan", "--snapshot", "first.snap", "--format", "json", "-o", "named.json"]);
    assert_eq!(
        (text(&written.stdout).as_str(), written.status.code()),
        ("", printed.status.code()),
        "{}",
        words(&written)
    );
    assert_eq!(std::fs::read(scanned.repository.join("named.json")).expect("written"), printed.stdout);
    assert_eq!(scanned.json("named.json"), scanned.json("first.json"), "a snapshot is judged as the scan was");
}

/// A device, a pipe or a link is written to and stays what it is; a rename onto `/dev/null` would break the machine.
#[test]
fn an_output_that_is_no_regular_file_is_written_through() {
    let scanned = scanned("drifted");
    let printed = scanned.run(&["scan", "--snapshot", "first.snap", "--format", "json"]).stdout;
    let links = scanned.repository.join("links");
    std::fs::create_dir_all(&links).expect("folder");
    let (file, link, null) = (links.join("file.json"), links.join("link.json"), links.join("null"));
    std::fs::write(&file, "old").expect("file");
    std::os::unix::fs::symlink(&file, &link).expect("link");
    // The test must not break the machine where the program would: it names the device by a link of its own.
    std::os::unix::fs::symlink("/dev/null", &null).expect("link");
    let formats = format!("json=links/link.json,table=links/null,sarif={}", null.display());
    let output = scanned.run(&["scan", "--snapshot", "first.snap", "--format", &formats]);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    assert_eq!(std::fs::read(&file).expect("written"), printed);
    for still in [&link, &null] {
        assert!(std::fs::symlink_metadata(still).expect("there").is_symlink(), "{}", still.display());
    }

    let shell = |script: &str| {
        let mut command = Command::new("bash");
        command.current_dir(&scanned.repository).env("PROGRAM", env!("CARGO_BIN_EXE_konecta-audit"));
        command.args(["-c", script]).output().expect("bash")
    };
    let scan = "\"$PROGRAM\" scan --snapshot first.snap --exit-zero --format";
    let substituted = shell(&format!("{scan} json=>(cat) | cat"));
    assert_eq!(substituted.stdout, printed, "process substitution: {}", words(&substituted));
    for name in ["-", "/dev/stdout"] {
        let named = shell(&format!("{scan} json={name} >named.out; cat named.out"));
        assert_eq!(named.stdout, printed, "{name}: {}", words(&named));
    }
}

#[test]
fn outputs_that_cannot_be_are_refused_before_anything_is_read() {
    let scanned = scanned("drifted");
    for (formats, snapshot, word) in [
        ("json=same.json,sarif=./same.json", None, "two outputs go to ./same.json"),
        ("json,table", None, "two outputs go to standard output"),
        ("json,table=/dev/stdout", None, "two outputs go to standard output"),
        ("json,table=/dev/../dev/stdout", None, "two outputs go to standard output"),
        ("json,table=/proc/thread-self/fd/1", None, "two outputs go to standard output"),
        ("json=kept.snap", Some("kept.snap"), "two outputs go to kept.snap"),
        ("json=no/such/folder.json", None, "cannot write no/such/folder.json"),
        ("json=.git", None, "cannot write .git"),
    ] {
        let kept = snapshot.map(|path| ["--save-snapshot", path]);
        let arguments: Vec<&str> =
            ["scan", "--format", formats].into_iter().chain(kept.into_iter().flatten()).collect();
        // Without credentials: what is refused later would be told as that.
        let output = scanned.run(&arguments);
        let told = text(&output.stderr);
        assert_eq!((output.status.code(), told.contains(word)), (Some(2), true), "{formats}: {told}");
    }
}

#[test]
fn more_regions_than_a_sarif_file_takes_are_several_files() {
    let scanned = scanned("drifted");
    let regions = (1..=24).map(|number| format!("eu-test-{number}")).collect::<Vec<String>>();
    let mut snapshot = scanned.snapshot();
    snapshot.info.regions.extend(regions.iter().map(|region| region.parse().expect("region")));
    konecta_base::snapshot::save(&snapshot, &scanned.repository.join("wide.snap")).expect("saves");
    let arguments = ["scan", "--snapshot", "wide.snap", "--format", "sarif=wide.sarif", "--format", "json=wide.json"];
    let output = scanned.run(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", words(&output));
    let runs = |file: &str| list(&scanned.json(file), "runs").len();
    assert_eq!((runs("wide.sarif"), runs("wide.2.sarif")), (20, 6));
    let report = scanned.json("wide.json");
    let fails = list(&report, "findings").iter().filter(|finding| finding["status"] == "fail");
    let violations: usize = fails.map(|finding| list(finding, "violations").len().max(1)).sum();
    let told = ["wide.sarif", "wide.2.sarif"].map(|file| results(&scanned.json(file)).len());
    assert_eq!(told.iter().sum::<usize>(), violations);

    // Standard output holds one document: that format is lost and told, the other is not.
    let output = scanned.run(&["scan", "--snapshot", "wide.snap", "--format", "sarif", "--format", "json=again.json"]);
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    assert!(text(&output.stderr).contains("name a file"), "{}", words(&output));
    assert_eq!(scanned.json("again.json"), scanned.json("wide.json"));
}

/// The code that the documentation promises for a report: 1 for fails, else 3 for what was not seen, else 0.
fn promised(report: &Value, fail_on: &str) -> i32 {
    let severities = ["critical", "high", "medium", "low", "info"];
    let rank = |severity: &str| severities.iter().position(|one| *one == severity).expect("a severity");
    let has = |status: &str| {
        let findings = list(report, "findings").iter();
        findings
            .filter(|finding| finding["status"] == status)
            .any(|one| rank(string(one, "/severity")) <= rank(fail_on))
    };
    if has("fail") { 1 } else { i32::from(has("unknown") || !list(report, "gaps").is_empty()) * 3 }
}

#[test]
fn the_exit_code_says_clean_findings_or_incomplete() {
    let (good, drifted) = (scanned("good"), scanned("drifted"));
    assert_eq!(good.narrow.status.code(), Some(0), "one control that holds: {}", words(&good.narrow));
    assert_eq!(drifted.first.status.code(), Some(1), "{}", words(&drifted.first));
    assert_eq!(good.first.status.code(), Some(promised(&good.json("first.json"), "info")), "{}", words(&good.first));
    let unread = good.run(&["scan", "--snapshot", "narrow.snap"]);
    assert_eq!(unread.status.code(), Some(3), "hardly anything was read: {}", words(&unread));
    for (snapshot, at) in [(drifted, "first.snap"), (good, "narrow.snap")] {
        let zero = snapshot.run(&["scan", "--snapshot", at, "--exit-zero"]);
        assert_eq!(zero.status.code(), Some(0), "{}", words(&zero));
    }
    for format in ["table", "json", "sarif"] {
        let output = drifted.run(&["scan", "--snapshot", "first.snap", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
    }
}

#[test]
fn fail_on_moves_the_border_of_exit_code_1() {
    for scanned in worlds() {
        let report = scanned.json("first.json");
        for severity in ["critical", "high", "medium", "low", "info"] {
            let output = scanned.run(&["scan", "--snapshot", "first.snap", "--fail-on", severity]);
            assert_eq!(output.status.code(), Some(promised(&report, severity)), "{severity}: {}", words(&output));
        }
    }
    // One control of medium severity that fails: above the border or below it.
    let drifted = scanned("drifted");
    let report = drifted.json("first.json");
    let fails = list(&report, "findings").iter().filter(|finding| finding["status"] == "fail");
    let medium = fails
        .map(|fail| (string(fail, "/control"), string(fail, "/severity")))
        .find(|(_, severity)| *severity == "medium");
    let (control, _) = medium.expect("the drifted world has a fail of medium severity");
    let code = |severity| {
        drifted.run(&["scan", "--snapshot", "first.snap", "--control", control, "--fail-on", severity]).status.code()
    };
    assert_eq!((code("medium"), code("low")), (Some(1), Some(1)), "{control}");
    assert_ne!(code("high"), Some(1), "{control}");
}

/// The words alone, wherever lines were broken.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn explain_shows_the_hops_of_a_violation() {
    let scanned = scanned("drifted");
    let report = scanned.json("first.json");
    let mut findings = list(&report, "findings").iter();
    let finding =
        findings.find(|finding| finding["control"] == "KA-X-001" && finding["status"] == "fail").expect("planted");
    let arn = string(finding, "/resource/arn");
    let output = scanned.run(&["explain", "KA-X-001", arn, "--snapshot", "first.snap"]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let told = unwrapped(&text(&output.stdout));
    assert!(told.contains(&format!("FAIL {arn}")), "{told}");
    let violations = list(finding, "violations");
    let hops: Vec<&str> =
        violations.iter().flat_map(|violation| list(violation, "proof")).filter_map(Value::as_str).collect();
    assert!(hops.len() >= 2, "one hop is not a path: {finding}");
    for hop in hops {
        assert!(told.contains(&unwrapped(hop)), "{hop}\nis not in\n{told}");
    }
    let nowhere = scanned.run(&["explain", "KA-X-001", "nosuch", "--snapshot", "first.snap"]);
    assert_eq!((nowhere.status.code(), text(&nowhere.stdout).as_str()), (Some(2), ""), "{}", words(&nowhere));
}

#[test]
fn claims_of_a_snapshot_carry_the_verdicts_of_its_report() {
    for (scanned, expected) in [(scanned("good"), "holds"), (scanned("drifted"), "broken")] {
        let output = scanned.run(&["claims", "--snapshot", "first.snap"]);
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        let told = text(&output.stdout);
        let report = scanned.json("first.json");
        let mut verdicts = BTreeSet::new();
        for claim in list(&report, "claims") {
            let verdict = string(claim, "/verdict").replace('_', " ");
            let line = format!("{verdict:<14} {:<22} {}", string(claim, "/id"), string(claim, "/says"));
            assert!(told.lines().any(|told| told == line), "{line}\nis not in\n{told}");
            verdicts.insert(verdict);
        }
        assert!(verdicts.contains(expected), "{verdicts:?}");
    }
}
