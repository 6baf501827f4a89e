//! KA-CF-011: CloudFront speaks only accepted TLS versions with its origins. Knows the versions that origins list and
//! those that a listener in between speaks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::distribution::{self, items};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View};
use konecta_base::finding::Finding;
use konecta_base::resource_types;

pub(crate) const REMEDY: Remedy =
    Remedy { id: "cloudfront.origin_protocols", class: Class::B, actions: distribution::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let accepted = &context.blueprint.cloudfront.origin_ssl_protocols;
    let (mut edits, mut names, mut unproven) = (Vec::new(), Vec::new(), Vec::new());
    let mut refusals = Vec::new();
    for (path, origin) in items(subject, "/Origins") {
        let name = origin["Id"].as_str().unwrap_or_default();
        let list = format!("{path}/CustomOriginConfig/OriginSslProtocols");
        let held: Vec<&str> = listed(distribution::at(subject, &format!("{list}/Items")));
        if held.is_empty() && origin.get("VpcOriginConfig").is_some() {
            refusals.extend(vpc_origin(finding, context, origin));
            continue;
        }
        if held.iter().all(|version| accepted.iter().any(|one| one == version)) {
            continue;
        }
        let mut kept: Vec<&str> =
            held.into_iter().filter(|version| accepted.iter().any(|one| one == version)).collect();
        if kept.is_empty() {
            kept = accepted.iter().map(String::as_str).collect();
        }
        let spoken = spoken(context, subject, name);
        if spoken.is_none() {
            unproven.push(name);
        }
        if let Some(spoken) = spoken
            && !kept.iter().any(|version| spoken.contains(version))
        {
            let reason = format!("origin {name}: the load balancer's listener speaks none of {}", kept.join(", "));
            let procedure = "give the listener a TLS policy with an accepted version (KA-ALB-003); then run `konecta-audit fix` again";
            refusals.push(Refusal::new(finding, Class::A, reason, &[procedure]));
            continue;
        }
        names.push(name);
        edits.extend(distribution::replace(subject, &list, kept.into_iter().map(Value::from).collect()));
    }
    if edits.is_empty() {
        return Proposal { steps: Vec::new(), refusals };
    }
    let title = format!("Speak only {} with origin {} of {}", accepted.join(" and "), names.join(", "), subject.id);
    let mut step = distribution::step(&REMEDY, subject, title, edits);
    if unproven.is_empty() {
        step.class = Class::A;
    } else {
        let unproven = unproven.join(", ");
        step.consequences = vec![format!(
            "which versions origin {unproven} speaks was not seen: if it speaks none of those that stay, its viewers are turned away"
        )];
    }
    Proposal { steps: vec![step], refusals }
}

fn vpc_origin(finding: &Finding, context: &RemedyContext<'_>, origin: &Value) -> Option<Refusal> {
    let id = origin["VpcOriginConfig"]["VpcOriginId"].as_str()?;
    let view = context.all(resource_types::CLOUDFRONT_VPC_ORIGIN).find(|view| view.id == id)?;
    let versions = listed(view.at("/configuration/VpcOriginEndpointConfig/OriginSslProtocols/Items"));
    let accepted = &context.blueprint.cloudfront.origin_ssl_protocols;
    let outdated = versions.iter().any(|version| !accepted.iter().any(|one| one == version));
    let command = format!(
        "aws cloudfront update-vpc-origin --id {id} --if-match <ETag> --vpc-origin-endpoint-config <the present one with other OriginSslProtocols>"
    );
    outdated.then(|| {
        let reason = format!("VPC origin {id} holds the versions, and other distributions may share it");
        Refusal::new(finding, Class::B, reason, &[&command])
    })
}

fn listed(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The versions that the listener before this origin speaks; `None` where there is none, or it is not known.
pub(super) fn spoken<'a>(context: &'a RemedyContext<'_>, subject: &View, origin: &str) -> Option<BTreeSet<&'a str>> {
    let told = context.fact(subject.reference.arn.as_str(), "origin_tls")?.as_array()?;
    let listener = told.iter().find(|one| one["origin"] == *origin)?["listener"].as_str()?;
    let policy = context.get(listener)?.text("/configuration/SslPolicy")?;
    let protocols = context.lifecycle().get("ssl_policies")?.get(policy)?.get("SslProtocols");
    Some(listed(protocols).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    fn edits(versions: &[&str]) -> Value {
        let old = drifted(|config| {
            let list = &mut config["Origins"]["Items"][0]["CustomOriginConfig"]["OriginSslProtocols"];
            *list = json!({"Quantity": versions.len(), "Items": versions});
        });
        let step = World::of(json!([old])).mended("KA-CF-011", "/E1").remove(0);
        json!(step.call.amend.expect("amend").edits.last().expect("edit").after)
    }

    #[test]
    fn what_is_accepted_stays_and_the_rest_goes() {
        assert_eq!(edits(&["TLSv1", "TLSv1.2"]), json!(["TLSv1.2"]));
        assert_eq!(edits(&["SSLv3"]), json!(["TLSv1.2"]));
    }
}
