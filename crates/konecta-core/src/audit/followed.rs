//! Who follows an audit is told every finding once, as it stands in the report, and most of them before there is one.

use std::path::Path;

use super::{Audit, Follower};
use crate::report::Report;
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::snapshot::SnapshotFile;
use konecta_base::waiver::Waiver;
use konecta_rego::catalogue::Catalogue;

#[derive(Default)]
struct Notes {
    openings: Vec<Report>,
    told: Vec<Finding>,
}

impl Follower for Notes {
    fn begins(&mut self, report: &Report) {
        assert!(self.told.is_empty(), "a finding before the beginning");
        self.openings.push(report.clone());
    }

    fn finds(&mut self, finding: &Finding) {
        self.told.push(finding.clone());
    }
}

fn waiver(control: &str, resource: &str, expires: &str) -> Waiver {
    let text = format!(
        "control = \"{control}\"\nresource = \"{resource}\"\nreason = \"r\"\nowner = \"jane\"\nexpires = \"{expires}\"\n"
    );
    toml::from_str(&text).expect("a waiver")
}

fn sorted(findings: &[Finding]) -> Vec<String> {
    let mut all: Vec<String> = findings.iter().map(|finding| format!("{finding:?}")).collect();
    all.sort();
    all
}

#[test]
fn every_finding_is_told_once_and_those_of_waivers_last() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/worlds/edge/halves.snap");
    let source = SnapshotFile::open(&path).expect("opened");
    let (catalogue, blueprint) = (Catalogue::built_in().expect("catalogue"), Blueprint::default());
    let plain = Audit::new(&catalogue, &blueprint, "0");
    let fails: Vec<Finding> = plain.run(&source).expect("report").findings;
    let mut fails = fails.into_iter().filter(|finding| finding.status == Status::Fail);
    let (one, two) = (fails.next().expect("a fail"), fails.next().expect("another"));
    let waivers = [
        waiver(one.control.as_str(), one.resource.arn.as_str(), "2027-01-31"),
        waiver(two.control.as_str(), two.resource.arn.as_str(), "2020-01-01"),
    ];
    for waivers in [&waivers[..], &[]] {
        let mut notes = Notes::default();
        let report = Audit { waivers, ..plain }.run_followed(&source, &mut notes).expect("report");
        assert_eq!(sorted(&notes.told), sorted(&report.findings));
        let [opening] = notes.openings.as_slice() else { panic!("{} openings", notes.openings.len()) };
        assert_eq!((&opening.scan, opening.findings.len(), opening.claims.len()), (&report.scan, 0, 0));
        assert_eq!(opening.gaps.len(), report.gaps.len());
        // The one that is accepted, the one whose waiver has expired, and what is said of the waiver.
        let late = &notes.told[notes.told.len() - 3..];
        let is_late = |finding: &Finding| late.iter().any(|other| other.fingerprint() == finding.fingerprint());
        assert_eq!(is_late(&one) && is_late(&two), !waivers.is_empty());
    }
}
