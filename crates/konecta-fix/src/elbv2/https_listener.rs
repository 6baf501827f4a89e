//! KA-ALB-002: the load balancer answers HTTPS on 443, if there is exactly one certificate that names its origins.
//! Knows listeners and certificates; the new listener denies, so that nothing is opened by it.

use serde_json::{Value, json};

use super::{actions, certificate, http_redirects, listener, tls_policy};
use crate::path::origins::fronts;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Effect, Find, Step};
use crate::{RemedyContext, View, action, own};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "alb.https_listener",
    class: Class::B,
    actions: &[
        changes::ELASTICLOADBALANCING_CREATE_LISTENER,
        changes::ELASTICLOADBALANCING_DELETE_LISTENER,
        calls::ELASTICLOADBALANCING_DESCRIBE_LISTENERS,
        changes::ELASTICLOADBALANCING_MODIFY_LISTENER,
        changes::ELASTICLOADBALANCING_MODIFY_RULE,
        changes::CLOUDFRONT_GET_DISTRIBUTION_CONFIG,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(balancer) = context.subject(finding) else { return Proposal::default() };
    let arn = balancer.reference.arn.as_str();
    let secure = |door: &&View| {
        door.text("/configuration/Protocol") == Some("HTTPS") && door.at("/configuration/Port") == Some(&json!(443))
    };
    let mut proposal = Proposal::default();
    if !listener::of_balancer(context, arn).any(|door| secure(&door)) {
        match create(context, balancer) {
            Ok(step) => proposal.steps.push(step),
            Err(reason) => proposal.refusals.push(refusal(finding, reason)),
        }
    }
    let plain = |door: &&View| {
        door.text("/configuration/Protocol") == Some("HTTP") && actions::lets_through(listener::acts(door))
    };
    for door in listener::of_balancer(context, arn).filter(plain) {
        match http_redirects::steps(context, door) {
            // Rules are for KA-ALB-001.
            Ok(steps) => proposal.steps.extend(steps.into_iter().filter(|step| step.resource == door.reference)),
            Err(reason) => {
                let again = "run `konecta-audit fix` again once that is so";
                proposal.refusals.push(Refusal::new(finding, Class::B, reason, &[again]));
            }
        }
    }
    proposal
}

fn create(context: &RemedyContext<'_>, balancer: &View) -> Result<Step, String> {
    let arn = balancer.reference.arn.as_str();
    let names = names(context, arn);
    if names.is_empty() {
        return Err(
            "no distribution has it as an origin, so it is not known which name a certificate must have".to_owned()
        );
    }
    let certificates = certificate::naming(context, balancer, &names);
    let [certificate] = certificates.as_slice() else {
        let found = certificates.len();
        return Err(format!("{found} issued certificates name {}, and exactly one must", names.join(" or ")));
    };
    let policy = tls_policy::choose(context, None, "application")
        .ok_or("AWS offers no TLS policy with declared protocols only")?;
    // Nobody comes by it yet: it denies until a rule asks for the secret header.
    let acts = json!([actions::deny()]);
    let certificates = json!([{"CertificateArn": certificate.reference.arn}]);
    let id = "konecta443".to_owned();
    let made = format!("{}/{id}", arn.replace(":loadbalancer/", ":listener/"));
    let exists = Find {
        service: "elbv2".to_owned(),
        operation: "DescribeListeners".to_owned(),
        parameters: json!({"LoadBalancerArn": arn}),
        list: "/Listeners".to_owned(),
        matching: [("/Port".to_owned(), json!(443))].into_iter().collect(),
        take: "/ListenerArn".to_owned(),
        planned: json!(made),
    };
    let parameters = json!({
        "LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443, "SslPolicy": policy, "Certificates": certificates, "DefaultActions": acts,
    });
    let mut configuration = parameters.clone();
    configuration["ListenerArn"] = json!(made);
    let told = json!([{"CertificateArn": certificate.reference.arn, "IsDefault": true}]);
    let body = json!({"configuration": configuration, "supplement": {"certificates": told}, "tags": null});
    let reference = ResourceRef {
        arn: own(&made),
        resource_type: own(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER),
        ..balancer.reference.clone()
    };
    let back = Call::new("elbv2", "DeleteListener", json!({"ListenerArn": exists.placeholder()}));
    let names = ["CreateListener", "DeleteListener", "DescribeListeners"];
    Ok(Step {
        class: Class::B,
        consequences: vec!["the listener answers 403 until a rule forwards".to_owned()],
        effects: vec![Effect::Created { resource: Box::new(View { reference, id, body }), exists }],
        inverse: vec![back],
        actions: names.iter().map(|name| action(&format!("elasticloadbalancing:{name}"))).collect(),
        ..Step::new(
            &REMEDY,
            &balancer.reference,
            format!("{}/{arn}", REMEDY.id),
            format!("Answer HTTPS on 443 at {}", balancer.id),
            Call::new("elbv2", "CreateListener", parameters),
        )
    })
}

/// The names by which distributions ask for this load balancer: what they send, where that is known, else the origins' own.
fn names(context: &RemedyContext<'_>, balancer: &str) -> Vec<String> {
    let mut names = Vec::new();
    for front in fronts(context, balancer).unwrap_or_default() {
        let told = context.fact(front.distribution.reference.arn.as_str(), "origin_tls").and_then(Value::as_array);
        let entry = told.into_iter().flatten().find(|entry| entry["origin"] == front.origin);
        let sent = entry.and_then(|entry| entry["sent"].as_array());
        let domain = [front.config["DomainName"].clone()];
        let all = sent.map_or(&domain[..], Vec::as_slice);
        names.extend(all.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    names.sort();
    names.dedup();
    names
}

fn refusal(finding: &Finding, reason: String) -> Refusal {
    let procedure = [
        "aws acm request-certificate --domain-name <origin name> --validation-method DNS",
        "aws elbv2 create-listener --load-balancer-arn <its ARN> --protocol HTTPS --port 443 --certificates CertificateArn=<certificate> --default-actions Type=fixed-response,FixedResponseConfig={StatusCode=403}",
        "then run `konecta-audit fix` again",
    ];
    Refusal::new(finding, Class::B, reason, &procedure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata::{self, BALANCER, HTTPS_ID};
    use crate::proof::World;

    fn world(change: impl FnOnce(&mut Vec<Value>)) -> World {
        testdata::world_with(vec![testdata::distribution("E1", true)], |resources| {
            resources.retain(|one| !one["arn"].as_str().expect("arn").contains(HTTPS_ID));
            change(resources);
        })
    }

    #[test]
    fn one_certificate_one_listener_that_denies() {
        let step = world(|_| {}).mended("KA-ALB-002", BALANCER).remove(0);
        let sent = &step.call.parameters;
        assert_eq!(sent["Certificates"], json!([{"CertificateArn": testdata::CERTIFICATE}]));
        assert_eq!(sent["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"], json!("403"));
        assert_eq!(step.inverse[0].operation, "DeleteListener");
    }

    #[test]
    fn none_or_two_certificates_are_a_question_for_a_person() {
        let expired =
            world(|resources| testdata::find(resources, "certificate/1")["configuration"]["Status"] = json!("EXPIRED"));
        let private =
            world(|resources| testdata::find(resources, "certificate/1")["configuration"]["Type"] = json!("PRIVATE"));
        let two = world(|resources| {
            let mut second = testdata::find(resources, "certificate/1").clone();
            second["arn"] = json!(testdata::CERTIFICATE.replace("/1", "/2"));
            second["resourceId"] = json!("2");
            resources.push(second);
        });
        for (world, number) in [(expired, "0"), (private, "0"), (two, "2")] {
            let refused = world.proposed("KA-ALB-002", BALANCER);
            assert!(refused.steps.is_empty());
            assert!(refused.refusals[0].reason.starts_with(number), "{refused:?}");
        }
    }
}
