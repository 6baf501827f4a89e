//! The chain by which an origin is closed, tried at every stop: whatever part of it was done, in whatever order that
//! `needs` allows, what CloudFront was answered before it is answered still; and at the end everything passes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::flow::{self, Request};
use super::origins::fronts;
use super::testdata::{
    self, BALANCER, HTTP, HTTPS, default_rule, distribution, find, forward, ingress, path, rule, secret, world_with,
};
use crate::elbv2::{actions, listener};
use crate::proof::World;
use crate::step::Step;
use crate::{RemedyContext, simulate};
use konecta_base::finding::Status;
use konecta_base::snapshot::Snapshot;
use konecta_core::facts;

const CHAIN: [&str; 7] = ["KA-CF-012", "KA-ALB-018", "KA-X-002", "KA-SG-004", "KA-X-001", "KA-ALB-001", "KA-CF-010"];

/// The steps that all failed findings of the chain propose together, by key.
fn steps(world: &World) -> BTreeMap<String, Step> {
    let mut steps: BTreeMap<String, Step> = BTreeMap::new();
    for finding in world.findings().iter().filter(|finding| finding.status == Status::Fail) {
        if !CHAIN.contains(&finding.control.as_str()) {
            continue;
        }
        let proposal = world.proposed(finding.control.as_str(), finding.resource.arn.as_str());
        assert!(proposal.refusals.is_empty(), "{}: {:?}", finding.control, proposal.refusals);
        for step in proposal.steps {
            if let Some(same) = steps.get(&step.key) {
                assert_eq!(same.call, step.call, "{} is not the same for all", step.key);
                assert_eq!(json!(same.effects), json!(step.effects), "{}", step.key);
            }
            steps.entry(step.key.clone()).or_insert(step);
        }
    }
    steps
}

/// Every set of steps in which what a step needs is there as well.
fn stops(steps: &BTreeMap<String, Step>) -> Vec<BTreeSet<&str>> {
    let keys: Vec<&str> = steps.keys().map(String::as_str).collect();
    assert!(keys.len() < 14, "too many to try them all: {keys:?}");
    let chosen = |bits: usize| -> BTreeSet<&str> {
        keys.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, key)| *key).collect()
    };
    let closed = |set: &BTreeSet<&str>| {
        set.iter()
            .all(|key| steps[*key].needs.iter().all(|need| !steps.contains_key(need) || set.contains(need.as_str())))
    };
    (0..1 << keys.len()).map(chosen).filter(closed).collect()
}

/// What each request through CloudFront gets: by origin, port and the conditions that it meets. `None` where the
/// security groups do not let it in.
fn answers(snapshot: &Snapshot, world: &World, kinds: &[Vec<Value>]) -> BTreeMap<String, Option<Vec<Value>>> {
    let facts = facts::derive(snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(snapshot, &facts, &[], &world.blueprint);
    let header = world.blueprint.cloudfront.origin_header.as_str();
    let mut answers = BTreeMap::new();
    for front in fronts(&context, BALANCER).expect("fronts") {
        let value = front.sends(header).map(|(_, value)| value);
        for (at, meets) in kinds.iter().enumerate() {
            // A viewer does not care by which port CloudFront comes: what counts is that all of them answer alike.
            for (_, port) in front.ways(&context).expect("ways") {
                let door = listener::of_balancer(&context, BALANCER)
                    .find(|door| door.at("/configuration/Port") == Some(&json!(port)))
                    .expect("a listener");
                let admitted = flow::let_in(&context, BALANCER, port, &[]).expect("known");
                let taken = flow::outcome(&context, door, Request { header: (header, value), meets }).to_vec();
                let name = format!("{} {} {at}", front.distribution.id, front.origin);
                answers.insert(name, admitted.then_some(taken));
            }
        }
    }
    answers
}

fn kinds(world: &World) -> Vec<Vec<Value>> {
    let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
    let context = RemedyContext::new(&world.snapshot, &facts, &[], &world.blueprint);
    let header = world.blueprint.cloudfront.origin_header.as_str();
    let rules = context.all("AWS::ElasticLoadBalancingV2::ListenerRule").map(|rule| {
        let conditions = rule.list("/configuration/Conditions").iter();
        conditions.filter(|one| actions::header(one, header).is_none()).cloned().collect()
    });
    rules.chain([Vec::new()]).collect()
}

fn after<'a>(world: &World, steps: &'a BTreeMap<String, Step>, chosen: impl Iterator<Item = &'a str>) -> World {
    let mut snapshot = world.snapshot.clone();
    let effects: Vec<_> = chosen.flat_map(|key| &steps[key].effects).cloned().collect();
    simulate::apply(&mut snapshot, &effects).expect("effects fit");
    World { snapshot, blueprint: world.blueprint.clone() }
}

/// The property. Returns the steps.
fn closes(world: &World) -> BTreeMap<String, Step> {
    let steps = steps(world);
    let kinds = kinds(world);
    let before = answers(&world.snapshot, world, &kinds);
    let all = stops(&steps);
    for stop in &all {
        let there = after(world, &steps, stop.iter().copied());
        for (request, answer) in answers(&there.snapshot, &there, &kinds) {
            let was = &before[&request];
            if was.as_ref().is_some_and(|actions| actions::lets_through(actions)) {
                assert_eq!(&answer, was, "{request} after {stop:?}");
            }
        }
    }
    let end = after(world, &steps, steps.keys().map(String::as_str));
    for finding in end.findings() {
        if CHAIN.contains(&finding.control.as_str()) {
            assert!(matches!(finding.status, Status::Pass | Status::NotApplicable), "{finding:?}");
        }
    }
    assert!(all.len() > steps.len(), "{} stops of {} steps", all.len(), steps.len());
    steps
}

fn anyone(name: &str, port: u16) -> Value {
    ingress(name, json!({"CidrIpv4": "0.0.0.0/0"}), port)
}

/// No header, a default that forwards, everybody let in, CloudFront's list nowhere.
fn open(resources: &mut Vec<Value>) {
    let gone = [testdata::RULE, "security-group-rule/sgr-cf"];
    resources.retain(|one| !gone.iter().any(|end| one["arn"].as_str().expect("arn").ends_with(end)));
    let forwards = json!([forward()]);
    find(resources, HTTPS)["configuration"]["DefaultActions"] = forwards.clone();
    find(resources, &default_rule(HTTPS))["configuration"]["Actions"] = forwards;
    resources.extend([anyone("443", 443), anyone("80", 80), ingress("six", json!({"CidrIpv6": "::/0"}), 443)]);
}

#[test]
fn an_open_origin_is_closed_in_order() {
    let world = world_with(vec![distribution("E1", false)], open);
    let steps = closes(&world);
    let keys: Vec<&str> = steps.keys().map(String::as_str).collect();
    let [header, open, close, ..] =
        ["cloudfront.origin_header/E1/alb", "ec2.open_rule/sg-1/pl-cf/443", "ec2.close_rule/sgr-443"];
    let made = format!("elbv2.secret_rule/{HTTPS}/10");
    let deny = format!("elbv2.deny_default/{HTTPS}");
    assert_eq!(
        keys,
        [header, "ec2.close_rule/sgr-443", "ec2.close_rule/sgr-80", "ec2.close_rule/sgr-six", open, &deny, &made]
    );
    assert_eq!(steps[&made].needs, [header]);
    assert_eq!(steps[&deny].needs, [made.as_str()]);
    assert_eq!(steps[&deny].requires[0].what, "all targets of erp are healthy");
    assert!(steps[open].needs.contains(&deny) && steps[close].needs.iter().any(|need| need == open));
    assert_eq!(steps[header].waits[0].until, [json!("Deployed")]);
    let text = json!(steps.values().collect::<Vec<_>>()).to_string();
    assert!(text.contains("\"$secret\""));
}

#[test]
fn rules_with_paths_ask_for_the_secret_too_and_plain_text_redirects() {
    let world = world_with(vec![distribution("E1", false)], |resources| {
        open(resources);
        resources.push(rule(HTTPS, 20, &[path("/internal/*")], &[forward()]));
        resources.push(rule(HTTP, 10, &[path("/legacy/*")], &[forward()]));
    });
    let steps = closes(&world);
    let asked = &steps[&format!("elbv2.guard_rule/{}", rule_arn(HTTPS, 20))];
    assert_eq!(asked.call.parameters["Conditions"].as_array().map(Vec::len), Some(2));
    assert_eq!(asked.inverse[0].parameters["Conditions"], json!([path("/internal/*")]));
    assert!(steps.contains_key(&format!("elbv2.redirect_rule/{}", rule_arn(HTTP, 10))));
}

fn rule_arn(listener: &str, place: u32) -> String {
    format!("{}/{place}", listener.replace(":listener/", ":listener-rule/"))
}

#[test]
fn two_distributions_are_both_still_answered() {
    for held in [[false, false], [true, false], [false, true]] {
        let edges = vec![distribution("E1", held[0]), distribution("E2", held[1])];
        let steps = closes(&world_with(edges, open));
        let made = &steps[&format!("elbv2.secret_rule/{HTTPS}/10")];
        let values =
            made.call.parameters["Conditions"][0]["HttpHeaderConfig"]["Values"].as_array().expect("values").len();
        assert_eq!(values, if held.contains(&true) { 1 } else { 2 }, "{held:?}");
    }
}

#[test]
fn a_rule_that_takes_another_value_is_disarmed_and_its_conditions_stay() {
    let world = world_with(vec![distribution("E1", true)], |resources| {
        resources.push(rule(HTTPS, 30, &[secret(&["sha256:letmein:letmein"]), path("/reports/*")], &[forward()]));
        let rotated = find(resources, testdata::RULE);
        rotated["configuration"]["Conditions"] = json!([secret(&["sha256:old:old", testdata::SECRET])]);
    });
    let steps = closes(&world);
    let disarmed: Vec<&Step> = steps.values().filter(|step| step.key.starts_with("elbv2.disarm_rule/")).collect();
    assert_eq!(disarmed.len(), 2);
    assert!(disarmed.iter().all(|step| step.call.parameters.get("Conditions").is_none()));
    assert!(
        steps.contains_key(&format!("elbv2.secret_rule/{HTTPS}/9")),
        "what CloudFront was served by is copied before it"
    );
    // The second one was never reached by CloudFront: the first takes all that shows the secret.
    assert!(!steps.contains_key(&format!("elbv2.secret_rule/{HTTPS}/29")));
}

#[test]
fn the_rule_of_a_declared_peer_stays() {
    let peer = json!({"Field": "source-ip", "SourceIpConfig": {"Values": ["198.51.100.0/24"]}});
    let world = world_with(vec![distribution("E1", true)], |resources| {
        resources.push(rule(HTTPS, 30, &[peer], &[forward()]));
        resources.push(rule(HTTPS, 40, &[path("/reports/*")], &[forward()]));
    });
    let world = world.with(|blueprint| blueprint.alb.peers = vec!["198.51.100.0/24".to_owned()]);
    let steps = closes(&world);
    let guarded: Vec<&String> = steps.keys().filter(|key| key.contains("guard_rule")).collect();
    assert_eq!(guarded.len(), 1, "{guarded:?}");
}

#[test]
fn half_a_rotation_is_finished() {
    let world = world_with(vec![distribution("E1", true)], |resources| {
        find(resources, testdata::RULE)["configuration"]["Conditions"] = json!([secret(&["sha256:rotated:rotated"])]);
        resources.push(rule(HTTPS, 30, &[secret(&["sha256:letmein:letmein"])], &[forward()]));
    });
    let steps = closes(&world);
    let keys: Vec<&str> = steps.keys().map(String::as_str).filter(|key| key.contains("secret_rule")).collect();
    assert_eq!(keys, [format!("elbv2.secret_rule/{HTTPS}/9")], "one rule for what was turned away");
}

#[test]
fn a_rule_that_cloudfront_never_came_by_is_not_copied() {
    let world = world_with(vec![distribution("E1", false)], |resources| {
        open(resources);
        resources.push(rule(HTTPS, 30, &[secret(&["sha256:letmein:letmein"])], &[forward()]));
    });
    let made: Vec<String> = closes(&world).into_keys().filter(|key| key.contains("secret_rule")).collect();
    assert_eq!(made, [format!("elbv2.secret_rule/{HTTPS}/40")], "only for what the default forwards");
}

#[test]
fn an_origin_in_plain_text_comes_to_https_before_the_gates_close() {
    let mut plain = distribution("E1", false);
    plain["configuration"]["DistributionConfig"]["Origins"]["Items"][0]["CustomOriginConfig"]["OriginProtocolPolicy"] =
        json!("http-only");
    let world = world_with(vec![plain], |resources| {
        open(resources);
        let forwards = json!([forward()]);
        find(resources, HTTP)["configuration"]["DefaultActions"] = forwards.clone();
        find(resources, &default_rule(HTTP))["configuration"]["Actions"] = forwards;
    });
    let steps = closes(&world);
    let list = &steps["ec2.open_rule/sg-1/pl-cf/443"];
    assert!(list.needs.iter().any(|need| need == "cloudfront.origin_https/E1/alb"));
    assert_eq!(list.requires[0].until, [json!("https-only")]);
    assert!(!steps.contains_key("ec2.open_rule/sg-1/pl-cf/80"));
}

#[test]
fn only_the_offending_rule_goes_and_a_second_group_counts() {
    let world = world_with(vec![distribution("E1", true)], |resources| {
        resources.push(anyone("open", 443));
        let office = testdata::ingress_of("sg-2", "office", json!({"CidrIpv4": "198.51.100.0/24"}), 443);
        let mut second = find(resources, "security-group/sg-1").clone();
        second["arn"] = json!("arn:aws:ec2:us-east-1:123456789012:security-group/sg-2");
        second["resourceId"] = json!("sg-2");
        second["configuration"]["GroupId"] = json!("sg-2");
        find(resources, BALANCER)["configuration"]["SecurityGroups"] = json!(["sg-1", "sg-2"]);
        resources.extend([office, second]);
    });
    let steps = steps(&world);
    let keys: Vec<&str> = steps.keys().map(String::as_str).collect();
    assert_eq!(keys, ["ec2.close_rule/sgr-office", "ec2.close_rule/sgr-open"], "CloudFront is let in already");
    let _ = closes(&world);
}

#[test]
fn no_room_for_the_list_no_rule_goes() {
    let world = world_with(vec![distribution("E1", true)], |resources| {
        open(resources);
        let peers = (0..6).map(|at| ingress(&format!("peer{at}"), json!({"CidrIpv4": format!("10.0.{at}.0/24")}), 443));
        resources.extend(peers);
    })
    .with(|blueprint| blueprint.alb.peers = vec!["10.0.0.0/8".to_owned()]);
    for (control, arn) in [("KA-SG-004", "security-group/sg-1"), ("KA-X-001", BALANCER)] {
        let refused = world.proposed(control, arn);
        assert!(refused.steps.is_empty(), "{refused:?}");
        assert!(refused.refusals[0].reason.contains("weighs 55"), "{refused:?}");
        assert!(refused.refusals[0].procedure[0].contains("L-0EA8095F"));
    }
}

#[test]
fn without_a_distribution_in_front_nothing_is_closed() {
    let alone = world_with(vec![distribution("E1", true)], |resources| {
        open(resources);
        find(resources, "hostedzone/Z1")["supplement"]["recordSets"] = json!([]);
    });
    let findings = alone.findings();
    for finding in
        findings.iter().filter(|finding| finding.status == Status::Fail && CHAIN.contains(&finding.control.as_str()))
    {
        let proposal = alone.proposed(finding.control.as_str(), finding.resource.arn.as_str());
        assert!(proposal.steps.is_empty() && !proposal.refusals.is_empty(), "{proposal:?}");
    }
}

#[test]
fn what_could_not_be_put_back_is_left_alone() {
    let world = world_with(vec![distribution("E1", false)], |resources| {
        open(resources);
        let oidc = json!({"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {"ClientId": "c"}});
        let acts = json!([oidc, forward()]);
        find(resources, HTTPS)["configuration"]["DefaultActions"] = acts.clone();
        find(resources, &default_rule(HTTPS))["configuration"]["Actions"] = acts;
    });
    let refused = world.proposed("KA-ALB-018", BALANCER);
    assert!(refused.steps.is_empty(), "{refused:?}");
    assert!(refused.refusals[0].reason.contains("client secret"));
}

#[test]
fn an_internal_load_balancer_behind_a_vpc_origin_keeps_its_way_in() {
    let mut private = distribution("E1", true);
    let origin = &mut private["configuration"]["DistributionConfig"]["Origins"]["Items"][0];
    origin.as_object_mut().expect("origin").remove("CustomOriginConfig");
    origin["VpcOriginConfig"] = json!({"VpcOriginId": "vo1"});
    let endpoint = json!({
        "Name": "erp", "Arn": BALANCER, "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only",
        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    });
    let world = world_with(vec![private], |resources| {
        open(resources);
        find(resources, BALANCER)["configuration"]["Scheme"] = json!("internal");
        resources.push(json!({
            "resourceType": "AWS::CloudFront::VpcOrigin", "resourceId": "vo1", "region": "global",
            "arn": "arn:aws:cloudfront::123456789012:vpcorigin/vo1", "configuration": {"Id": "vo1", "VpcOriginEndpointConfig": endpoint},
        }));
    });
    let steps = closes(&world);
    assert!(steps.contains_key("ec2.open_rule/sg-1/pl-cf/443"));
    assert!(steps.keys().all(|key| key.starts_with("ec2.")), "its doors are not asked for: {:?}", steps.keys());
}
