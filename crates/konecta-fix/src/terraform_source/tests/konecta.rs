//! The whole stack in Terraform, with its state, and the drifted world: each finding against the line that a person
//! would edit, in `fixtures/terraform/konecta/lines.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status, fingerprint};
use konecta_base::snapshot::SnapshotFile;
use konecta_core::report::places::Spot;

use super::super::{Join, Live, SourceText, Sources, spots};
use crate::View;
use crate::proof::World;
use crate::terraform_state::instances;

pub(in crate::terraform_source) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/terraform/konecta")
}

pub(in crate::terraform_source) fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every file of the configuration.
pub(in crate::terraform_source) fn texts() -> Vec<SourceText> {
    let mut found = Vec::new();
    let mut open = vec![folder()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "tf" || ending == "tfvars") {
                let inside = path.strip_prefix(folder()).expect("inside").display().to_string();
                found.push(SourceText { text: text(&inside), path: inside });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

pub(in crate::terraform_source) fn sources(texts: Vec<SourceText>) -> Sources {
    let mut sources = Sources::default();
    assert_eq!(sources.add(texts), []);
    sources
}

/// The drifted world as a scan read it.
pub(in crate::terraform_source) fn drifted() -> World {
    let snapshot = SnapshotFile::open(&folder().join("drifted.snap")).and_then(|file| file.load()).expect("snapshot");
    World { snapshot, blueprint: Blueprint::default() }.with(|blueprint| {
        blueprint.bastion.ssh_cidrs = vec!["203.0.113.0/24".to_owned()];
    })
}

fn placed(findings: &[Finding], world: &World, with_state: bool) -> BTreeMap<String, Spot> {
    let sources = sources(texts());
    let state = instances(&text("terraform.tfstate")).expect("state");
    let states = if with_state { vec![("terraform.tfstate".to_owned(), state)] } else { Vec::new() };
    let (join, remarks) = Join::new(&sources, states);
    assert_eq!(remarks, Vec::<String>::new());
    let views: Vec<View> = world.snapshot.resources.iter().map(View::of).collect();
    spots(findings, &Live::new(&views), &sources, &join)
}

/// `control | the end of the ARN | path | file | the line`, of every violation.
fn rows(findings: &[Finding], spots: &BTreeMap<String, Spot>) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for finding in findings.iter().filter(|finding| finding.status == Status::Fail) {
        let arn = finding.resource.arn.as_str();
        let end = arn.splitn(6, ':').last().unwrap_or(arn);
        for violation in finding.violations.iter() {
            let spot = spots.get(&fingerprint(&finding.control, arn, &violation.path));
            let place = spot.map_or_else(
                || "konecta-audit.toml |".to_owned(),
                |Spot { place, .. }| {
                    let line = usize::try_from(place.line).expect("small");
                    let text = text(&place.uri);
                    let line = text.lines().nth(line - 1).unwrap_or_else(|| panic!("{place:?}"));
                    let column = usize::try_from(place.column.expect("known")).expect("small");
                    assert!(line.get(column - 1..).is_some_and(|rest| line.trim() == rest.trim_end()), "{place:?}");
                    format!("{} | {}", place.uri, line.trim())
                },
            );
            rows.insert(format!("{} | {end} | {} | {place}", finding.control, violation.path));
        }
    }
    rows
}

#[test]
fn every_finding_of_the_drifted_world_is_shown_at_the_line_that_a_person_would_edit() {
    let world = drifted();
    let findings = world.findings();
    let found = rows(&findings, &placed(&findings, &world, true));
    let table = text("lines.txt");
    let wanted: BTreeSet<String> =
        table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect();
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).cloned().collect::<Vec<_>>().join("\n")
    };
    assert_eq!((only(&found, &wanted), only(&wanted, &found)), (String::new(), String::new()), "found, and expected");
    let unplaced = found.iter().filter(|row| row.contains("| konecta-audit.toml |")).count();
    assert!(found.len() > 300 && unplaced < 30, "{unplaced} of {} without a line", found.len());
}

/// What no Terraform declares: resources that somebody made beside it.
const BESIDE: [&str; 8] = [
    "alb-health-matcher",
    "alb-old-tls-policy-8443",
    "alb-second-sg-open",
    "alb-without-https",
    "node-public-address",
    "rds-second-sg",
    "sg-ssh-ipv6",
    "sg-ssh-prefix-list",
];

/// `label | the resource | its controls`, as the emulated world tells them.
#[test]
fn every_label_of_the_drifted_world_has_a_line_but_for_what_was_made_beside_terraform() {
    let world = drifted();
    let findings = world.findings();
    let spots = placed(&findings, &world, true);
    let mut without = BTreeSet::new();
    let labels = text("labels.txt");
    for label in labels.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = label.split(" | ");
        let (name, resource, controls) =
            (parts.next().expect("label"), parts.next().expect("resource"), parts.next().expect("controls"));
        let about = |finding: &&Finding| {
            finding.status == Status::Fail
                && controls.contains(finding.control.as_str())
                && finding.resource.arn.as_str().ends_with(resource)
        };
        let mut found = findings.iter().filter(about).peekable();
        let has_line = |finding: &Finding| {
            let arn = finding.resource.arn.as_str();
            finding
                .violations
                .iter()
                .any(|violation| spots.contains_key(&fingerprint(&finding.control, arn, &violation.path)))
        };
        // A label that trips a control of something else, as a route does of the cluster, has its lines in the other table.
        if found.peek().is_some() && !found.any(has_line) {
            without.insert(name);
        }
    }
    assert!(labels.lines().count() > 100);
    assert_eq!(without, BESIDE.into_iter().collect::<BTreeSet<_>>());
}

/// Names and tags lead to what has a name in the configuration. What has none, as a rule of a group, is shown at what it
/// is a part of.
#[test]
fn without_a_state_what_has_a_name_is_found_in_the_same_file() {
    let world = drifted();
    let findings = world.findings();
    let (with, without) = (placed(&findings, &world, true), placed(&findings, &world, false));
    let same = |(mark, spot): &(&String, &Spot)| with.get(*mark).is_some_and(|other| other.place.uri == spot.place.uri);
    let agree = without.iter().filter(same).count();
    assert!(
        agree > 100 && agree * 3 > without.len() * 2,
        "{agree} of {} agree, {} with a state",
        without.len(),
        with.len()
    );
}
