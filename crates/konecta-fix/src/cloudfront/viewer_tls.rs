//! KA-CF-002: viewers need current TLS. Knows the certificate of a distribution; that the default one cannot be mended.

use serde_json::json;

use super::distribution::{self, at, set};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "cloudfront.viewer_tls", class: Class::B, actions: distribution::ACTIONS, propose };

const POLICY: &str = "/ViewerCertificate/MinimumProtocolVersion";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let accepted = &context.blueprint.cloudfront.accepted_tls_policies;
    let id = &subject.id;
    if at(subject, "/ViewerCertificate/CloudFrontDefaultCertificate") == Some(&json!(true)) {
        let reason = "with the default *.cloudfront.net certificate CloudFront keeps its oldest security policy whatever is asked for";
        let certificate = "aws acm request-certificate --region us-east-1 --domain-name <name> --validation-method DNS";
        let get = format!("aws cloudfront get-distribution-config --id {id} > config.json");
        let set = format!(
            "in DistributionConfig: Aliases = <name>; ViewerCertificate = the certificate's ARN, SSLSupportMethod sni-only, MinimumProtocolVersion {}",
            accepted.join(" or ")
        );
        let update = format!(
            "aws cloudfront update-distribution --id {id} --if-match <ETag> --distribution-config file://config.json"
        );
        let record = "point an alias record of <name> at the distribution's domain name";
        return Proposal::refuse(finding, Class::B, reason, &[certificate, &get, &set, &update, record]);
    }
    let Some(edit) = accepted.first().and_then(|policy| set(subject, POLICY, json!(policy))) else {
        return Proposal::refuse(
            finding,
            Class::B,
            "the blueprint accepts no policy (cloudfront.accepted_tls_policies)",
            &[],
        );
    };
    let title = format!("Demand {} of the viewers of {id}", accepted[0]);
    let mut step = distribution::step(&REMEDY, subject, title, vec![edit]);
    step.consequences = vec!["viewers that speak only older TLS versions or ciphers can no longer connect".to_owned()];
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    #[test]
    fn an_own_certificate_gets_the_first_accepted_policy() {
        let world = World::of(json!([drifted(
            |config| config["ViewerCertificate"]["MinimumProtocolVersion"] = json!("TLSv1.1_2016")
        )]));
        let step = world.mended("KA-CF-002", "/E1").remove(0);
        assert_eq!(step.class, Class::B);
        assert_eq!(step.call.amend.expect("amend").edits[0].after, Some(json!("TLSv1.2_2021")));
    }

    #[test]
    fn the_default_certificate_is_refused_with_the_way_out() {
        let world = World::of(json!([drifted(|config| {
            config["ViewerCertificate"] =
                json!({"CloudFrontDefaultCertificate": true, "MinimumProtocolVersion": "TLSv1"});
        })]));
        let proposal = world.proposed("KA-CF-002", "/E1");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].procedure[0].contains("us-east-1"), "{proposal:?}");
    }
}
