//! KA-ALB-003: a listener gets a TLS policy whose protocols are all declared. Knows AWS's own list of policies, as it was
//! read, and no name of a policy.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::listener;
use crate::cloudfront::origin_protocols;
use crate::path::origins;
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step, Wait};
use crate::{RemedyContext, View, action};
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "alb.tls_policy",
    class: Class::B,
    actions: &[changes::ELASTICLOADBALANCING_MODIFY_LISTENER, changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let Some(old) = subject.text("/configuration/SslPolicy") else { return Proposal::default() };
    let Some(policy) = choose(context, Some(old), listener::kind(subject)) else {
        let reason = "no policy that AWS offers for this load balancer speaks declared protocols only";
        let procedure = [
            "aws elbv2 describe-ssl-policies",
            "declare what you accept under [alb] tls_protocols in konecta-audit.toml",
        ];
        return Proposal::refuse(finding, Class::A, reason, &procedure);
    };
    let (class, consequences) = match lost(context, old, &policy) {
        Some(lost) if lost.is_empty() => (Class::A, Vec::new()),
        Some(lost) => (Class::B, vec![format!("clients that know nothing but {} are turned away", lost.join(", "))]),
        None => (Class::B, vec!["clients that know no declared protocol are turned away".to_owned()]),
    };
    let arn = &subject.reference.arn;
    let modify = |policy: &str| Call::new("elbv2", "ModifyListener", json!({"ListenerArn": arn, "SslPolicy": policy}));
    let mut step = Step {
        class,
        consequences,
        effects: vec![Effect::amended(
            &subject.reference,
            vec![Edit::new("/configuration/SslPolicy", Some(json!(old)), Some(json!(policy)))],
        )],
        inverse: vec![modify(old)],
        actions: vec![action(changes::ELASTICLOADBALANCING_MODIFY_LISTENER)],
        ..Step::new(
            &REMEDY,
            &subject.reference,
            format!("{}/{arn}", REMEDY.id),
            format!("Speak only {} on {}", context.blueprint.alb.tls_protocols.join(" and "), listener::name(subject)),
            modify(&policy),
        )
    };
    match shaken(context, subject, &policy) {
        Ok((proven, first)) => {
            step.proven = proven;
            for (key, holds) in first {
                step.needs.push(key);
                step.requires.push(holds);
                step.actions.push(action(changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG));
            }
            Proposal::step(step)
        }
        Err(reason) => {
            Proposal::refuse(finding, Class::B, reason, &["run `konecta-audit scan` again with all permissions"])
        }
    }
}

/// Origins that speak a protocol of the new policy already, in words; and for each of the others the key of the step that
/// gives it one, with how to see that it has it.
type Shaken = (Vec<String>, Vec<(String, Wait)>);

/// How CloudFront, which comes by this listener, still shakes hands with it.
///
/// # Errors
/// Where it is not known what comes by the listener.
fn shaken(context: &RemedyContext<'_>, door: &View, policy: &str) -> Result<Shaken, String> {
    let speaks = context.lifecycle().get("ssl_policies").and_then(|all| all.get(policy));
    let speaks: BTreeSet<&str> = speaks.map(|policy| listed(policy, "SslProtocols")).unwrap_or_default();
    let Some(balancer) = listener::balancer(door) else { return Ok(Shaken::default()) };
    let port = door.at("/configuration/Port").and_then(Value::as_u64);
    let Some(fronts) = origins::fronts(context, balancer) else {
        return Err("it is not known which distributions come by it, and what TLS they speak".to_owned());
    };
    let (mut proven, mut first) = Shaken::default();
    for front in fronts {
        let ways = front.ways(context).unwrap_or_default();
        if !ways.iter().any(|(protocol, way)| *protocol == "HTTPS" && Some(*way) == port) {
            continue;
        }
        let held = &front.config["CustomOriginConfig"]["OriginSslProtocols"]["Items"];
        let held: Vec<&str> = held.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let id = &front.distribution.id;
        if let Some(version) = held.iter().find(|version| speaks.contains(*version)) {
            proven.push(format!("CloudFront speaks {version} with origin {} of {id}, as {policy} does", front.origin));
            continue;
        }
        let holds = Wait {
            what: format!(
                "CloudFront speaks {} with origin {} of {id}",
                context.blueprint.alb.tls_protocols.join(" or "),
                front.origin
            ),
            service: "cloudfront".to_owned(),
            operation: "GetDistributionConfig".to_owned(),
            parameters: json!({"Id": id}),
            path: format!("/DistributionConfig{}/CustomOriginConfig/OriginSslProtocols/Items/*", front.place),
            until: speaks.iter().map(|version| json!(version)).collect(),
            failed: Vec::new(),
            changes: None,
            after_seconds: 0,
            timeout_seconds: 60,
        };
        first.push((format!("{}/{id}", origin_protocols::REMEDY.id), holds));
    }
    Ok((proven, first))
}

/// The protocols and ciphers that clients may use now and no longer under the new policy; `None` where either policy is
/// not in AWS's list.
fn lost(context: &RemedyContext<'_>, old: &str, new: &str) -> Option<Vec<String>> {
    let policies = context.lifecycle().get("ssl_policies")?;
    let accepted = |name: &str| policies.get(name).map(|policy| (listed(policy, "SslProtocols"), ciphers(policy)));
    let ((protocols, ciphers), (kept_protocols, kept_ciphers)) = (accepted(old)?, accepted(new)?);
    let gone = protocols.difference(&kept_protocols).chain(ciphers.difference(&kept_ciphers));
    Some(gone.map(|name| (*name).to_owned()).collect())
}

/// The policy to use: all its protocols are declared, and of those that the listener accepts now, and of its ciphers, as
/// few as possible are lost; of these the one with the most declared protocols, and of these the newest. Without a
/// policy now, the one with the fewest ciphers. FIPS policies are for those who have one.
pub(super) fn choose(context: &RemedyContext<'_>, old: Option<&str>, kind: &str) -> Option<String> {
    let declared: BTreeSet<&str> = context.blueprint.alb.tls_protocols.iter().map(String::as_str).collect();
    let policies = context.lifecycle().get("ssl_policies")?.as_object()?;
    let fips = |name: &str| name.contains("FIPS");
    let fits = |name: &str, policy: &Value| {
        let protocols = listed(policy, "SslProtocols");
        let types = listed(policy, "SupportedLoadBalancerTypes");
        !protocols.is_empty()
            && protocols.is_subset(&declared)
            && (types.is_empty() || types.contains(kind))
            && fips(name) == old.is_some_and(fips)
    };
    let now = old.and_then(|old| policies.get(old)).map(|old| (listed(old, "SslProtocols"), ciphers(old)));
    let rank = |name: &str, policy: &Value| {
        let (protocols, all) = (listed(policy, "SslProtocols"), ciphers(policy));
        let lost = now
            .as_ref()
            .map_or((0, 0), |(old, accepted)| (old.difference(&protocols).count(), accepted.difference(&all).count()));
        (Reverse(lost), protocols.len(), issued(name), Reverse(all.len()), Reverse(name.to_owned()))
    };
    let fitting = policies.iter().filter(|(name, policy)| fits(name, policy));
    fitting.max_by_key(|(name, policy)| rank(name, policy)).map(|(name, _)| name.clone())
}

fn ciphers(policy: &Value) -> BTreeSet<&str> {
    let all = policy.get("Ciphers").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|cipher| cipher.get("Name").and_then(Value::as_str)).collect()
}

fn listed<'a>(policy: &'a Value, key: &str) -> BTreeSet<&'a str> {
    policy.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The month in which a policy was issued: names end in `2021-06`.
fn issued(name: &str) -> Option<(u16, u16)> {
    let mut parts = name.rsplit('-');
    let (month, year) = (parts.next()?, parts.next()?);
    Some((year.parse().ok()?, month.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata::{self, HTTPS};
    use crate::proof::World;

    fn policy(name: &str, protocols: &[&str], ciphers: usize) -> Value {
        let ciphers: Vec<Value> = (0..ciphers).map(|number| json!({"Name": format!("cipher-{number}")})).collect();
        json!({
            "resourceType": "AWS::ElasticLoadBalancingV2::SslPolicy", "resourceId": name, "region": "us-east-1",
            "arn": format!("arn:aws:elasticloadbalancing:us-east-1:aws:ssl-policy/{name}"),
            "configuration": {"Name": name, "SslProtocols": protocols, "Ciphers": ciphers},
        })
    }

    fn world(policies: Vec<Value>) -> World {
        testdata::world_with(vec![testdata::distribution("E1", true)], |resources| {
            resources.retain(|one| one["resourceType"] != "AWS::ElasticLoadBalancingV2::SslPolicy");
            testdata::find(resources, HTTPS)["configuration"]["SslPolicy"] = json!("Old-2016-08");
            resources.push(policy("Old-2016-08", &["TLSv1", "TLSv1.2"], 9));
            resources.extend(policies);
        })
    }

    #[test]
    fn the_policy_that_loses_the_fewest_ciphers_is_chosen_and_those_that_go_are_named() {
        let both = ["TLSv1.2", "TLSv1.3"];
        let world = world(vec![
            policy("Both-2021-06", &both, 2),
            policy("Both-Ext-2025-09", &both, 9),
            policy("Both-Res-2025-09", &both, 5),
            policy("Both-FIPS-2025-09", &both, 1),
            policy("One-2026-01", &["TLSv1.3"], 1),
            policy("All-2026-01", &["TLSv1.1", "TLSv1.2", "TLSv1.3"], 1),
        ]);
        let step = world.mended("KA-ALB-003", HTTPS).remove(0);
        assert_eq!(step.call.parameters, json!({"ListenerArn": HTTPS, "SslPolicy": "Both-Ext-2025-09"}));
        assert_eq!(step.class, Class::B);
        assert_eq!(step.consequences, ["clients that know nothing but TLSv1 are turned away"]);
        assert_eq!(step.inverse[0].parameters["SslPolicy"], json!("Old-2016-08"));
        assert_eq!(step.proven, ["CloudFront speaks TLSv1.2 with origin alb of E1, as Both-Ext-2025-09 does"]);
    }

    #[test]
    fn cloudfront_learns_the_new_protocols_before_the_listener_forgets_the_old_ones() {
        let mut distribution = testdata::distribution("E1", true);
        let origin = &mut distribution["configuration"]["DistributionConfig"]["Origins"]["Items"][0];
        origin["CustomOriginConfig"]["OriginSslProtocols"] = json!({"Quantity": 1, "Items": ["TLSv1"]});
        let world = testdata::world_with(vec![distribution], |resources| {
            testdata::find(resources, HTTPS)["configuration"]["SslPolicy"] = json!("Old-2016-08");
            resources.push(policy("Old-2016-08", &["TLSv1", "TLSv1.2"], 9));
        });
        let step = world.mended("KA-ALB-003", HTTPS).remove(0);
        assert_eq!(step.needs, ["cloudfront.origin_protocols/E1"]);
        assert_eq!(step.requires[0].until, [json!("TLSv1.2"), json!("TLSv1.3")]);
        assert!(step.proven.is_empty(), "it does not yet");
    }

    #[test]
    fn no_policy_no_change() {
        let refused = world(vec![policy("All-2026-01", &["TLSv1.1", "TLSv1.2"], 1)]).proposed("KA-ALB-003", HTTPS);
        assert!(refused.steps.is_empty());
        assert_eq!(refused.refusals.len(), 1);
    }
}
