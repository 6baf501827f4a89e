//! KA-ALB-003: a listener gets a TLS policy whose protocols are all declared. Knows AWS's own list of policies, as it was
//! read, and no name of a policy.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::listener;
use crate::finding::Finding;
use crate::fix::registry::{Proposal, Remedy};
use crate::fix::step::{Call, Class, Edit, Effect, Step};
use crate::fix::{Case, action};

pub(super) const REMEDY: Remedy =
    Remedy { id: "alb.tls_policy", class: Class::A, actions: &["elasticloadbalancing:ModifyListener"], propose };

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let Some(subject) = case.subject(finding) else { return Proposal::default() };
    let Some(old) = subject.text("/configuration/SslPolicy") else { return Proposal::default() };
    let Some(policy) = choose(case, Some(old), listener::kind(subject)) else {
        let reason = "no policy that AWS offers for this load balancer speaks declared protocols only";
        let procedure = [
            "aws elbv2 describe-ssl-policies",
            "declare what you accept under [alb] tls_protocols in konecta-audit.toml",
        ];
        return Proposal::refuse(finding, Class::A, reason, &procedure);
    };
    let arn = &subject.reference.arn;
    let modify = |policy: &str| Call::new("elbv2", "ModifyListener", json!({"ListenerArn": arn, "SslPolicy": policy}));
    Proposal::step(Step {
        key: format!("{}/{arn}", REMEDY.id),
        merge: None,
        fix: REMEDY.id(),
        controls: Vec::new(),
        resource: subject.reference.clone(),
        class: Class::A,
        title: format!("Speak only {} on {}", case.blueprint.alb.tls_protocols.join(" and "), listener::name(subject)),
        consequences: vec!["clients that know no declared protocol are turned away".to_owned()],
        effects: vec![Effect::Amended {
            resource: subject.reference.clone(),
            edits: vec![Edit::new("/configuration/SslPolicy", Some(json!(old)), Some(json!(policy)))],
        }],
        call: modify(&policy),
        inverse: vec![modify(old)],
        actions: vec![action("elasticloadbalancing:ModifyListener")],
        needs: Vec::new(),
        requires: Vec::new(),
        waits: Vec::new(),
    })
}

/// The policy to use: all its protocols are declared, and of those as many as there are, so that no client is lost
/// without need; of these the newest, and of these the one with the fewest ciphers. FIPS policies are for those who have one.
pub(super) fn choose(case: &Case<'_>, old: Option<&str>, kind: &str) -> Option<String> {
    let declared: BTreeSet<&str> = case.blueprint.alb.tls_protocols.iter().map(String::as_str).collect();
    let policies = case.lifecycle().get("ssl_policies")?.as_object()?;
    let fips = |name: &str| name.contains("FIPS");
    let fits = |name: &str, policy: &Value| {
        let protocols = listed(policy, "SslProtocols");
        let types = listed(policy, "SupportedLoadBalancerTypes");
        !protocols.is_empty()
            && protocols.is_subset(&declared)
            && (types.is_empty() || types.contains(kind))
            && fips(name) == old.is_some_and(fips)
    };
    let rank = |name: &str, policy: &Value| {
        let ciphers = policy.get("Ciphers").and_then(Value::as_array).map_or(usize::MAX, Vec::len);
        (listed(policy, "SslProtocols").len(), issued(name), std::cmp::Reverse(ciphers))
    };
    let fitting = policies.iter().filter(|(name, policy)| fits(name, policy));
    fitting.max_by_key(|(name, policy)| rank(name, policy)).map(|(name, _)| name.clone())
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
    use crate::fix::path::testdata::{self, HTTPS};
    use crate::fix::proof::World;

    fn policy(name: &str, protocols: &[&str], ciphers: usize) -> Value {
        json!({
            "resourceType": "AWS::ElasticLoadBalancingV2::SslPolicy", "resourceId": name, "region": "us-east-1",
            "arn": format!("arn:aws:elasticloadbalancing:us-east-1:aws:ssl-policy/{name}"),
            "configuration": {"Name": name, "SslProtocols": protocols, "Ciphers": vec![json!({"Name": "x"}); ciphers]},
        })
    }

    fn world(policies: Vec<Value>) -> World {
        let mut listener = testdata::https();
        listener["configuration"]["SslPolicy"] = json!("Old-2016-08");
        let mut all = vec![listener, policy("Old-2016-08", &["TLSv1", "TLSv1.2"], 9)];
        all.extend(policies);
        World::of(json!(all))
    }

    #[test]
    fn the_newest_with_all_declared_protocols_and_the_fewest_ciphers_is_chosen() {
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
        assert_eq!(step.call.parameters, json!({"ListenerArn": HTTPS, "SslPolicy": "Both-Res-2025-09"}));
        assert_eq!(step.inverse[0].parameters["SslPolicy"], json!("Old-2016-08"));
    }

    #[test]
    fn no_policy_no_change() {
        let refused = world(vec![policy("All-2026-01", &["TLSv1.1", "TLSv1.2"], 1)]).proposed("KA-ALB-003", HTTPS);
        assert!(refused.steps.is_empty());
        assert_eq!(refused.refusals.len(), 1);
    }
}
