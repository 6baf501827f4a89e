//! However a control is run, it says the same: as written, as one module, and remembered.

mod beside;
mod carried;
mod change;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use self::change::{apply, change};
use super::*;
use crate::catalogue::{PolicyFile, Selection};
use crate::fixture::{self, Fixture};
use konecta_base::finding::Status;
use konecta_base::reads::reads;

/// One control by itself, with its fixtures and a judge for every way.
struct Subject<'a> {
    name: String,
    fixtures: Vec<Fixture>,
    ways: [Judge<'a>; 3],
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn fixtures(control: &str) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/controls");
    let mut paths = Vec::new();
    files(&root.join(control.replace('.', "/")), &mut paths);
    let text = |path: PathBuf| std::fs::read_to_string(path).expect("text");
    paths.into_iter().map(|path| serde_json::from_str(&text(path)).expect("fixture")).collect()
}

fn subjects() -> Vec<Subject<'static>> {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let names: Vec<String> = catalogue.controls().map(|control| control.name().to_owned()).collect();
    let subject = |name: String| {
        let mut only = catalogue.clone();
        only.narrow(&Selection { controls: vec![name.clone()], ..Selection::default() }).expect("exists");
        let only: &'static Catalogue = Box::leak(Box::new(only));
        let ways = [Way::AsWritten, Way::Flat, Way::Remembering];
        Subject { fixtures: fixtures(&name), name, ways: ways.map(|way| judge_of(only, &json!({}), way)) }
    };
    names.into_iter().map(subject).collect()
}

fn judge_of<'a>(catalogue: &'a Catalogue, world: &Json, way: Way) -> Judge<'a> {
    let world = World::new(world).expect("JSON");
    Judge::with(catalogue, &world, reads(), &[], way).expect("policies compile")
}

#[derive(Debug, PartialEq, Eq)]
enum Agreed {
    Entirely,
    /// There was an error only as written.
    Spared,
}

type Said = (Vec<Finding>, Vec<ControlError>);

fn said(judge: &mut Judge<'_>, resource: &Resource) -> Said {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    judge.judge(resource, &mut found, &mut errors);
    (found, errors)
}

impl Subject<'_> {
    fn change_world(&mut self, world: &Json) {
        let world = World::new(world).expect("JSON");
        self.ways.iter_mut().for_each(|judge| judge.change_world(&world).expect("a world"));
    }

    /// What every way says of a resource, the last one asked twice.
    fn agreed(&mut self, resource: &Resource) -> Result<Agreed, String> {
        let [written, flat, remembering] = &mut self.ways;
        let expected = said(written, resource);
        let as_flat = said(flat, resource);
        // As written, an error in a rule of a library befalls every control that names the library, even one that
        // does not look at that rule: regorus evaluates a library whole, OPA and one module do not.
        let is_spared = expected.0.is_empty() && as_flat.1.is_empty();
        if as_flat != expected && !is_spared {
            return Err(format!("{}, flat: {as_flat:?} instead of {expected:?}", self.name));
        }
        for again in [said(remembering, resource), said(remembering, resource)] {
            if again != as_flat {
                return Err(format!("{}, remembering: {again:?} instead of {as_flat:?}", self.name));
            }
        }
        if is_spared { Ok(Agreed::Spared) } else { Ok(Agreed::Entirely) }
    }

    /// A fixture's resource under an ARN of its own.
    fn renamed(&self, at: usize) -> (Json, String, Json) {
        let fixture = &self.fixtures[at];
        let arn = fixture.input["arn"].as_str().expect("arn");
        let facts = fixture.data.get("facts").map_or(Json::Null, |facts| facts[arn].clone());
        let mut input = fixture.input.clone();
        let arn = format!("{arn}-{at}");
        input["arn"] = json!(arn);
        (input, arn, facts)
    }
}

fn resource(input: &Json) -> Option<Resource> {
    serde_json::from_str(&input.to_string()).ok()
}

#[test]
fn every_way_says_the_same_of_every_fixture_in_every_fixtures_world() {
    let mut wrong = Vec::new();
    let mut judged = 0;
    for mut subject in subjects() {
        assert!(
            subject.ways[0].types.values().all(|judge| judge.evaluators.iter().all(|evaluator| !evaluator.is_flat()))
        );
        let renamed: Vec<(Json, String, Json)> = (0..subject.fixtures.len()).map(|at| subject.renamed(at)).collect();
        for at in 0..subject.fixtures.len() {
            let mut world = fixture::world(&subject.fixtures[at].data);
            for (_, arn, facts) in &renamed {
                world["facts"][arn] = facts.clone();
            }
            subject.change_world(&world);
            let inputs = renamed.iter().map(|(input, ..)| input).chain([&subject.fixtures[at].input]);
            let resources: Vec<Resource> = inputs.map(|input| resource(input).expect("resource")).collect();
            for resource in &resources {
                judged += 1;
                match subject.agreed(resource) {
                    Ok(Agreed::Entirely) => {}
                    Ok(Agreed::Spared) => wrong.push(format!("{}: an error on a fixture", subject.name)),
                    Err(difference) => wrong.push(difference),
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(judged > 2_500, "only {judged}");
}

/// Resources that differ in a little from fixtures, each with facts that differ in a little, one after the other in
/// one world: the answer to one must never be taken for the answer to another.
#[test]
fn whatever_was_asked_before_every_way_says_the_same() {
    let subjects = RefCell::new(subjects());
    let changes = prop::collection::vec(change(), 1..3);
    let steps = prop::collection::vec((any::<Index>(), prop::option::of(change()), changes), 1..12);
    let strategy = (any::<Index>(), any::<Index>(), steps);
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&strategy, |(subject, around, steps)| {
        let mut subjects = subjects.borrow_mut();
        let count = subjects.len();
        let subject = &mut subjects[subject.index(count)];
        let fixtures = subject.fixtures.len();
        let mut world = fixture::world(&subject.fixtures[around.index(fixtures)].data);
        let mut asked: Vec<Json> = subject.fixtures.iter().map(|fixture| fixture.input.clone()).collect();
        for (number, (at, of_facts, of_input)) in steps.iter().enumerate() {
            let (mut input, arn, mut facts) = subject.renamed(at.index(fixtures));
            of_input.iter().for_each(|change| apply(&mut input, change));
            of_facts.iter().for_each(|change| apply(&mut facts, change));
            let arn = format!("{arn}-{number}");
            input["arn"] = json!(arn);
            world["facts"][arn] = facts;
            asked.push(input);
        }
        subject.change_world(&world);
        for resource in asked.iter().filter_map(resource) {
            subject.agreed(&resource).map_err(TestCaseError::fail)?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

fn control(name: &str, number: u32, rules: &str) -> String {
    format!(
        "# METADATA\n# title: Test {name}\n# description: A test.\n# custom:\n#   id: KA-ECR-{number}\n#   severity: low\n\
         #   resource: AWS::ECR::Repository\n#   remediation: None.\n#   reads: [ecr:DescribeRepositories]\n#   fix: none\n\
         #   fix_reason: a test\npackage konecta.ecr.{name}\n\nimport rego.v1\n\n{rules}"
    )
}

fn catalogue_of(controls: &[(&str, &str)]) -> Catalogue {
    let texts: Vec<String> =
        controls.iter().zip(901..).map(|((name, rules), number)| control(name, number, rules)).collect();
    let files: Vec<PolicyFile<'_>> = texts.iter().map(|text| PolicyFile { path: "ecr/x.rego", text }).collect();
    Catalogue::of(&files).expect("accepted")
}

fn repository(configuration: &Json) -> Resource {
    let input = json!({
        "resourceType": "AWS::ECR::Repository", "arn": "arn:aws:ecr:us-east-1:123456789012:repository/a", "resourceId": "a",
        "accountId": "123456789012", "region": "us-east-1", "capturedAt": "2026-11-23T12:00:00Z", "configuration": configuration,
    });
    resource(&input).expect("resource")
}

/// The status of each control, or its error, on a repository with this configuration.
fn judged(controls: &[(&str, &str)], configuration: &Json, way: Way) -> Vec<Result<Status, String>> {
    let catalogue = catalogue_of(controls);
    let mut judge = judge_of(&catalogue, &fixture::world(&serde_json::Map::new()), way);
    let resource = repository(configuration);
    said(&mut judge, &resource);
    let (found, errors) = said(&mut judge, &resource);
    let status = |number: u32| {
        let id = format!("KA-ECR-{number}");
        let found = found.iter().find(|finding| finding.control.as_str() == id).map(|finding| Ok(finding.status));
        let failed =
            || errors.iter().find(|error| error.control.as_str() == id).map(|error| Err(error.message.clone()));
        found.or_else(failed).expect("a finding or an error")
    };
    (901..).take(controls.len()).map(status).collect()
}

#[test]
fn an_error_in_one_control_leaves_the_others_their_verdicts() {
    let bad = "pass if to_number(input.configuration.name) == 1\n\nviolations contains {} if false\n";
    let good = "pass if input.configuration.name == \"x\"\n\nviolations contains {} if false\n";
    for way in [Way::AsWritten, Way::Flat, Way::Remembering] {
        let found = judged(&[("bad", bad), ("good", good)], &json!({"name": "x"}), way);
        assert!(found[0].is_err(), "{way:?}: {found:?}");
        assert_eq!(found[1], Ok(Status::Pass), "{way:?}");
        assert_eq!(judged(&[("bad", bad), ("good", good)], &json!({"name": "1"}), way)[0], Ok(Status::Pass), "{way:?}");
    }
}

#[test]
fn a_control_may_look_at_another_of_its_type() {
    let one = "pass if input.configuration.name == \"x\"\n\nviolations contains {} if false\n";
    let other = "pass if data.konecta.ecr.one.pass\n\nviolations contains {} if false\n";
    for way in [Way::AsWritten, Way::Remembering] {
        assert_eq!(
            judged(&[("one", one), ("other", other)], &json!({"name": "x"}), way),
            [Ok(Status::Pass), Ok(Status::Pass)]
        );
    }
}

/// Clones and threads share what is compiled. With another library it would be something else.
#[test]
fn a_control_is_compiled_once_and_anew_with_another_library() {
    let compiled = |catalogue: &Catalogue| {
        let control = catalogue.controls().next().expect("a control");
        std::ptr::from_ref(control.one_module(catalogue.libraries()).expect("one module"))
    };
    let catalogue = catalogue_of(&[("one", "pass if input.configuration.a\n\nviolations contains {} if false\n")]);
    let once = compiled(&catalogue);
    assert_eq!(once, compiled(&catalogue.clone()));
    let library = PolicyFile { path: "lib/x.rego", text: "package konecta.lib.x\n\nimport rego.v1\n\ny := 1\n" };
    let more = catalogue.clone().with_user_policies(&[library]).expect("accepted");
    assert_ne!(once, compiled(&more));
    assert_eq!(once, compiled(&catalogue));
}

#[test]
fn another_world_brings_other_answers() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let mut only = catalogue.clone();
    only.narrow(&Selection { controls: vec!["ecr.encryption".to_owned()], ..Selection::default() }).expect("exists");
    let fixture = fixtures("ecr.encryption").into_iter().find(|fixture| fixture.input.to_string().contains("AES256"));
    let input = resource(&fixture.expect("a repository").input).expect("resource");
    let mut statuses = Vec::new();
    let mut judge = judge_of(&only, &json!({}), Way::Remembering);
    for declared in ["AES256", "KMS_DSSE", "AES256"] {
        let world = World::new(&json!({"blueprint": {"ecr": {"encryption": declared}}})).expect("JSON");
        judge.change_world(&world).expect("a world");
        statuses.push(said(&mut judge, &input).0.remove(0).status);
    }
    assert!(statuses[0] == statuses[2] && statuses[0] != statuses[1], "{statuses:?}");
}

/// Names come and come again, some looked at and some not: each verdict tells the names of its own resource.
#[test]
fn a_name_in_a_verdict_is_never_that_of_another_resource() {
    let rules = "pass if input.configuration.ok == true\n\nviolations contains {\"path\": input.configuration.FirstName, \
        \"actual\": _second, \"expected\": 1} if input.configuration.ok == false\n\n_second := input.configuration.SecondName if \
        input.configuration.FirstName != \"b\"\n\n_second := 2 if input.configuration.FirstName == \"b\"\n";
    let catalogue = catalogue_of(&[("named", rules)]);
    let world = fixture::world(&serde_json::Map::new());
    let mut judges = [Way::AsWritten, Way::Flat, Way::Remembering].map(|way| judge_of(&catalogue, &world, way));
    for number in 0..600 {
        let (first, second) =
            (["a", "b", "c"][number % 3], if number % 2 == 0 { "x".to_owned() } else { number.to_string() });
        let resource = repository(&json!({"ok": number % 5 == 0, "FirstName": first, "SecondName": second}));
        for judge in &mut judges {
            let (found, errors) = said(judge, &resource);
            assert_eq!((found.len(), errors.len()), (1, 0));
            let told: Vec<(&str, &Json)> =
                found[0].violations.iter().map(|violation| (violation.path.as_str(), &violation.actual)).collect();
            let actual = if first == "b" { json!(2) } else { json!(second) };
            assert_eq!(told, if number % 5 == 0 { vec![] } else { vec![(first, &actual)] }, "{number}");
        }
    }
}

/// What a control did not look at does not keep its answer from being given again.
#[test]
fn a_name_that_was_not_looked_at_is_not_asked_about() {
    let rules = "pass if input.configuration.ok == true\n\nviolations contains {\"path\": input.configuration.FirstName, \
        \"actual\": 1, \"expected\": 2} if input.configuration.ok == false\n";
    let catalogue = catalogue_of(&[("named", rules)]);
    let mut judge = judge_of(&catalogue, &fixture::world(&serde_json::Map::new()), Way::Remembering);
    for (ok, names, evaluations) in [(true, ["a", "b", "a"], 1), (false, ["a", "b", "a"], 2)] {
        let before = judge.evaluations();
        for name in names {
            said(&mut judge, &repository(&json!({"ok": ok, "FirstName": name})));
        }
        assert_eq!(judge.evaluations() - before, evaluations, "{ok}");
    }
}
