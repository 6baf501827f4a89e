//! The policies are Rego and nothing else: real OPA compiles them, passes their tests, and gives the verdicts that
//! the engine in the program gives, violation by violation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use konecta_base::finding::{Status, Violation};
use konecta_base::reads::reads;
use konecta_base::resource::Resource;
use konecta_rego::catalogue::{Catalogue, Control};
use konecta_rego::engine::{Judge, World};
use konecta_rego::fixture::{self, Fixture};
use konecta_rego::source::PolicySource;
use konecta_rego::verdict::ControlAnswer;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::world::{python, root};

/// What `opa.py` answers.
#[derive(Deserialize)]
struct OpaAnswer {
    passed: BTreeSet<String>,
    answers: Vec<Said>,
}

/// What OPA said of one fixture, in the shape in which the program reads its own engine's answers.
#[derive(Deserialize)]
struct Said {
    file: String,
    answer: ControlAnswer,
}

/// A fixture, the control it is about, and the world around it with what it leaves out filled in.
struct OpaCase<'a> {
    file: String,
    control: &'a Control,
    input: Value,
    world: Value,
}

/// A verdict as far as two engines must agree on it: violations and reasons are sets.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    status: Status,
    violations: BTreeSet<String>,
    reasons: BTreeSet<String>,
}

impl Verdict {
    fn new(status: Status, violations: &[Violation], reasons: &[String]) -> Self {
        let written = |violation| serde_json::to_string(violation).expect("a violation is JSON");
        // The reasons of an unknown are the program's own words, about gaps.
        let reasons = if status == Status::Unknown { &[] } else { reasons };
        Self {
            status,
            violations: violations.iter().map(written).collect(),
            reasons: reasons.iter().cloned().collect(),
        }
    }

    /// OPA's answer, made a verdict by the one place that computes a status.
    fn of(answer: &ControlAnswer) -> Result<Self, String> {
        let status = answer.status()?;
        let reasons = if status == Status::NotApplicable { &answer.not_applicable } else { &answer.unattainable };
        Ok(Self::new(status, &answer.violations, reasons))
    }
}

/// Asks OPA about these policies, tests and fixtures.
fn ask(policies: &BTreeMap<&str, &str>, tests: &[String], fixtures: &[Value]) -> Output {
    let question = json!({"policies": policies, "tests": tests, "fixtures": fixtures}).to_string();
    let mut child = Command::new(python())
        .arg(root().join("tests/integration/opa.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("opa.py starts");
    // opa.py reads to the end before it writes, so neither side can wait for the other.
    child.stdin.take().expect("piped").write_all(question.as_bytes()).expect("opa.py reads");
    child.wait_with_output().expect("opa.py ends")
}

fn answer_of(output: &Output) -> OpaAnswer {
    assert!(output.status.success(), "real OPA refuses:\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("opa.py answers in JSON")
}

/// Every policy, library and test by its file.
fn policies(catalogue: &Catalogue) -> BTreeMap<&str, &str> {
    let controls = catalogue.controls().map(|control| &control.source);
    let sources = controls.chain(catalogue.libraries()).chain(catalogue.tests());
    sources.map(|source: &PolicySource| (source.file.as_str(), source.text.as_str())).collect()
}

/// The fixtures of a control, by name.
fn fixture_files(control: &Control) -> Vec<PathBuf> {
    let folder = root().join("fixtures/controls").join(control.name().replace('.', "/"));
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    files
}

fn cases(catalogue: &Catalogue) -> Vec<OpaCase<'_>> {
    let files =
        catalogue.controls().flat_map(|control| fixture_files(control).into_iter().map(move |file| (control, file)));
    files
        .map(|(control, path)| {
            let file = path.strip_prefix(root()).expect("ours").display().to_string();
            let text = std::fs::read_to_string(&path).expect("text");
            let Fixture { input, data } = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            OpaCase { file, control, input, world: fixture::world(&data) }
        })
        .collect()
}

/// What the program's own engine says of every fixture.
fn own_verdicts(catalogue: &Catalogue, cases: &[OpaCase<'_>]) -> Vec<Result<Verdict, String>> {
    let empty = World::new(&json!({})).expect("JSON");
    let mut judge = Judge::new(catalogue, &empty, reads(), &[]).expect("policies compile");
    cases.iter().map(|case| own_verdict(&mut judge, case)).collect()
}

fn own_verdict(judge: &mut Judge<'_>, case: &OpaCase<'_>) -> Result<Verdict, String> {
    let resource: Resource = serde_json::from_value(case.input.clone()).map_err(|error| error.to_string())?;
    let world = World::new(&case.world).map_err(|error| error.to_string())?;
    judge.change_world(&world).map_err(|error| error.to_string())?;
    let (mut findings, mut errors) = (Vec::new(), Vec::new());
    judge.judge(&resource, &mut findings, &mut errors);
    let id = case.control.id();
    if let Some(error) = errors.iter().find(|error| &error.control == id) {
        return Err(error.message.clone());
    }
    let finding = findings.iter().find(|finding| &finding.control == id).ok_or("no finding")?;
    Ok(Verdict::new(finding.status, &finding.violations, &finding.reasons))
}

/// OPA's compiler, which checks types and has every built-in's signature, takes all policies together; and every
/// `test_…` rule is true in OPA. (The binding offers no `--strict`.)
#[test]
fn real_opa_compiles_every_policy_and_passes_every_test() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let tests: Vec<String> = catalogue
        .tests()
        .iter()
        .flat_map(|source| source.rules.keys().map(move |rule| (source, rule)))
        .filter(|(_, rule)| rule.starts_with("test_"))
        .map(|(source, rule)| format!("data.{}.{rule}", source.package))
        .collect();
    assert!(tests.len() >= 300, "only {} tests", tests.len());
    let told = answer_of(&ask(&policies(&catalogue), &tests, &[]));
    let failed: Vec<&String> = tests.iter().filter(|test| !told.passed.contains(*test)).collect();
    assert_eq!(failed, Vec::<&String>::new(), "tests that are not true in real OPA");
}

/// Status, violations and reasons are the same in both engines, and are what the fixture's name promises.
#[test]
fn both_engines_say_the_same_of_every_fixture() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let cases = cases(&catalogue);
    assert!(cases.len() >= 300, "only {} fixtures", cases.len());
    let asked: Vec<Value> = cases
        .iter()
        .map(|case| json!({"file": case.file, "package": case.control.source.package, "input": case.input, "data": case.world}))
        .collect();
    let told = answer_of(&ask(&policies(&catalogue), &[], &asked));
    assert_eq!(told.answers.len(), cases.len());
    let mut wrong = Vec::new();
    for ((case, said), ours) in cases.iter().zip(&told.answers).zip(own_verdicts(&catalogue, &cases)) {
        assert_eq!(said.file, case.file);
        let theirs = Verdict::of(&said.answer);
        if ours != theirs {
            wrong.push(format!("{}\n  regorus {ours:?}\n  OPA     {theirs:?}", case.file));
        }
        let stem = case.file.rsplit('/').next().and_then(|name| name.strip_suffix(".json")).expect("a JSON file");
        if theirs.map(|verdict| verdict.status).ok() != fixture::promised(stem) {
            wrong.push(format!("{}: OPA does not say what the name promises", case.file));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// The two tests above can fail: OPA's refusal and OPA's other answer both arrive.
#[test]
fn what_real_opa_refuses_or_answers_otherwise_is_told() {
    let refused = ask(&BTreeMap::from([("x.rego", "package konecta.a.b\n\npass if nosuch(1)\n")]), &[], &[]);
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("x.rego:3") && words.contains("nosuch"), "{words}");

    let policy = "package konecta.a.b\n\nimport rego.v1\n\npass if input.x == data.now\n\ntest_no if false\n";
    let fixture = |x: i32| json!({"file": "f", "package": "konecta.a.b", "input": {"x": x}, "data": {"now": 1, "facts": {}, "index": {}, "lifecycle": {}, "blueprint": {}}});
    let tests = ["data.konecta.a.b.test_no".to_owned()];
    let told = answer_of(&ask(&BTreeMap::from([("x.rego", policy)]), &tests, &[fixture(1), fixture(2)]));
    assert_eq!(told.passed, BTreeSet::new());
    assert_eq!(told.answers.iter().map(|said| said.answer.pass).collect::<Vec<_>>(), [true, false]);
}
