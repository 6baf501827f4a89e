//! KA-CF-012: each origin that is a load balancer gets the secret header. Knows origins and what they send; what the
//! load balancer makes of it is for `fix/path`.

use serde_json::Value;

use super::distribution;
use crate::path::origins::{self, Front};
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;

pub(crate) const REMEDY: Remedy =
    Remedy { id: "cloudfront.origin_header", class: Class::B, actions: distribution::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let mut steps = Vec::new();
    for (id, balancer) in balanced(context, subject) {
        let Some(front) = origins::origin(subject, id) else { continue };
        if front.sends(&context.blueprint.cloudfront.origin_header).is_some() {
            continue;
        }
        // With the others at the same load balancer, so that all show what its rules ask for.
        let beside = balancer.and_then(|arn| origins::fronts(context, arn)).unwrap_or_else(|| vec![front.clone()]);
        let asked = balancer.map(|arn| asked(context, arn)).unwrap_or_default();
        let mine = |step: &crate::Step| step.resource.arn == subject.reference.arn;
        let secrets = origins::secrets(context, &with(beside, front), &asked);
        steps.extend(secrets.steps.into_iter().filter(mine));
    }
    steps.sort_by(|a, b| a.key.cmp(&b.key));
    steps.dedup_by(|a, b| a.key == b.key);
    Proposal { steps, refusals: Vec::new() }
}

fn with<'a>(mut fronts: Vec<Front<'a>>, front: Front<'a>) -> Vec<Front<'a>> {
    let there = fronts.iter().any(|one| one.origin == front.origin && one.distribution.id == front.distribution.id);
    if !there {
        fronts.push(front);
    }
    fronts
}

/// The origins that are load balancers, with the load balancer where it is known.
fn balanced<'a>(context: &'a RemedyContext<'_>, subject: &View) -> Vec<(&'a str, Option<&'a str>)> {
    let origins = context.fact(subject.reference.arn.as_str(), "origins").and_then(Value::as_array);
    let balanced = origins.into_iter().flatten().filter(|origin| origin["kind"] == "load_balancer");
    balanced.filter_map(|origin| Some((origin["id"].as_str()?, origin["load_balancer"].as_str()))).collect()
}

/// The values that the rules of a load balancer ask for already.
pub(crate) fn asked<'a>(context: &'a RemedyContext<'_>, balancer: &str) -> Vec<&'a str> {
    let name = &context.blueprint.cloudfront.origin_header;
    let doors = context.fact(balancer, "doors").and_then(Value::as_array);
    let rules = doors.into_iter().flatten().filter_map(|door| door["rules"].as_array()).flatten();
    let headers = rules.filter_map(|rule| rule["headers"].as_array()).flatten();
    let ours = headers.filter(|header| header["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name)));
    ours.filter_map(|header| header["values"].as_array()).flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::path::testdata::{self, SECRET};

    #[test]
    fn a_new_origin_shows_what_its_neighbour_shows() {
        let mut distribution = testdata::distribution("E1", true);
        let mut second = distribution["configuration"]["DistributionConfig"]["Origins"]["Items"][0].clone();
        second["Id"] = json!("second");
        second["CustomHeaders"] =
            json!({"Quantity": 1, "Items": [{"HeaderName": "X-Origin-Verfy", "HeaderValue": "sha256:0"}]});
        distribution["configuration"]["DistributionConfig"]["Origins"]["Items"]
            .as_array_mut()
            .expect("list")
            .push(second);
        distribution["configuration"]["DistributionConfig"]["Origins"]["Quantity"] = json!(2);
        distribution["configuration"]["DistributionConfig"]["CacheBehaviors"]["Items"][0]["TargetOriginId"] =
            json!("second");
        let step = testdata::world_with(vec![distribution], |_| {}).mended("KA-CF-012", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
        assert_eq!(paths, ["/Origins/Items/1/CustomHeaders/Quantity", "/Origins/Items/1/CustomHeaders/Items/1"]);
        let value = edits[1].after.as_ref().expect("header")["HeaderValue"]["$secret"].clone();
        assert_eq!(
            value,
            json!({"distribution": "E1", "origin": "alb", "header": "X-Origin-Verify", "planned": SECRET})
        );
    }

    #[test]
    fn each_distribution_without_one_gets_a_secret_of_its_own() {
        let world = testdata::world_with(
            vec![testdata::distribution("E1", false), testdata::distribution("E2", false)],
            |_| {},
        );
        for id in ["E1", "E2"] {
            let steps = world.mended("KA-CF-012", &format!("/{id}"));
            assert_eq!(steps.len(), 1);
            assert_eq!(steps[0].key, format!("cloudfront.origin_header/{id}/alb"));
            let text = json!(steps[0].call.amend).to_string();
            assert!(text.contains(&format!("\"distribution\":\"{id}\"")) && !text.contains("sha256:"), "{text}");
        }
    }
}
