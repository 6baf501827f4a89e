//! The worlds: what is right passes, what was planted is found, and nothing else fails.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::world::{World, findings, python, root};

/// What the emulators do not answer, so that it must stay unknown in the good world: control and resource type.
const UNDECIDABLE: &[(&str, &str)] = &[
    // moto sends no `Ipv6Addresses` for the interfaces of an instance; AWS sends an empty list.
    ("KA-EC2-004", "AWS::EC2::Instance"),
    // Whether the Cluster Autoscaler runs in a cluster cannot be seen through the AWS API at all.
    ("KA-NG-002", "AWS::EKS::Nodegroup"),
];

/// What the good world has nothing for.
const NOT_APPLICABLE: &[&str] = &[
    // No distribution of the document has an S3 origin, and a default root object is asked only of such.
    "KA-CF-035",
];

fn controls(label: &Value, key: &str) -> BTreeSet<String> {
    let list = label[key].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn failing(report: &Value) -> BTreeSet<String> {
    findings(report, "fail").iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_good_world_has_no_fail_and_every_unknown_is_accounted_for() {
    let world = World::up("good");
    let (report, code) = world.scan(&[]);
    assert_eq!(report["errors"], serde_json::json!([]));
    assert_eq!(findings(&report, "fail"), Vec::<String>::new());
    let unknown: BTreeSet<(String, String)> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding["status"] == "unknown")
        .map(|finding| (text(&finding["control"]), text(&finding["resource"]["resourceType"])))
        .collect();
    let expected: BTreeSet<(String, String)> =
        UNDECIDABLE.iter().map(|(control, kind)| ((*control).to_owned(), (*kind).to_owned())).collect();
    assert_eq!(unknown, expected);
    assert_eq!(code, Some(if expected.is_empty() { 0 } else { 3 }));
    let passing: BTreeSet<String> =
        findings(&report, "pass").iter().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    let all: BTreeSet<String> =
        report["controls"].as_array().expect("controls").iter().map(|control| text(&control["id"])).collect();
    let undecidable = |control: &&String| expected.iter().any(|(known, _)| known == *control);
    let silent = all.difference(&passing).filter(|control| !undecidable(control));
    let silent: Vec<&String> = silent.filter(|control| !NOT_APPLICABLE.contains(&control.as_str())).collect();
    assert_eq!(silent, Vec::<&String>::new(), "controls that pass nothing in the good world");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn in_the_drifted_world_every_label_is_found_and_nothing_else_fails() {
    let world = World::up("drifted");
    let (report, code) = world.scan(&[]);
    assert_eq!(report["errors"], serde_json::json!([]));
    let failing = failing(&report);
    let mut planted = BTreeSet::new();
    let mut missed = Vec::new();
    for label in world.labels() {
        let controls_of = controls(&label, "controls");
        if !controls_of.is_subset(&failing) {
            missed.push(format!("{}: {:?}", label["label"], controls_of.difference(&failing)));
        }
        planted.extend(controls_of);
        planted.extend(controls(&label, "debatable"));
    }
    assert_eq!(missed, Vec::<String>::new());
    assert_eq!(failing.difference(&planted).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(code, Some(1));
}

/// Two at a time, each label in a copy of the good world: there are more than a hundred.
#[test]
fn each_label_alone_trips_exactly_its_controls() {
    let labels = all_labels();
    let halves: Vec<Vec<&Value>> = (0..2).map(|half| labels.iter().skip(half).step_by(2).collect()).collect();
    let wrong: BTreeMap<String, String> = std::thread::scope(|scope| {
        let workers: Vec<_> = halves.into_iter().map(|half| scope.spawn(move || alone(&half))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("worker")).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn all_labels() -> Vec<Value> {
    let output = std::process::Command::new(python())
        .arg(root().join("tests/emulator/world.py"))
        .args(["labels", "--json"])
        .output()
        .expect("labels");
    let listed: Value = serde_json::from_slice(&output.stdout).expect("labels as JSON");
    listed["labels"].as_array().expect("labels").clone()
}

/// The labels that trip something else than they should, with what they trip.
fn alone(labels: &[&Value]) -> BTreeMap<String, String> {
    let mut wrong = BTreeMap::new();
    for label in labels {
        let name = text(&label["label"]);
        let world = World::labelled("good", &[&name]);
        let (report, _) = world.scan(&[]);
        let failing = failing(&report);
        let expected = controls(label, "controls");
        let allowed: BTreeSet<String> = expected.union(&controls(label, "debatable")).cloned().collect();
        if !(expected.is_subset(&failing) && failing.is_subset(&allowed)) {
            wrong.insert(name, format!("expected {expected:?}, found {failing:?}"));
        }
    }
    wrong
}
