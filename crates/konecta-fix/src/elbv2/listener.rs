//! A listener with its rules, and the calls that change them. Knows nothing of what they should be.

use serde_json::{Value, json};

use super::actions;
use crate::registry::Remedy;
use crate::step::{Call, Class, Edit, Effect, Find, Step, Wait};
use crate::{RemedyContext, View, action, own};
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

const RULE: &str = resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER_RULE;
const ACTIONS: &str = "/configuration/Actions";

/// A listener in words, as in `HTTPS 443 of konecta-erp-alb`.
pub(crate) fn name(listener: &View) -> String {
    let protocol = listener.text("/configuration/Protocol").unwrap_or("?");
    let port = listener.at("/configuration/Port").and_then(Value::as_u64).unwrap_or_default();
    let balancer = listener.reference.arn.as_str().split('/').nth(2).unwrap_or_default();
    format!("{protocol} {port} of {balancer}")
}

/// The kind of load balancer, as TLS policies name it.
pub(super) fn kind(listener: &View) -> &'static str {
    if listener.reference.arn.as_str().contains(":listener/app/") { "application" } else { "network" }
}

/// Its load balancer's ARN.
pub(crate) fn balancer(listener: &View) -> Option<&str> {
    listener.text("/configuration/LoadBalancerArn")
}

/// The listeners of a load balancer.
pub(crate) fn of_balancer<'a>(context: &'a RemedyContext<'_>, arn: &'a str) -> impl Iterator<Item = &'a View> {
    context
        .all(resource_types::ELASTIC_LOAD_BALANCING_V2_LISTENER)
        .filter(move |listener| balancer(listener) == Some(arn))
}

/// All rules of a listener in the order in which they are tried; the default one comes last.
pub(crate) fn rules<'a>(context: &'a RemedyContext<'_>, listener: &View) -> Vec<&'a View> {
    let arn = listener.reference.arn.as_str();
    let mut rules: Vec<&View> =
        context.all(RULE).filter(|rule| rule.text("/supplement/listenerArn") == Some(arn)).collect();
    rules.sort_by_key(|rule| priority(rule).unwrap_or(u32::MAX));
    rules
}

/// The place of a rule; `None` for the default one.
pub(crate) fn priority(rule: &View) -> Option<u32> {
    rule.text("/configuration/Priority")?.parse().ok()
}

/// The actions of a rule, and the default ones of a listener.
pub(crate) fn acts(view: &View) -> &[Value] {
    if view.reference.resource_type.as_str() == RULE {
        view.list(ACTIONS)
    } else {
        view.list("/configuration/DefaultActions")
    }
}

/// All targets of a group are healthy, and it has one: a load balancer sends to all of them when none is (it fails open), so
/// that nothing less says that they answer. For before a call; see [`still_healthy`] for after one.
pub(crate) fn healthy(group: &str, name: &str) -> Wait {
    Wait {
        what: format!("all targets of {name} are healthy"),
        service: "elbv2".to_owned(),
        operation: "DescribeTargetHealth".to_owned(),
        parameters: json!({"TargetGroupArn": group}),
        path: "/TargetHealthDescriptions/*/TargetHealth/State".to_owned(),
        until: vec![json!("healthy")],
        failed: Vec::new(),
        timeout_seconds: 300,
        changes: None,
        after_seconds: 0,
    }
}

/// More than the load balancer needs to take up a changed health check.
const MARGIN: u64 = 30;

/// The same after a change of how targets are asked. The state before the change is all healthy too, and a target that
/// answers no more stays healthy until it has failed the check `UnhealthyThresholdCount` times: only after that time does
/// healthy mean that it answers as it is asked now. One that is unhealthy before that is so for good.
///
/// Of each number the largest counts that the group has or will have; one that AWS did not say is taken for the largest
/// that it allows (API reference of `ModifyTargetGroup`).
pub(crate) fn still_healthy(group: &View, will_be: &serde_json::Map<String, Value>) -> Wait {
    let largest = |key: &str, allowed: u64| {
        let now = group.at(&format!("/configuration/{key}")).and_then(Value::as_u64);
        now.map_or(allowed, |now| now.max(will_be.get(key).and_then(Value::as_u64).unwrap_or(0)))
    };
    let interval = largest("HealthCheckIntervalSeconds", 300);
    let until_told = largest("UnhealthyThresholdCount", 10) * interval + largest("HealthCheckTimeoutSeconds", 120);
    let wait = healthy(group.reference.arn.as_str(), &group.id);
    // On the way back a target that failed needs that many checks to be healthy again.
    let recovery = largest("HealthyThresholdCount", 10) * interval + MARGIN;
    let timeout_seconds = wait.timeout_seconds.max(recovery);
    Wait { failed: vec![json!("unhealthy")], after_seconds: until_told + MARGIN, timeout_seconds, ..wait }
}

/// The same for all groups that these actions forward to.
pub(crate) fn all_healthy(actions: &[Value]) -> Vec<Wait> {
    let name = |arn: &str| arn.split('/').nth(1).unwrap_or(arn).to_owned();
    actions::target_groups(actions).iter().map(|arn| healthy(arn, &name(arn))).collect()
}

/// The default action of a listener becomes another.
pub(crate) fn set_default(
    context: &RemedyContext<'_>,
    remedy: &Remedy,
    class: Class,
    listener: &View,
    after: Value,
) -> Step {
    let arn = &listener.reference.arn;
    let before = acts(listener).to_vec();
    let modify =
        |actions: &Value| Call::new("elbv2", "ModifyListener", json!({"ListenerArn": arn, "DefaultActions": actions}));
    let edit = |path: &str, before: &[Value]| Edit::new(path, Some(json!(before)), Some(after.clone()));
    let mut effects = vec![Effect::Amended {
        resource: listener.reference.clone(),
        edits: vec![edit("/configuration/DefaultActions", &before)],
    }];
    // The same actions are told a second time, as those of the default rule.
    let default =
        rules(context, listener).into_iter().find(|rule| rule.at("/configuration/IsDefault") == Some(&json!(true)));
    effects.extend(
        default
            .map(|rule| Effect::Amended { resource: rule.reference.clone(), edits: vec![edit(ACTIONS, acts(rule))] }),
    );
    let call = modify(&after);
    changed(remedy, class, listener, effects, call, vec![modify(&json!(before))], &["ModifyListener"])
}

/// The actions of a rule become others; its conditions stay.
pub(crate) fn set_rule(remedy: &Remedy, class: Class, rule: &View, after: &Value) -> Step {
    let arn = &rule.reference.arn;
    let before = json!(acts(rule));
    let modify = |actions: &Value| Call::new("elbv2", "ModifyRule", json!({"RuleArn": arn, "Actions": actions}));
    let edits = vec![Edit::new(ACTIONS, Some(before.clone()), Some(after.clone()))];
    let effects = vec![Effect::Amended { resource: rule.reference.clone(), edits }];
    changed(remedy, class, rule, effects, modify(after), vec![modify(&before)], &["ModifyRule"])
}

/// A rule asks for one thing more.
pub(crate) fn ask(remedy: &Remedy, class: Class, rule: &View, condition: Value) -> Step {
    let arn = rule.reference.arn.as_str();
    let held = rule.list("/configuration/Conditions");
    let given = actions::given(arn, held);
    let modify =
        |conditions: Value| Call::new("elbv2", "ModifyRule", json!({"RuleArn": arn, "Conditions": conditions}));
    let edits = vec![Edit::new(format!("/configuration/Conditions/{}", held.len()), None, Some(condition.clone()))];
    let effects = vec![Effect::Amended { resource: rule.reference.clone(), edits }];
    let more: Vec<Value> = given.iter().cloned().chain([condition]).collect();
    changed(
        remedy,
        class,
        rule,
        effects,
        modify(json!(more)),
        vec![modify(json!(given))],
        &["ModifyRule", "DescribeRules"],
    )
}

/// A new rule at a free place.
pub(crate) fn add(remedy: &Remedy, class: Class, listener: &View, place: u32, given: Value, acts: &Value) -> Step {
    let owner = listener.reference.arn.as_str();
    // AWS chooses the last part.
    let id = format!("konecta{place}");
    let arn = format!("{}/{id}", owner.replace(":listener/", ":listener-rule/"));
    let exists = Find {
        service: "elbv2".to_owned(),
        operation: "DescribeRules".to_owned(),
        parameters: json!({"ListenerArn": owner}),
        list: "/Rules".to_owned(),
        matching: [("/Priority".to_owned(), json!(place.to_string()))].into_iter().collect(),
        take: "/RuleArn".to_owned(),
        planned: json!(arn),
    };
    let configuration = json!({"RuleArn": arn, "Priority": place.to_string(), "IsDefault": false, "Conditions": given, "Actions": acts});
    let reference = ResourceRef { arn: own(&arn), resource_type: own(RULE), ..listener.reference.clone() };
    let body = json!({"configuration": configuration, "supplement": {"listenerArn": owner}, "tags": null});
    let parameters = json!({"ListenerArn": owner, "Priority": place, "Conditions": given, "Actions": acts});
    let back = Call::new("elbv2", "DeleteRule", json!({"RuleArn": exists.placeholder()}));
    let effects = vec![Effect::Created { resource: Box::new(View { reference, id, body }), exists }];
    let call = Call::new("elbv2", "CreateRule", parameters);
    changed(remedy, class, listener, effects, call, vec![back], &["CreateRule", "DeleteRule", "DescribeRules"])
}

fn changed(
    remedy: &Remedy,
    class: Class,
    view: &View,
    effects: Vec<Effect>,
    call: Call,
    inverse: Vec<Call>,
    actions: &[&str],
) -> Step {
    Step {
        class,
        effects,
        inverse,
        actions: actions.iter().map(|name| action(&format!("elasticloadbalancing:{name}"))).collect(),
        ..Step::new(remedy, &view.reference, String::new(), String::new(), call)
    }
}
