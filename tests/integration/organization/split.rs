//! A target is whole: what a scan says of an account at once, its targets say one by one, each from its own reads.
//! The drifted world in two regions; every target is read from the emulators by exactly the calls that it declares.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::id::{AccountId, Region};
use konecta_base::reads::reads;
use konecta_base::snapshot::{Snapshot, SnapshotFile, Source as _};
use konecta_base::target::Target;
use konecta_core::audit::Audit;
use konecta_rego::catalogue::{Catalogue, Selection};
use serde_json::{Value, json};

use super::said;
use crate::server::ACCOUNT;
use crate::world::World;

/// A second region in which something is wrong that a target of its own must find.
const ELSEWHERE: &str = r#"
import boto3
boto3.client("ecr", region_name="eu-west-1").create_repository(repositoryName="elsewhere", imageScanningConfiguration={"scanOnPush": False})
"#;

/// What a finding says, without when it was seen.
fn verdicts(findings: &[Finding]) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for finding in findings {
        let place = format!("{} {}", finding.control, finding.resource.arn);
        let verdict = json!({
            "status": finding.status, "violations": finding.violations, "reasons": finding.reasons,
            "unattainable": finding.unattainable, "fingerprint": finding.fingerprint(),
        });
        assert_eq!(all.insert(place.clone(), verdict), None, "{place} is judged twice");
    }
    all
}

/// A scan of these regions by all controls, or by some; what it read.
fn read(world: &World, regions: &[Region], controls: Option<&[String]>, dir: &Path) -> Snapshot {
    let file = dir.join("read.snap");
    let regions: Vec<&str> = regions.iter().map(Region::as_str).collect();
    let mut command = world.command();
    command.args(["scan", "--exit-zero", "--region", &regions.join(","), "--save-snapshot"]).arg(&file);
    if let Some(controls) = controls {
        command.args(["--control", &controls.join(",")]);
    }
    let output = command.output().expect("runs");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    SnapshotFile::open(&file).and_then(|file| file.load()).unwrap_or_else(|error| panic!("{error}"))
}

/// The controls that together make exactly the calls of a target.
fn controls_of(catalogue: &Catalogue, target: &Target) -> Vec<String> {
    let known = reads();
    let wanted = catalogue.reads_for(target);
    let fits = catalogue.controls().filter(|control| control.reads(known).is_subset(&wanted));
    let controls: Vec<String> = fits.map(|control| control.id().to_string()).collect();
    let mut narrowed = catalogue.clone();
    narrowed.narrow(&Selection { controls: controls.clone(), ..Selection::default() }).expect("they exist");
    assert_eq!(narrowed.reads(), wanted, "{target:?}");
    controls
}

#[test]
fn the_findings_of_all_targets_are_those_of_one_scan() {
    let world = World::up("drifted");
    world.somebody_else(ELSEWHERE);
    let dir = tempfile::tempdir().expect("dir");
    let config = std::fs::read_to_string(world.told["config"].as_str().expect("config")).expect("config");
    let blueprint: Blueprint = toml::from_str(&config).expect("a blueprint");
    let catalogue = Catalogue::built_in().expect("policies");
    let account: AccountId = ACCOUNT.parse().expect("account");
    let regions: Vec<Region> = ["eu-west-1", "us-east-1"].map(|region| region.parse().expect("region")).into();

    let audit = Audit::new(&catalogue, &blueprint, "0.0.0");
    let at_once = read(&world, &regions, None, dir.path());
    let whole = audit.verdicts(&at_once).expect("judged");
    assert_eq!((whole.errors.len(), whole.count(Status::Fail) > 50), (0, true));
    let whole = verdicts(&whole.findings);

    let mut parts: Vec<Finding> = Vec::new();
    let mut counts = BTreeMap::new();
    for region in regions.iter().cloned().chain([Region::global()]) {
        let target = Target { account: account.clone(), region };
        let snapshot = read(&world, &target.regions(&regions), Some(&controls_of(&catalogue, &target)), dir.path());
        assert!(snapshot.reads().len() < at_once.reads().len(), "{target:?} reads as much as all targets");
        let subjects = |account: &_, region: &_, arn: &_| target.holds(account, region, arn);
        let report = audit.verdicts_of(&snapshot, &subjects).expect("judged");
        assert_eq!(report.errors, []);
        counts.insert(target.region.to_string(), report.count(Status::Fail));
        parts.extend(report.findings);
    }
    assert!(counts.values().all(|fails| *fails > 0), "a target without a fail proves little: {counts:?}");
    let parts = verdicts(&parts);

    let places: BTreeSet<&String> = whole.keys().chain(parts.keys()).collect();
    let different: Vec<String> = places
        .into_iter()
        .filter(|place| whole.get(*place) != parts.get(*place))
        .map(|place| format!("{place}\n  at once  {:?}\n  by parts {:?}", whole.get(place), parts.get(place)))
        .collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
