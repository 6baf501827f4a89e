//! KA-ALB-006 to 009: attributes of a load balancer. All that one load balancer needs becomes one call.
//! Knows the attributes and nothing of listeners.

use serde_json::{Value, json};

use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View};
use konecta_base::changes;
use konecta_base::finding::Finding;

const ACTIONS: &[&str] = &[changes::ELASTICLOADBALANCING_MODIFY_LOAD_BALANCER_ATTRIBUTES];

/// Where attributes stand in the envelope.
const LIST: &str = "/supplement/attributes";

pub(super) const DROP_INVALID_HEADERS: Remedy =
    Remedy { id: "alb.drop_invalid_headers", class: Class::B, actions: ACTIONS, propose: drop_invalid_headers };
pub(super) const DESYNC_MODE: Remedy =
    Remedy { id: "alb.desync_mode", class: Class::A, actions: ACTIONS, propose: desync_mode };
pub(super) const DELETION_PROTECTION: Remedy =
    Remedy { id: "alb.deletion_protection", class: Class::A, actions: ACTIONS, propose: deletion_protection };
pub(super) const ACCESS_LOGS: Remedy =
    Remedy { id: "alb.access_logs", class: Class::A, actions: ACTIONS, propose: access_logs };

fn drop_invalid_headers(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let wanted = [("routing.http.drop_invalid_header_fields.enabled", "true".to_owned())];
    let consequence =
        "a client that sends a header with an underscore or another odd character in its name loses that header";
    one(&DROP_INVALID_HEADERS, finding, context, "Drop headers with invalid names at", &wanted, Some(consequence))
}

fn desync_mode(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let wanted = [("routing.http.desync_mitigation_mode", "defensive".to_owned())];
    one(&DESYNC_MODE, finding, context, "Refuse requests that smuggle others at", &wanted, None)
}

fn deletion_protection(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let wanted = [("deletion_protection.enabled", "true".to_owned())];
    one(&DELETION_PROTECTION, finding, context, "Protect from deletion", &wanted, None)
}

/// Only into a bucket that somebody has named: it needs a policy that lets Elastic Load Balancing write.
fn access_logs(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let alb = &context.blueprint.alb;
    if alb.access_log_bucket.is_empty() {
        let procedure = [
            "make a bucket in the region of the load balancer, with a policy that lets Elastic Load Balancing write to it:",
            "  https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
            "name it in konecta-audit.toml: [alb] access_log_bucket = \"<bucket>\"; then run `konecta-audit fix` again",
        ];
        return Proposal::refuse(finding, Class::A, "the blueprint names no bucket for access logs", &procedure);
    }
    let wanted = [
        ("access_logs.s3.enabled", "true".to_owned()),
        ("access_logs.s3.bucket", alb.access_log_bucket.clone()),
        ("access_logs.s3.prefix", alb.access_log_prefix.clone()),
    ];
    let consequence = "requests are stored, and storage is charged; AWS refuses the call if the bucket's policy does not let it write";
    one(&ACCESS_LOGS, finding, context, "Write access logs of", &wanted, Some(consequence))
}

fn one(
    remedy: &Remedy,
    finding: &Finding,
    context: &RemedyContext<'_>,
    title: &str,
    wanted: &[(&str, String)],
    consequence: Option<&str>,
) -> Proposal {
    let Some(balancer) = context.subject(finding) else { return Proposal::default() };
    let held = balancer.list(LIST);
    let mut edits = Vec::new();
    let (mut after, mut before) = (Vec::new(), Vec::new());
    for (key, value) in wanted {
        match held.iter().enumerate().find(|(_, one)| one["Key"] == *key) {
            Some((_, one)) if one["Value"] == value.as_str() => {}
            Some((at, one)) => {
                let old = one.get("Value").cloned();
                edits.push(Edit::new(format!("{LIST}/{at}/Value"), old.clone(), Some(json!(value))));
                after.push(json!({"Key": key, "Value": value}));
                // An empty text is how AWS says that there is none, and how it is set back.
                before.push(json!({"Key": key, "Value": old.unwrap_or_else(|| json!(""))}));
            }
            None => {
                let reason = format!("AWS did not say what `{key}` is, so it could not be put back");
                return Proposal::refuse(finding, remedy.class, reason, &["run `konecta-audit scan` again"]);
            }
        }
    }
    if edits.is_empty() {
        return Proposal::default();
    }
    Proposal::step(step(remedy, balancer, format!("{title} {}", balancer.id), edits, [after, before], consequence))
}

fn step(
    remedy: &Remedy,
    balancer: &View,
    title: String,
    edits: Vec<Edit>,
    [after, before]: [Vec<Value>; 2],
    consequence: Option<&str>,
) -> Step {
    let arn = &balancer.reference.arn;
    let call = |attributes: Vec<Value>| {
        let parameters = json!({"LoadBalancerArn": arn, "Attributes": attributes});
        Call::new("elbv2", "ModifyLoadBalancerAttributes", parameters)
    };
    Step {
        merge: Some(format!("elbv2:ModifyLoadBalancerAttributes/{arn}")),
        consequences: consequence.map(str::to_owned).into_iter().collect(),
        effects: vec![Effect::amended(&balancer.reference, edits)],
        inverse: vec![call(before)],
        ..Step::new(remedy, &balancer.reference, format!("{}/{arn}", remedy.id), title, call(after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata::{self, BALANCER};
    use crate::proof::World;

    fn world(changed: &[(&str, &str)]) -> World {
        let mut balancer = testdata::balancer();
        for one in balancer["supplement"]["attributes"].as_array_mut().expect("attributes") {
            if let Some((_, value)) = changed.iter().find(|(key, _)| one["Key"] == *key) {
                one["Value"] = json!(value);
            }
        }
        World::of(json!([balancer]))
    }

    #[test]
    fn each_attribute_is_set_and_set_back_in_one_call() {
        for (control, key, bad, good) in [
            ("KA-ALB-006", "routing.http.drop_invalid_header_fields.enabled", "false", "true"),
            ("KA-ALB-007", "routing.http.desync_mitigation_mode", "monitor", "defensive"),
            ("KA-ALB-009", "deletion_protection.enabled", "false", "true"),
        ] {
            let step = world(&[(key, bad)]).mended(control, BALANCER).remove(0);
            assert_eq!(step.call.parameters["Attributes"], json!([{"Key": key, "Value": good}]));
            assert_eq!(step.inverse[0].parameters["Attributes"], json!([{"Key": key, "Value": bad}]));
            assert_eq!(step.merge.as_deref(), Some(&*format!("elbv2:ModifyLoadBalancerAttributes/{BALANCER}")));
        }
    }

    #[test]
    fn logs_go_only_into_a_bucket_that_was_named() {
        let off = [("access_logs.s3.enabled", "false"), ("access_logs.s3.bucket", ""), ("access_logs.s3.prefix", "")];
        let refused = world(&off).proposed("KA-ALB-008", BALANCER);
        assert!(refused.steps.is_empty());
        assert!(refused.refusals[0].procedure[2].contains("access_log_bucket"));
        let named = world(&off).with(|blueprint| blueprint.alb.access_log_bucket = "logs".to_owned());
        let step = named.mended("KA-ALB-008", BALANCER).remove(0);
        let sent = json!([
            {"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": "logs"},
            {"Key": "access_logs.s3.prefix", "Value": "alb"},
        ]);
        assert_eq!(step.call.parameters["Attributes"], sent);
        assert_eq!(step.inverse[0].parameters["Attributes"][1], json!({"Key": "access_logs.s3.bucket", "Value": ""}));
    }
}
