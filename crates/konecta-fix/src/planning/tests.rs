//! Plans of whole worlds, from the verdicts on.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::path::testdata::{distribution, ingress, world_with};
use crate::plan::Change;
use crate::plan::{prove, read_plan};
use crate::proof::{CATALOGUE, World};
use crate::registry::Cause;
use crate::step::Class;
use konecta_base::finding::Status;
use konecta_core::audit::Audit;
use konecta_core::facts;

const TOOL: &str = "konecta-audit test";

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("time")
}

fn subnet(name: &str, tags: &Value) -> Value {
    json!({
        "resourceType": "AWS::EC2::Subnet", "resourceId": name, "region": "us-east-1",
        "arn": format!("arn:aws:ec2:us-east-1:123456789012:subnet/{name}"), "tags": tags,
        "configuration": {"SubnetId": name, "MapPublicIpOnLaunch": true, "CidrBlock": "10.0.0.0/24"},
    })
}

fn world() -> World {
    World::of(json!([subnet("subnet-2", &json!({})), subnet("subnet-1", &json!({}))]))
}

fn planned_on(world: &World, findings: &[Finding], options: &PlanOptions) -> Result<Plan, PlanningError> {
    let (snapshot, blueprint) = (&world.snapshot, &world.blueprint);
    let facts = facts::derive(snapshot, blueprint).expect("facts");
    let judged = Judged { snapshot, findings, facts: &facts, catalogue: &CATALOGUE, blueprint };
    plan(&judged, options, TOOL, now())
}

fn planned(world: &World, options: &PlanOptions) -> Plan {
    planned_on(world, &world.findings(), options).expect("plan")
}

fn only(control: &str) -> PlanOptions {
    PlanOptions { only: vec![control.to_owned()], ..PlanOptions::default() }
}

#[test]
fn a_plan_mends_what_it_says_and_leaves_the_rest() {
    let world = world();
    let plan = planned(&world, &only("KA-VPC-004"));
    let keys: Vec<&str> = plan.changes.iter().map(|change| change.parts[0].key.as_str()).collect();
    assert_eq!(keys, ["ec2.subnet_public_ip/subnet-1", "ec2.subnet_public_ip/subnet-2"]);
    assert_eq!(plan.changes[0].id, "c1");
    assert!(plan.changes[0].expects[0].sha256.is_some());
    assert!(plan.changes[0].reads.iter().any(|action| action.as_str() == "ec2:DescribeSubnets"));
    let after = prove(&world.snapshot, &plan).expect("fits");
    let report = Audit::new(&CATALOGUE, &world.blueprint, "test").verdicts(&after).expect("audit");
    for verifies in plan.changes.iter().flat_map(|change| &change.verifies) {
        let verdict = report.findings.iter().find(|f| f.control == verifies.control && f.resource.arn == verifies.arn);
        assert_eq!(verdict.map(|finding| finding.status), Some(Status::Pass), "{verifies:?}");
    }
    assert_eq!(plan.changes.iter().flat_map(|change| &change.verifies).count(), 2);
}

#[test]
fn the_same_plan_comes_out_every_time_and_can_be_read_back() {
    let plan = planned(&world(), &PlanOptions::default());
    let text = plan.to_json().expect("json");
    assert_eq!(planned(&world(), &PlanOptions::default()).to_json().expect("json"), text);
    assert_eq!(read_plan(&text).expect("plan").to_json().expect("json"), text);
}

#[test]
fn every_flipped_byte_is_refused_or_changes_nothing() {
    let text = planned(&world(), &only("KA-VPC-004")).to_json().expect("json");
    let whole: Value = serde_json::from_str(&text).expect("json");
    for at in 0..text.len() {
        for flip in [1_u8, 2, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            if let Ok(plan) = read_plan(&changed) {
                assert_eq!(serde_json::to_value(&plan).expect("json"), whole, "byte {at}");
            }
        }
    }
    for end in 0..text.trim_end().len() {
        assert!(read_plan(&text[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_plan_of_another_version_time_or_account_is_refused_and_says_why() {
    let plan = planned(&world(), &only("KA-VPC-004"));
    let text = plan.to_json().expect("json");
    let newer = read_plan(&text.replace("\"version\": 1", "\"version\": 2")).expect_err("newer");
    assert!(newer.to_string().contains("format 2"), "{newer}");
    let edited = read_plan(&text.replace("subnet-1", "subnet-9")).expect_err("edited");
    assert!(edited.to_string().contains("changed after it was made"), "{edited}");
    let own = plan.account.clone();
    assert!(plan.check(now(), &own).is_ok());
    assert!(plan.check(plan.expires_at, &own).expect_err("late").to_string().contains("make it anew"));
    let mut prolonged = plan.clone();
    prolonged.expires_at = Timestamp::MAX;
    assert!(prolonged.check(plan.expires_at, &own).expect_err("late").to_string().contains("make it anew"));
    let foreign = "999999999999".parse().expect("account");
    assert!(plan.check(now(), &foreign).expect_err("foreign").to_string().contains("999999999999"));
}

#[test]
fn a_run_does_not_change_the_role_it_acts_by() {
    let mut plan = planned(&world(), &only("KA-VPC-004"));
    let role = "arn:aws:iam::123456789012:role/ops/fixer";
    plan.changes[0].resource.arn = role.parse().expect("arn");
    for own in ["arn:aws:sts::123456789012:assumed-role/fixer/session", role] {
        assert!(plan.spares(own).expect_err("own role").to_string().starts_with("c1 changes"));
    }
    // Single sign-on, an instance profile, another partition.
    for (own, caller) in [
        (
            "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_1a2b",
            "assumed-role/AWSReservedSSO_Admin_1a2b/ana@example.com",
        ),
        ("role/runner", "assumed-role/runner/i-0123456789abcdef0"),
        ("user/people/ana", "user/people/ana"),
    ] {
        let mut plan = plan.clone();
        plan.changes[0].resource.arn = format!("arn:aws:iam::123456789012:{own}").parse().expect("arn");
        let service = if caller.starts_with("user") { "iam" } else { "sts" };
        plan.spares(&format!("arn:aws:{service}::123456789012:{caller}")).expect_err("own");
        plan.spares(&format!("arn:aws-us-gov:{service}::123456789012:{caller}")).expect_err("own");
    }
    for other in ["arn:aws:sts::123456789012:assumed-role/other/fixer", "arn:aws:iam::123456789012:user/fixer"] {
        plan.spares(other).expect("another");
    }
}

#[test]
fn what_is_waived_or_unknown_is_told_and_never_planned() {
    let world = world();
    let mut findings = world.findings();
    for (at, status) in [("subnet-1", Status::Waived), ("subnet-2", Status::Unknown)] {
        let mine = |f: &&mut Finding| f.control.as_str() == "KA-VPC-004" && f.resource.arn.as_str().ends_with(at);
        let finding = findings.iter_mut().find(mine).expect("finding");
        finding.status = status;
        finding.reasons = vec!["for a reason".to_owned()].into();
    }
    let plan = planned_on(&world, &findings, &only("KA-VPC-004")).expect("plan");
    assert!(plan.changes.is_empty());
    let told: Vec<_> = plan.refusals.iter().map(|refusal| (refusal.cause, refusal.reason.as_str())).collect();
    assert_eq!(told, [(Cause::Waived, "for a reason"), (Cause::Undecided, "for a reason")]);
}

#[test]
fn more_than_is_allowed_is_shown_and_not_begun() {
    let world = world();
    let plan = planned(&world, &only("KA-VPC-004"));
    plan.at_most(2).expect("two are allowed");
    let error = plan.at_most(1).expect_err("too many");
    assert!(error.to_string().starts_with("2 changes are more than --max-changes 1"), "{error}");
}

#[test]
fn a_selection_of_what_is_not_there_is_an_error() {
    let world = world();
    for options in [
        only("KA-NONE-001"),
        PlanOptions {
            resources: vec!["arn:aws:ec2:us-east-1:123456789012:subnet/no".parse().expect("arn")],
            ..only("KA-VPC-004")
        },
    ] {
        planned_on(&world, &world.findings(), &options).expect_err("nothing there");
    }
    let one = "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-2".parse().expect("arn");
    let plan = planned(&world, &PlanOptions { resources: vec![one], ..only("KA-VPC-004") });
    assert_eq!(plan.changes.len(), 1);
    assert!(plan.changes[0].resource.arn.as_str().ends_with("subnet-2"));
}

#[test]
fn what_belongs_to_somebody_else_is_left_to_them() {
    let owned = json!({"aws:cloudformation:stack-name": "net"});
    let world = World::of(json!([subnet("subnet-1", &owned)]));
    let plan = planned(&world, &only("KA-VPC-004"));
    assert!(plan.changes.is_empty());
    assert!(plan.refusals[0].reason.contains("CloudFormation (stack net)"), "{:?}", plan.refusals);
    let allowed = planned(&world, &PlanOptions { allow_managed: true, ..only("KA-VPC-004") });
    assert_eq!(allowed.changes.len(), 1);
    let state = json!({"version": 4, "resources": [{"mode": "managed", "type": "aws_subnet", "name": "a", "instances": [
        {"index_key": 0, "attributes": {"arn": "arn:aws:ec2:us-east-1:123456789012:subnet/subnet-1", "id": "subnet-1"}}]}]});
    let managed = crate::ownership::terraform_state(&state.to_string()).expect("state");
    let world = World::of(json!([subnet("subnet-1", &json!({})), subnet("subnet-2", &json!({}))]));
    let plan = planned(&world, &PlanOptions { managed, ..only("KA-VPC-004") });
    assert_eq!(plan.changes.len(), 1);
    assert!(plan.refusals[0].reason.contains("Terraform (aws_subnet.a[0])"), "{:?}", plan.refusals);
}

#[test]
fn class_b_needs_to_be_allowed() {
    for (max_class, disruptive) in [(Class::A, true), (Class::B, false)] {
        let options = PlanOptions { max_class, allow_disruptive: disruptive, ..PlanOptions::default() };
        let plan = planned(&world(), &options);
        assert!(plan.changes.iter().all(|change| change.class == Class::A));
    }
}

/// A load balancer whose only rule lets the whole internet in on every port.
fn wide_open() -> World {
    world_with(vec![distribution("E1", true)], |resources| {
        resources.retain(|one| one["resourceType"] != "AWS::EC2::SecurityGroupRule");
        resources.push(ingress("all", json!({"CidrIpv4": "0.0.0.0/0"}), 443));
        let rule = resources.last_mut().expect("rule");
        rule["configuration"]["FromPort"] = json!(0);
        rule["configuration"]["ToPort"] = json!(65535);
    })
}

fn keys(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().flat_map(|change| &change.parts).map(|part| part.key.as_str()).collect()
}

#[test]
fn a_step_is_as_bad_as_its_worst_asker_says() {
    let world = wide_open();
    let asked: Vec<String> = world
        .findings()
        .iter()
        .filter(|finding| finding.status == Status::Fail)
        .map(|finding| finding.control.to_string())
        .collect();
    assert!(asked.contains(&"KA-SG-002".to_owned()) && asked.contains(&"KA-X-001".to_owned()), "{asked:?}");
    // Neither alone nor with others, without leave to disrupt.
    for options in [only("KA-SG-002"), PlanOptions::default()] {
        let plan = planned(&world, &options);
        assert!(!keys(&plan).iter().any(|key| key.starts_with("ec2.close_rule")), "{:?}", keys(&plan));
    }
}

#[test]
fn letting_in_comes_before_taking_out_whoever_asks() {
    let world = wide_open();
    let all = planned(&world, &PlanOptions { allow_disruptive: true, ..PlanOptions::default() });
    let at = |start: &str| {
        let starts = |change: &Change| change.parts.iter().any(|part| part.key.starts_with(start));
        all.changes.iter().position(starts).unwrap_or_else(|| panic!("no {start} in {:?}", keys(&all)))
    };
    assert!(at("ec2.open_rule/") < at("ec2.close_rule/"));
    // The finding that brings the need is not selected, and still nothing goes without what it needs.
    let one = planned(&world, &PlanOptions { allow_disruptive: true, ..only("KA-SG-002") });
    assert!(one.changes.is_empty(), "{:?}", keys(&one));
    assert!(
        one.refusals.iter().any(|refusal| refusal.reason.contains("the last rule that lets viewers in")),
        "{:?}",
        one.refusals
    );
}

#[test]
fn what_one_remedy_refuses_no_other_does() {
    // Without a distribution nobody would reach the load balancer any more.
    let world = world_with(Vec::new(), |resources| {
        resources.retain(|one| one["resourceType"] != "AWS::EC2::SecurityGroupRule");
        resources.push(ingress("all", json!({"CidrIpv4": "0.0.0.0/0"}), 443));
        let rule = resources.last_mut().expect("rule");
        rule["configuration"]["FromPort"] = json!(0);
        rule["configuration"]["ToPort"] = json!(65535);
    });
    let plan = planned(&world, &PlanOptions { allow_disruptive: true, ..PlanOptions::default() });
    assert!(!keys(&plan).iter().any(|key| key.starts_with("ec2.close_rule")), "{:?}", keys(&plan));
}

#[test]
fn a_plan_keeps_to_its_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../../../docs/plan.schema.json")).expect("schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let plan = serde_json::to_value(planned(&world(), &PlanOptions::default())).expect("json");
    let wrong: Vec<String> = validator.iter_errors(&plan).map(|error| error.to_string()).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever the world, a plan's order and content follow from its content alone.
    #[test]
    fn the_order_in_which_findings_come_does_not_matter(seed in any::<u64>()) {
        let world = world();
        let mut findings = world.findings();
        let turn = usize::try_from(seed % findings.len() as u64).expect("small");
        findings.rotate_left(turn);
        let plan = planned_on(&world, &findings, &PlanOptions::default()).expect("plan");
        prop_assert_eq!(plan.sha256, planned(&world, &PlanOptions::default()).sha256);
    }
}
