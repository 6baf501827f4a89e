//! KA-ALB-001: a plain-text listener only redirects to HTTPS. Knows the listener, its rules, and whether CloudFront
//! itself still comes by it: then it would be sent in a circle.

use serde_json::{Value, json};

use super::{actions, listener};
use crate::cloudfront::distribution;
use crate::path::origins;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Step};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(crate) const REMEDY: Remedy = Remedy {
    id: "alb.http_redirects",
    class: Class::B,
    actions: &[
        changes::ELASTICLOADBALANCING_MODIFY_LISTENER,
        changes::ELASTICLOADBALANCING_MODIFY_RULE,
        changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    match steps(context, subject) {
        Ok(steps) => Proposal { steps, refusals: Vec::new() },
        Err(reason) => {
            let again = "run `konecta-audit fix` again once that is so";
            Proposal::refuse(finding, Class::A, reason, &[again])
        }
    }
}

/// The steps that make a plain-text listener redirect; why not, where it must not.
///
/// # Errors
/// With the reason.
pub(crate) fn steps(context: &RemedyContext<'_>, door: &View) -> Result<Vec<Step>, String> {
    let balancer = listener::balancer(door).ok_or("it is not known which load balancer it belongs to")?;
    let secure =
        listener::of_balancer(context, balancer).filter(|one| one.text("/configuration/Protocol") == Some("HTTPS"));
    let ports: Vec<String> = secure.filter_map(port).map(|port| port.to_string()).collect();
    if !ports.iter().any(|port| port == "443") {
        return Err("there is no HTTPS listener on 443 to which it could redirect (KA-ALB-002)".to_owned());
    }
    let settled = settled(context, door, balancer)?;
    let mut steps = Vec::new();
    for view in [door].into_iter().chain(listener::rules(context, door)) {
        let acts = listener::acts(view);
        let default_rule = view.at("/configuration/IsDefault") == Some(&json!(true));
        if acts.is_empty() || default_rule || actions::redirects(acts, &ports) {
            continue;
        }
        if let Some(why) = actions::cannot_be_given(acts) {
            return Err(why.to_owned());
        }
        let after = json!([actions::redirect(acts, &ports)]);
        let is_door = view.reference == door.reference;
        let mut step = if is_door {
            listener::set_default(context, &REMEDY, Class::B, door, after)
        } else {
            listener::set_rule(&REMEDY, Class::B, view, &after)
        };
        let (kind, what) = if is_door { ("default", String::new()) } else { ("rule", format!("rule {} of ", view.id)) };
        step.key = format!("elbv2.redirect_{kind}/{}", view.reference.arn);
        step.title = format!("Redirect {what}{} to HTTPS", listener::name(door));
        step.consequences = vec!["clients that speak only HTTP or do not follow redirects are turned away".to_owned()];
        for one in &settled {
            step.needs.push(one.key.clone());
            step.requires.push(one.holds.clone());
            step.actions.push(action(distribution::ACTIONS[1]));
        }
        steps.push(step);
    }
    Ok(steps)
}

fn port(door: &View) -> Option<u64> {
    door.at("/configuration/Port").and_then(Value::as_u64)
}

/// What must have been done so that CloudFront does not come by this listener.
fn settled(context: &RemedyContext<'_>, door: &View, balancer: &str) -> Result<Vec<origins::Settled>, String> {
    let fronts = origins::fronts(context, balancer).ok_or("it is not known whether CloudFront comes by it")?;
    let mut settled = Vec::new();
    for front in &fronts {
        let unknown = || format!("it is not known by which port {} comes", front.distribution.id);
        let mine = |ways: &[(&str, u64)]| ways.iter().any(|(_, way)| Some(*way) == port(door));
        if !mine(&front.ways(context).ok_or_else(unknown)?) {
            continue;
        }
        match front.ways_to_be(context).ok_or_else(unknown)? {
            (ways, Some(step)) if !mine(&ways) => settled.push(step),
            _ => {
                let id = &front.distribution.id;
                return Err(format!(
                    "CloudFront ({id}) comes over HTTP by this listener, and would be sent in a circle (KA-CF-010)"
                ));
            }
        }
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata::{self, HTTP};
    use crate::proof::World;

    fn world(change: impl FnOnce(&mut Vec<Value>)) -> World {
        testdata::world_with(vec![testdata::distribution("E1", true)], change)
    }

    fn forwarding(resources: &mut [Value]) {
        let forward = json!([testdata::forward()]);
        testdata::find(resources, HTTP)["configuration"]["DefaultActions"] = forward.clone();
        testdata::find(resources, &testdata::default_rule(HTTP))["configuration"]["Actions"] = forward;
    }

    #[test]
    fn the_default_action_redirects_and_can_forward_again() {
        let step = world(|resources| forwarding(resources)).mended("KA-ALB-001", HTTP).remove(0);
        let sent = &step.call.parameters["DefaultActions"][0]["RedirectConfig"];
        assert_eq!((&sent["Protocol"], &sent["StatusCode"]), (&json!("HTTPS"), &json!("HTTP_301")));
        assert_eq!(step.inverse[0].parameters["DefaultActions"], json!([testdata::forward()]));
        assert_eq!(step.effects.len(), 2, "the default rule tells the same");
        assert_eq!(step.class, Class::B);
    }

    #[test]
    fn each_rule_that_strays_redirects_and_its_conditions_stay() {
        let world = world(|resources| {
            resources.push(testdata::rule(HTTP, 10, &[testdata::path("/legacy/*")], &[testdata::forward()]));
            let moved = json!({"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Path": "/new", "StatusCode": "HTTP_302"}});
            resources.push(testdata::rule(HTTP, 20, &[testdata::path("/old/*")], &[moved]));
        });
        let steps = world.mended("KA-ALB-001", HTTP);
        assert_eq!(steps.len(), 2);
        assert!(
            steps
                .iter()
                .all(|step| step.call.operation == "ModifyRule" && step.call.parameters.get("Conditions").is_none())
        );
        assert_eq!(steps[1].call.parameters["Actions"][0]["RedirectConfig"]["Path"], json!("/new"));
    }

    #[test]
    fn cloudfront_is_not_sent_in_a_circle() {
        let mut distribution = testdata::distribution("E1", true);
        let origin = &mut distribution["configuration"]["DistributionConfig"]["Origins"]["Items"][0];
        origin["CustomOriginConfig"]["OriginProtocolPolicy"] = json!("http-only");
        let settled = testdata::world_with(vec![distribution.clone()], |resources| forwarding(resources));
        let step = settled.mended("KA-ALB-001", HTTP).remove(0);
        assert_eq!(step.needs, ["cloudfront.origin_https/E1/alb"]);
        assert_eq!(step.requires[0].until, [json!("https-only")]);
        let unproven = testdata::world_with(vec![distribution], |resources| {
            forwarding(resources);
            testdata::find(resources, "certificate/1")["configuration"]["SubjectAlternativeNames"] =
                json!(["www.example.com"]);
            testdata::find(resources, "certificate/1")["configuration"]["DomainName"] = json!("www.example.com");
        });
        let refused = unproven.proposed("KA-ALB-001", HTTP);
        assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("circle"), "{refused:?}");
    }

    #[test]
    fn nothing_redirects_to_a_listener_that_is_not_there() {
        let alone = world(|resources| {
            forwarding(resources);
            resources.retain(|one| !one["arn"].as_str().expect("arn").contains(testdata::HTTPS_ID));
        });
        let refused = alone.proposed("KA-ALB-001", HTTP);
        assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("KA-ALB-002"));
    }
}
