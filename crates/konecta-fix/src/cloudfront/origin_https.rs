//! KA-CF-010: CloudFront comes to an origin over HTTPS only, once it is proven that it would be answered.
//! Knows the origin's protocol; the proof is KA-X-003's fact.

use serde_json::{Value, json};

use super::{distribution, origin_protocols};
use crate::RemedyContext;
use crate::path::flow;
use crate::path::origins::{self, Front};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Step};
use konecta_base::finding::Finding;

pub(crate) const REMEDY: Remedy =
    Remedy { id: "cloudfront.origin_https", class: Class::B, actions: distribution::ACTIONS, propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let mut proposal = Proposal::default();
    for (_, config) in distribution::items(subject, "/Origins") {
        let Some(front) = config["Id"].as_str().and_then(|id| origins::origin(subject, id)) else { continue };
        let Some(ways) = front.ways(context) else { continue };
        if ways.iter().all(|(protocol, _)| *protocol == "HTTPS") {
            continue;
        }
        match answers(context, &front) {
            Ok(proven) => proposal.steps.push(step(&front, proven)),
            Err(reason) => proposal.refusals.push(refusal(finding, &front, &reason)),
        }
    }
    proposal
}

/// The key of the step for an origin.
pub(crate) fn key(front: &Front<'_>) -> String {
    format!("{}/{}/{}", REMEDY.id, front.distribution.id, front.origin)
}

/// What proves that HTTPS to this origin would be answered: certificate, TLS version, listener and security groups.
///
/// # Errors
/// With the reason why it would not, or why that cannot be told.
pub(crate) fn answers(context: &RemedyContext<'_>, front: &Front<'_>) -> Result<Vec<String>, String> {
    if front.config.get("CustomOriginConfig").is_none() {
        return Err(
            "how CloudFront talks to a VPC origin is set at the VPC origin, which other distributions may share"
                .to_owned(),
        );
    }
    let told = context.fact(front.distribution.reference.arn.as_str(), "origin_tls").and_then(Value::as_array);
    let ways: Vec<_> = told.into_iter().flatten().filter(|one| one["origin"] == front.origin).collect();
    let domain = front.config["DomainName"].as_str().unwrap_or("the origin");
    if ways.is_empty() || ways.iter().any(|way| way["matches"] != true) {
        return Err(format!(
            "it is not proven that CloudFront accepts the certificate that {domain} shows (KA-X-003): it would answer every request with 502"
        ));
    }
    let held = &front.config["CustomOriginConfig"]["OriginSslProtocols"]["Items"];
    let held: Vec<&str> = held.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let Some(spoken) = origin_protocols::spoken(context, front.distribution, front.origin) else {
        return Err("it is not known which TLS versions its listener speaks".to_owned());
    };
    let common: Vec<&str> = held.iter().copied().filter(|version| spoken.contains(version)).collect();
    if common.is_empty() {
        let spoken: Vec<&str> = spoken.into_iter().collect();
        return Err(format!(
            "CloudFront speaks {} with it, and its listener {}: they would not come together",
            held.join(" and "),
            spoken.join(" and ")
        ));
    }
    let lets_in = |way: &&Value| flow::admits_https(context, way["load_balancer"].as_str()?, front);
    match all(ways.iter().map(lets_in)) {
        Some(true) => Ok(vec![
            format!("CloudFront accepts the certificate that {domain} shows (KA-X-003)"),
            format!("CloudFront and its listener both speak {}", common.join(" and ")),
            "the HTTPS listener and the security groups before it let CloudFront in".to_owned(),
        ]),
        Some(false) => Err("the HTTPS listener, or a security group before it, would turn CloudFront away".to_owned()),
        None => Err("it is not known whether the HTTPS listener and the security groups let CloudFront in".to_owned()),
    }
}

/// Whether all are true; `None` where none is false and one is not known.
fn all(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let values: Vec<Option<bool>> = values.collect();
    if values.contains(&Some(false)) {
        return Some(false);
    }
    values.iter().all(Option::is_some).then_some(true)
}

fn step(front: &Front<'_>, proven: Vec<String>) -> Step {
    let path = format!("{}/CustomOriginConfig/OriginProtocolPolicy", front.place);
    let edit = distribution::set(front.distribution, path, json!("https-only"));
    let title = format!("Come to origin {} of {} over HTTPS only", front.origin, front.distribution.id);
    let mut step = distribution::step(&REMEDY, front.distribution, title, edit.into_iter().collect());
    step.key = key(front);
    step.proven = proven;
    step.consequences = vec!["every request to this origin goes through its HTTPS listener".to_owned()];
    step
}

fn refusal(finding: &Finding, front: &Front<'_>, reason: &str) -> Refusal {
    let domain = front.config["DomainName"].as_str().unwrap_or("<origin>");
    let certificate = format!("give {domain} a certificate, if its name is yours, or the origin a name of yours:");
    let procedure = [
        certificate.as_str(),
        "  aws acm request-certificate --domain-name <origin name> --validation-method DNS",
        "  aws elbv2 add-listener-certificates --listener-arn <HTTPS listener> --certificates CertificateArn=<certificate>",
        "then run `konecta-audit scan --control KA-X-003`; once it passes, `konecta-audit fix` does the rest",
    ];
    Refusal::new(finding, Class::B, format!("origin {}: {reason}", front.origin), &procedure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata;

    fn plain(id: &str) -> serde_json::Value {
        let mut distribution = testdata::distribution(id, true);
        let origin = &mut distribution["configuration"]["DistributionConfig"]["Origins"]["Items"][0];
        origin["CustomOriginConfig"]["OriginProtocolPolicy"] = json!("match-viewer");
        distribution
    }

    #[test]
    fn with_the_proof_only_the_policy_is_changed() {
        let step = testdata::world_with(vec![plain("E1")], |_| {}).mended("KA-CF-010", "/E1").remove(0);
        let edits = step.call.amend.expect("amend").edits;
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].path, "/Origins/Items/0/CustomOriginConfig/OriginProtocolPolicy");
        assert_eq!((step.class, step.key.as_str()), (Class::B, "cloudfront.origin_https/E1/alb"));
        assert!(step.proven[0].contains("(KA-X-003)"), "{:?}", step.proven);
        assert!(step.proven[1].starts_with("CloudFront and its listener both speak TLSv1.2"), "{:?}", step.proven);
        assert!(step.proven[2].ends_with("let CloudFront in"), "{:?}", step.proven);
    }

    #[test]
    fn without_a_certificate_that_names_the_origin_it_is_refused() {
        let world = testdata::world_with(vec![plain("E1")], |resources| {
            testdata::find(resources, "certificate/1")["configuration"]["SubjectAlternativeNames"] =
                json!(["www.example.com"]);
            testdata::find(resources, "certificate/1")["configuration"]["DomainName"] = json!("www.example.com");
        });
        let refused = world.proposed("KA-CF-010", "/E1");
        assert!(refused.steps.is_empty());
        assert!(refused.refusals[0].reason.contains("KA-X-003"), "{refused:?}");
    }

    #[test]
    fn a_certificate_that_cloudfront_does_not_believe_is_no_proof() {
        for (kind, issuer) in [("PRIVATE", "Own CA"), ("IMPORTED", "origin.erp.example.com"), ("IMPORTED", "Some CA")] {
            let world = testdata::world_with(vec![plain("E1")], |resources| {
                let certificate = &mut testdata::find(resources, "certificate/1")["configuration"];
                certificate["Type"] = json!(kind);
                certificate["Issuer"] = json!(issuer);
                certificate["Subject"] = json!("CN=origin.erp.example.com");
            });
            let refused = world.proposed("KA-CF-010", "/E1");
            assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("KA-X-003"), "{refused:?}");
        }
    }

    #[test]
    fn a_listener_that_speaks_no_version_of_cloudfronts_is_not_come_to() {
        let world = testdata::world_with(vec![plain("E1")], |resources| {
            testdata::find(resources, "ssl-policy/Both-2021-06")["configuration"]["SslProtocols"] = json!(["TLSv1.3"]);
        });
        let refused = world.proposed("KA-CF-010", "/E1");
        assert!(refused.steps.is_empty() && refused.refusals[0].reason.contains("not come together"), "{refused:?}");
    }

    #[test]
    fn a_door_that_would_turn_cloudfront_away_is_not_walked_into() {
        let world = testdata::world_with(vec![plain("E1")], |resources| {
            let rule = testdata::find(resources, testdata::RULE);
            rule["configuration"]["Conditions"][0]["HttpHeaderConfig"]["Values"] = json!(["sha256:other"]);
        });
        let refused = world.proposed("KA-CF-010", "/E1");
        assert!(refused.steps.is_empty());
        assert!(refused.refusals[0].reason.contains("turn CloudFront away"), "{refused:?}");
    }
}
