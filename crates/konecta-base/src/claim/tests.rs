//! A claim holds only where all who decide it say so and what it speaks of is there.

use serde_json::json;

use super::*;
use crate::finding::{Severity, Shared, Violation};
use crate::resource::ResourceRef;

fn finding(control: &str, status: Status, missing: &[&str]) -> Finding {
    let resource = ResourceRef {
        arn: format!("arn:aws:s3:::{control}").parse().expect("ARN"),
        resource_type: "AWS::S3::Bucket".parse().expect("type"),
        account_id: "123456789012".parse().expect("account"),
        region: "us-east-1".parse().expect("region"),
    };
    let violation = |path: &&str| Violation {
        path: (*path).to_owned(),
        actual: json!("missing"),
        expected: json!("present"),
        proof: vec![],
    };
    Finding {
        control: control.parse().expect("id"),
        name: "a.b".into(),
        title: "A test".into(),
        severity: Severity::Low,
        status,
        resource: resource.into(),
        violations: missing.iter().map(violation).collect(),
        reasons: Shared::default(),
        evidence: Shared::default(),
        unattainable: false,
    }
}

fn inventory(missing: &[&str]) -> Finding {
    finding(INVENTORY, if missing.is_empty() { Status::Pass } else { Status::Fail }, missing)
}

fn claim(of: &[Part], deciders: &[&str]) -> Claim {
    Claim {
        id: "a-claim".parse().expect("id"),
        says: "a sentence".to_owned(),
        section: "1".to_owned(),
        of: of.to_vec(),
        deciders: deciders.iter().map(|id| id.parse().expect("id")).collect(),
        half: None,
        limit: None,
        not_auditable: None,
    }
}

/// The verdict on a claim where these controls exist.
fn judged(claim: &Claim, existing: &[&str], findings: &[Finding], failed: &[&str]) -> (Verdict, String) {
    let deciders = Deciders {
        of: [(claim.id.clone(), claim.deciders.clone())].into(),
        existing: existing.iter().map(|id| id.parse().expect("id")).collect(),
    };
    let failed: Vec<ControlId> = failed.iter().map(|id| id.parse().expect("id")).collect();
    let judged = judge(std::slice::from_ref(claim), &deciders, findings, &failed).remove(0);
    (judged.verdict, judged.reason)
}

const ONE: &str = "KA-CF-001";
const OTHER: &str = "KA-CF-002";
const BOTH: [&str; 2] = [ONE, OTHER];

#[test]
fn every_decider_has_a_say_and_who_had_none_is_named() {
    let claim = claim(&[Part::Distribution], &BOTH);
    let [pass, fail, unknown] = [Status::Pass, Status::Fail, Status::Unknown];
    for (existing, one, other, failed, verdict, reason) in [
        (&BOTH[..], Some(pass), Some(pass), &[][..], Verdict::Holds, "all its controls pass"),
        (&BOTH, Some(pass), Some(fail), &[], Verdict::Broken, "KA-CF-002 found otherwise"),
        (&BOTH, Some(unknown), Some(fail), &[], Verdict::Broken, "KA-CF-002 found otherwise"),
        (&[ONE], Some(fail), None, &[], Verdict::Broken, "KA-CF-001 found otherwise"),
        (&BOTH, Some(pass), Some(unknown), &[], Verdict::Unknown, "KA-CF-002 could not be decided"),
        (&[ONE], Some(pass), None, &[], Verdict::Unknown, "KA-CF-002 does not exist yet"),
        (&[], None, None, &[], Verdict::Unknown, "KA-CF-001, KA-CF-002 does not exist yet"),
        (&BOTH, Some(pass), None, &[], Verdict::Unknown, "KA-CF-002 found nothing to judge, or was not run"),
        (&BOTH, Some(pass), Some(pass), &[OTHER], Verdict::Unknown, "KA-CF-002 could not be evaluated"),
        (
            &BOTH,
            Some(pass),
            Some(Status::NotApplicable),
            &[],
            Verdict::Unknown,
            "KA-CF-002 applies to nothing that was seen",
        ),
    ] {
        let of = |id, status: Option<Status>| status.map(|status| finding(id, status, &[]));
        let findings: Vec<Finding> =
            [of(ONE, one), of(OTHER, other), Some(inventory(&[]))].into_iter().flatten().collect();
        assert_eq!(judged(&claim, existing, &findings, failed), (verdict, reason.to_owned()));
    }
}

#[test]
fn what_is_not_there_is_missing_and_neither_holds_nor_breaks_nor_is_open() {
    let claim = claim(&[Part::Distribution], &[ONE]);
    for status in [None, Some(Status::Pass), Some(Status::Fail), Some(Status::Unknown)] {
        let mut findings: Vec<Finding> = status.map(|status| finding(ONE, status, &[])).into_iter().collect();
        findings.push(inventory(&["database", "distribution"]));
        let expected = (Verdict::Missing, "there is no distribution".to_owned());
        assert_eq!(judged(&claim, &[ONE], &findings, &[]), expected, "{status:?}");
    }
}

#[test]
fn a_claim_of_several_parts_is_missing_where_one_is_and_broken_where_another_breaks_it() {
    let claim = claim(&[Part::Distribution, Part::Database], &[ONE]);
    let with = |status| [finding(ONE, status, &[]), inventory(&["database"])];
    let missing = (Verdict::Missing, "there is no database".to_owned());
    assert_eq!(judged(&claim, &[ONE], &with(Status::Pass), &[]), missing);
    assert_eq!(judged(&claim, &[ONE], &with(Status::Unknown), &[]), missing);
    assert_eq!(judged(&claim, &[ONE], &with(Status::Fail), &[]).0, Verdict::Broken);
    let none = inventory(&["database", "distribution"]);
    let expected = (Verdict::Missing, "there is no distribution and no database".to_owned());
    assert_eq!(judged(&claim, &[ONE], &[finding(ONE, Status::Fail, &[]), none], &[]), expected);
}

#[test]
fn a_part_that_one_account_has_is_not_missing() {
    let claim = claim(&[Part::Distribution], &[ONE]);
    let findings = [finding(ONE, Status::Pass, &[]), inventory(&["distribution"]), inventory(&["database"])];
    assert_eq!(judged(&claim, &[ONE], &findings, &[]).0, Verdict::Holds);
}

#[test]
fn a_claim_that_nobody_decides_is_not_covered() {
    let claim = claim(&[Part::Distribution], &[]);
    assert_eq!(judged(&claim, &[ONE], &[inventory(&[])], &[]).0, Verdict::NotCovered);
}

#[test]
fn a_limit_and_a_price_are_told_as_long_as_nobody_decides() {
    let mut limited = claim(&[Part::Distribution], &[ONE]);
    limited.limit = Some("AWS does not".to_owned());
    assert_eq!(judged(&limited, &[], &[], &[]), (Verdict::Unattainable, "AWS does not".to_owned()));
    assert_eq!(judged(&limited, &[ONE], &[finding(ONE, Status::Pass, &[])], &[]).0, Verdict::Holds);
    let mut broken = finding(ONE, Status::Fail, &[]);
    broken.unattainable = true;
    assert_eq!(judged(&limited, &[ONE], &[broken], &[]), (Verdict::Unattainable, "AWS does not".to_owned()));
    let mut priced = claim(&[], &[ONE]);
    priced.not_auditable = Some("a price".to_owned());
    assert_eq!(judged(&priced, &[], &[], &[]), (Verdict::NotAuditable, "a price".to_owned()));
    assert_eq!(judged(&priced, &[ONE], &[finding(ONE, Status::Fail, &[])], &[]).0, Verdict::Broken);
}

#[test]
fn parts_are_called_in_the_inventory_as_they_are_in_claims() {
    use strum::IntoEnumIterator as _;
    for part in Part::iter() {
        let read: Part = serde_json::from_value(json!(part.to_string())).expect("a part");
        assert_eq!(read, part);
        assert!(!part.words().is_empty());
    }
}

#[test]
fn what_is_broken_in_the_other_half_of_the_path_does_not_break_a_claim() {
    let mut of_rest = claim(&[Part::Database], &[CONTINUITY, "KA-RDS-003"]);
    of_rest.half = Some("at rest".to_owned());
    let existing = [CONTINUITY, "KA-RDS-003"];
    let stored = || finding("KA-RDS-003", Status::Pass, &[]);
    let broken = |halves: &[&str]| finding(CONTINUITY, Status::Fail, halves);
    let told = |path: Finding| judged(&of_rest, &existing, &[path, stored(), inventory(&[])], &[]);
    assert_eq!(told(broken(&["at rest: volumes of the nodes"])).0, Verdict::Broken);
    assert_eq!(told(broken(&["in transit: pods to database", "at rest: volumes of the nodes"])).0, Verdict::Broken);
    let (verdict, why) = told(broken(&["in transit: pods to database"]));
    assert_eq!(verdict, Verdict::Unknown);
    assert_eq!(why, "KA-X-010 found otherwise in another respect, and does not say whether this holds");
    assert_eq!(told(finding(CONTINUITY, Status::Pass, &[])).0, Verdict::Holds);
    of_rest.half = None;
    let (verdict, _) = judged(&of_rest, &existing, &[broken(&["in transit: pods to database"]), stored()], &[]);
    assert_eq!(verdict, Verdict::Broken);
}
