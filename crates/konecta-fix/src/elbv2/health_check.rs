//! KA-ALB-014: a target group asks what the blueprint says, often enough. Knows the health check of the group only.

use serde_json::{Map, Value, json};

use super::listener;
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect, Step};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "alb.health_check",
    class: Class::B,
    actions: &[changes::ELASTICLOADBALANCING_MODIFY_TARGET_GROUP, calls::ELASTICLOADBALANCING_DESCRIBE_TARGET_HEALTH],
    propose,
};

/// The longest time in seconds between the first failed check and the last allowed one, as the control has it.
const LONGEST: u64 = 120;

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(group) = context.subject(finding) else { return Proposal::default() };
    let arn = &group.reference.arn;
    let changes = changes(group, context);
    if changes.iter().any(|(path, _)| at(group, path).is_none()) {
        let reason = "AWS did not say what the health check is, so it could not be put back";
        return Proposal::refuse(finding, Class::A, reason, &["run `konecta-audit scan` again"]);
    }
    let mut edits = Vec::new();
    let (mut after, mut before) = (Map::new(), Map::new());
    for (path, value) in changes {
        let old = at(group, path).cloned();
        if old.as_ref() == Some(&value) {
            continue;
        }
        for (parameters, value) in [(&mut before, old.clone()), (&mut after, Some(value.clone()))] {
            match path.split_once('/') {
                Some((outer, inner)) => parameters.insert(outer.to_owned(), json!({ inner: value })),
                None => parameters.insert(path.to_owned(), json!(value)),
            };
        }
        edits.push(Edit::new(format!("/configuration/{path}"), old, Some(value)));
    }
    if edits.is_empty() {
        return Proposal::default();
    }
    // A group without a load balancer serves nobody, and none of its targets is ever called healthy.
    let serves = !group.list("/configuration/LoadBalancerArns").is_empty();
    let waits: Vec<_> = serves.then(|| listener::still_healthy(group, &after)).into_iter().collect();
    let call = |mut parameters: Map<String, Value>| {
        parameters.insert("TargetGroupArn".to_owned(), json!(arn));
        Call::new("elbv2", "ModifyTargetGroup", Value::Object(parameters))
    };
    let requires: Vec<_> = serves.then(|| listener::healthy(arn.as_str(), &group.id)).into_iter().collect();
    Proposal::step(Step {
        class: Class::B,
        consequences: vec![format!(
            "a target that does not answer {} with {} is taken out and no longer gets requests",
            context.blueprint.alb.health_path, context.blueprint.alb.health_matcher
        )],
        effects: vec![Effect::amended(&group.reference, edits)],
        inverse: vec![call(before)],
        requires,
        waits,
        ..Step::new(
            &REMEDY,
            &group.reference,
            format!("{}/{arn}", REMEDY.id),
            format!("Ask the targets of {} for {}", group.id, context.blueprint.alb.health_path),
            call(after),
        )
    })
}

fn at<'a>(group: &'a View, path: &str) -> Option<&'a Value> {
    group.at(&format!("/configuration/{path}"))
}

/// What is to be set, by its place: only what the control speaks of, and what must go with it.
fn changes(group: &View, context: &RemedyContext<'_>) -> Vec<(&'static str, Value)> {
    let alb = &context.blueprint.alb;
    let mut changes = vec![
        ("HealthCheckEnabled", json!(true)),
        ("HealthCheckPath", json!(alb.health_path)),
        ("Matcher/HttpCode", json!(alb.health_matcher)),
    ];
    if !matches!(group.text("/configuration/HealthCheckProtocol"), Some("HTTP" | "HTTPS")) {
        changes.push(("HealthCheckProtocol", at(group, "Protocol").cloned().unwrap_or_else(|| json!("HTTP"))));
    }
    let number = |path: &str| at(group, path).and_then(Value::as_u64);
    if let (Some(interval), Some(allowed)) = (number("HealthCheckIntervalSeconds"), number("UnhealthyThresholdCount"))
        && interval * allowed > LONGEST
    {
        let shorter = interval.min(30);
        changes.push(("HealthCheckIntervalSeconds", json!(shorter)));
        changes.push(("UnhealthyThresholdCount", json!(allowed.min(LONGEST / shorter))));
        if number("HealthCheckTimeoutSeconds").is_some_and(|timeout| timeout >= shorter) {
            changes.push(("HealthCheckTimeoutSeconds", json!(shorter.saturating_sub(1).min(5))));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::testdata::{self, GROUP};
    use crate::proof::World;

    fn mended(changed: Value) -> Step {
        let mut group = testdata::target_group();
        for (key, value) in changed.as_object().expect("object") {
            group["configuration"][key] = value.clone();
        }
        World::of(json!([group])).mended("KA-ALB-014", GROUP).remove(0)
    }

    #[test]
    fn only_what_is_wrong_is_set_and_the_way_back_is_what_was() {
        let step = mended(json!({"HealthCheckPath": "/", "Matcher": {"HttpCode": "200-499"}}));
        let sent = |path: &str, codes: &str| json!({"TargetGroupArn": GROUP, "HealthCheckPath": path, "Matcher": {"HttpCode": codes}});
        assert_eq!(step.call.parameters, sent("/health", "200"));
        assert_eq!(step.inverse[0].parameters, sent("/", "200-499"));
        assert_eq!(step.requires[0].path, "/TargetHealthDescriptions/*/TargetHealth/State");
    }

    #[test]
    fn a_slow_check_keeps_what_it_can() {
        let slow = mended(
            json!({"HealthCheckIntervalSeconds": 60, "HealthCheckTimeoutSeconds": 50, "UnhealthyThresholdCount": 10}),
        );
        let sent = json!({
            "TargetGroupArn": GROUP, "HealthCheckIntervalSeconds": 30, "UnhealthyThresholdCount": 4, "HealthCheckTimeoutSeconds": 5,
        });
        assert_eq!(slow.call.parameters, sent);
        let patient = mended(json!({"HealthCheckIntervalSeconds": 20, "UnhealthyThresholdCount": 10}));
        assert_eq!(patient.call.parameters, json!({"TargetGroupArn": GROUP, "UnhealthyThresholdCount": 6}));
    }

    #[test]
    fn after_the_change_health_counts_only_once_a_target_could_have_failed() {
        let step =
            mended(json!({"HealthCheckPath": "/", "UnhealthyThresholdCount": 3, "HealthCheckIntervalSeconds": 20,
            "HealthCheckTimeoutSeconds": 6}));
        let [wait] = step.waits.as_slice() else { panic!("{:?}", step.waits) };
        assert_eq!((wait.after_seconds, &wait.until), (3 * 20 + 6 + 30, &vec![json!("healthy")]));
        assert_eq!(step.requires[0].after_seconds, 0, "before it, what is now is what counts");
        // What the group has while it changes counts as well as what it will have.
        let slower = mended(
            json!({"HealthCheckIntervalSeconds": 60, "HealthCheckTimeoutSeconds": 50, "UnhealthyThresholdCount": 10}),
        );
        assert_eq!(slower.waits[0].after_seconds, 10 * 60 + 50 + 30);
        let unsaid = mended(json!({"HealthCheckPath": "/", "HealthCheckTimeoutSeconds": null}));
        assert!(unsaid.waits[0].after_seconds > 120, "what AWS did not say is the longest that it allows");
    }

    #[test]
    fn a_group_that_serves_nobody_is_not_waited_for() {
        let step = mended(json!({"HealthCheckPath": "/", "LoadBalancerArns": []}));
        assert!(step.requires.is_empty() && step.waits.is_empty());
    }
}
