//! Load balancers: their listeners and rules, who may come in, and what happens at each door.
//! Knows nothing of what stands before or behind them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::attachments::Ids;
use super::fronts::{Onward, onward};
use super::ingress::Protocol;
use super::region_index::RegionIndex;
use super::seen::{AccountRegion, Seen};
use super::sink::object;
use super::wiring::told_ids;
use super::world::{Item, Regional, Supplemented};
use crate::model::Presence;
use crate::model::elb::{self, AvailabilityZone};
use konecta_base::calls;

/// A listener with the certificates for SNI.
pub(crate) type Listener = Supplemented<elb::Listener, Vec<elb::ListenerCertificate>>;
/// A rule with its listener's ARN.
pub(crate) type Rule = Supplemented<elb::ListenerRule, String>;
/// A target group with its targets.
pub(crate) type TargetGroup = Supplemented<elb::TargetGroup, Vec<elb::TargetHealth>>;

/// The subnets of a load balancer.
pub(crate) fn subnets(balancer: &elb::LoadBalancer) -> Ids {
    let zones: Option<Vec<AvailabilityZone>> = balancer.availability_zones.as_ref().and_then(parsed);
    Ids::of(zones.as_ref().map(|zones| zones.iter().map(|zone| zone.subnet_id.as_ref())))
}

/// The zones of a load balancer; `None` where one was not sent.
pub(crate) fn zones(balancer: &elb::LoadBalancer) -> Option<BTreeSet<String>> {
    let zones: Vec<AvailabilityZone> = balancer.availability_zones.as_ref().and_then(parsed)?;
    zones.into_iter().map(|zone| zone.zone_name).collect()
}

fn parsed<'a, T: Deserialize<'a>>(value: &'a Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// Listeners by load balancer and rules by listener.
pub(crate) struct Doors<'a> {
    listeners: BTreeMap<String, Vec<&'a Listener>>,
    rules: BTreeMap<String, Vec<&'a Rule>>,
    place: &'a AccountRegion,
    seen: &'a Seen,
    /// Something does not say what it belongs to.
    stray_listener: bool,
    stray_rule: bool,
}

impl<'a> Doors<'a> {
    pub(crate) fn of(place: &'a AccountRegion, here: &'a Regional, seen: &'a Seen) -> Self {
        let mut doors = Self {
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            place,
            seen,
            stray_listener: false,
            stray_rule: false,
        };
        for listener in &here.listeners {
            let sent = listener.item.body.load_balancer_arn.clone();
            match sent.or_else(|| parent(&listener.item.arn, ":listener/", ":loadbalancer/")) {
                Some(balancer) => doors.listeners.entry(balancer).or_default().push(listener),
                None => doors.stray_listener = true,
            }
        }
        for rule in &here.listener_rules {
            match rule.supplement.clone().or_else(|| parent(&rule.item.arn, ":listener-rule/", ":listener/")) {
                Some(listener) => doors.rules.entry(listener).or_default().push(rule),
                None => doors.stray_rule = true,
            }
        }
        doors.rules.values_mut().for_each(|rules| rules.sort_by_key(|rule| priority(&rule.item.body)));
        doors
    }

    /// All listeners of a load balancer; `None` where there may be more.
    pub(crate) fn listeners(&self, balancer: &str) -> Option<&[&'a Listener]> {
        let whole = self.seen.whole_of(self.place, calls::ELASTICLOADBALANCING_DESCRIBE_LISTENERS, balancer);
        (whole && !self.stray_listener).then(|| self.listeners.get(balancer).map_or(&[][..], Vec::as_slice))
    }

    /// The listeners of a load balancer that were seen, whether or not there are more.
    fn seen_listeners(&self, balancer: &str) -> &[&'a Listener] {
        self.listeners.get(balancer).map_or(&[][..], Vec::as_slice)
    }

    /// The rules of a listener that were seen, whether or not there are more.
    fn seen_rules(&self, listener: &str) -> &[&'a Rule] {
        self.rules.get(listener).map_or(&[][..], Vec::as_slice)
    }

    /// All rules of a listener; `None` where there may be more.
    pub(crate) fn rules(&self, listener: &str) -> Option<&[&'a Rule]> {
        let whole = self.seen.whole_of(self.place, calls::ELASTICLOADBALANCING_DESCRIBE_RULES, listener);
        (whole && !self.stray_rule).then(|| self.rules.get(listener).map_or(&[][..], Vec::as_slice))
    }
}

/// `…:listener/app/name/1/2` belongs to `…:loadbalancer/app/name/1`, and a rule to its listener likewise.
fn parent(arn: &str, kind: &str, parent_kind: &str) -> Option<String> {
    let (head, tail) = arn.split_once(kind)?;
    let (path, _) = tail.rsplit_once('/')?;
    Some(format!("{head}{parent_kind}{path}"))
}

/// Rules in the order in which they are tried; the default comes last.
fn priority(rule: &elb::ListenerRule) -> (u32, String) {
    let text = rule.priority.clone().unwrap_or_default();
    (text.parse().unwrap_or(u32::MAX), text)
}

/// The fact `entrances`; `None` where listeners or groups were not fully seen.
pub(crate) fn entrances(region_index: &RegionIndex<'_>, item: &Item<elb::LoadBalancer>) -> Option<Value> {
    let ports = ports(region_index, item, |_| true)?;
    let sources = sources(region_index, item, &ports)?;
    Some(json!({"ports": ports, "sources": sources, "groups": told_ids(&item.body.security_groups).known}))
}

/// The ports of those listeners that are wanted; `None` where they were not fully seen.
pub(crate) fn ports(
    region_index: &RegionIndex<'_>,
    item: &Item<elb::LoadBalancer>,
    is_wanted: impl Fn(&elb::Listener) -> bool,
) -> Option<BTreeSet<u16>> {
    let listeners = region_index.doors.listeners(&item.arn)?.iter().map(|listener| &listener.item.body);
    listeners.filter(|listener| is_wanted(listener)).map(|listener| listener.port).collect()
}

/// Who may open these ports, as far as groups decide; `None` where it was not sent which groups it carries.
pub(crate) fn sources(
    region_index: &RegionIndex<'_>,
    item: &Item<elb::LoadBalancer>,
    ports: &BTreeSet<u16>,
) -> Option<Vec<Value>> {
    let groups = told_ids(&item.body.security_groups);
    if !groups.whole {
        return None;
    }
    let protocols: &[Protocol] = match item.body.kind.as_deref() {
        Some("application") => &[Protocol::Tcp],
        Some(_) | None => &[Protocol::Tcp, Protocol::Udp],
    };
    let reaches = |rule: &super::ingress::Rule| {
        let tries = ports.iter().flat_map(|port| protocols.iter().map(|protocol| rule.reaches(protocol, *port)));
        super::known::any(tries) != Some(false)
    };
    let mut sources = Vec::new();
    for group in &groups.known {
        let rules = region_index.ingress.seen(group).iter().filter(|rule| reaches(rule));
        sources.extend(rules.map(|rule| region_index.source(rule)));
        if region_index.ingress.all(group).is_none() {
            // What was seen of it stays what it is; there may be more.
            let why = format!("the rules of security group {group} were not all seen");
            sources.push(json!({"kind": "unknown", "group": group, "why": why}));
        }
    }
    if groups.known.is_empty() {
        let anyone = |cidr: &str| json!({"kind": "cidr", "cidr": cidr, "rule": null, "group": null, "protocol": "all"});
        sources = vec![anyone("0.0.0.0/0")];
    }
    Some(sources)
}

/// The fact `doors`: what was seen, and an entry for what may be there besides.
pub(crate) fn doors(region_index: &RegionIndex<'_>, item: &Item<elb::LoadBalancer>) -> Value {
    let passes_on = item.body.kind.as_deref() == Some("network");
    let seen = region_index.doors.seen_listeners(&item.arn).iter().map(|listener| {
        let mut door = door(region_index, listener);
        if let Some(behind) = passes_on.then(|| balancers(region_index, listener)).flatten() {
            door["balancers"] = json!(behind);
        }
        door
    });
    let rest = region_index.doors.listeners(&item.arn).is_none();
    seen.chain(rest.then(|| unseen("the listeners were not listed to their end".to_owned()))).collect()
}

/// The load balancers to which a listener passes everything on; `None` where something else is behind it, or may be.
fn balancers(region_index: &RegionIndex<'_>, listener: &Listener) -> Option<Vec<String>> {
    let only = |next: Onward| match next {
        Onward::Balancer { arn, .. } => Some(arn),
        Onward::Targets { .. } | Onward::Unknown(_) => None,
    };
    onward(region_index, listener).into_iter().map(only).collect()
}

fn unseen(why: String) -> Value {
    json!({"kind": "unknown", "unknown": true, "why": why})
}

fn door(region_index: &RegionIndex<'_>, listener: &Listener) -> Value {
    let sent = &listener.item.body;
    let arn = &listener.item.arn;
    let rest = region_index.doors.rules(arn).is_none();
    let default: Option<Vec<elb::Action>> = sent.default_actions.as_ref().and_then(parsed);
    let is_default = |rule: &&&Rule| {
        rule.item.body.is_default == Some(true) || rule.item.body.priority.as_deref() == Some("default")
    };
    let all: Vec<&&Rule> = region_index.doors.seen_rules(arn).iter().filter(|rule| !is_default(rule)).collect();
    let shield = all.iter().position(|rule| shields(&rule.item.body));
    let rules = all.iter().take(shield.map_or(all.len(), |at| at + 1)).map(|rule| guarded(&rule.item));
    let why = || format!("the rules of the listener on port {} were not listed to their end", sent.port.unwrap_or(0));
    let rules = rules.chain(rest.then(|| unseen(why()))).collect();
    object([
        ("listener", Some(json!(listener.item.arn))),
        ("port", sent.port.map(|port| json!(port))),
        ("protocol", sent.protocol.as_ref().map(|protocol| json!(protocol))),
        ("default", default.as_deref().and_then(action_types).map(|types| json!(types))),
        ("default_status", default.as_deref().and_then(status).map(|status| json!(status))),
        ("shield", shield.and_then(|at| all.get(at)).map(|rule| described_shield(&rule.item))),
        ("mutual_tls", mutual_tls(sent)),
        ("rules", Some(Value::Array(rules))),
    ])
}

/// How a listener treats certificates of clients; AWS need not say so where it asks for none.
fn mutual_tls(listener: &elb::Listener) -> Option<Value> {
    match &listener.mutual_authentication {
        Presence::Value(asked) => asked.mode.as_ref().map(|mode| json!(mode)),
        Presence::Null | Presence::Absent => None,
    }
}

fn action_types(actions: &[elb::Action]) -> Option<Vec<&String>> {
    let types: Vec<&String> = actions.iter().map(|action| action.kind.as_ref()).collect::<Option<_>>()?;
    (!types.is_empty()).then_some(types)
}

fn status(actions: &[elb::Action]) -> Option<&String> {
    actions.iter().find_map(|action| action.fixed_response_config.as_ref()?.status_code.as_ref())
}

/// One rule: what it does, and which headers and addresses it asks for first.
fn guarded(item: &Item<elb::ListenerRule>) -> Value {
    let actions: Option<Vec<elb::Action>> = item.body.actions.as_ref().and_then(parsed);
    let actions = actions.as_deref().and_then(action_types).map(|types| json!(types));
    let conditions: Option<Vec<elb::Condition>> = item.body.conditions.as_ref().and_then(parsed);
    let headers: Option<Vec<Value>> = conditions.as_ref().and_then(|conditions| {
        let told = |one: &elb::Condition| one.field.as_ref().map(|field| (field == "http-header").then(|| header(one)));
        let headers: Vec<Option<Value>> =
            conditions.iter().map(told).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
        headers.into_iter().collect()
    });
    let sources: Vec<&Vec<String>> = conditions
        .iter()
        .flatten()
        .filter(|one| one.field.as_deref() == Some("source-ip"))
        .filter_map(|one| one.source_ip_config.as_ref()?.values.as_ref())
        .collect();
    let sources = (!sources.is_empty()).then(|| json!(sources));
    let unknown = actions.is_none() || headers.is_none() || is_default_unknown(&item.body);
    object([
        ("arn", Some(json!(item.arn))),
        ("priority", item.body.priority.as_ref().map(|priority| json!(priority))),
        ("actions", actions),
        ("headers", headers.map(Value::Array)),
        ("sources", sources),
        ("unknown", unknown.then_some(Value::Bool(true))),
    ])
}

/// Whether a rule takes every request that comes to it and lets none of them through: what is tried after it, the default
/// action too, is never reached.
pub(crate) fn shields(rule: &elb::ListenerRule) -> bool {
    let placed = rule.priority.as_ref().is_some_and(|priority| priority.parse::<u32>().is_ok());
    let actions: Option<Vec<elb::Action>> = rule.actions.as_ref().and_then(parsed);
    let harmless = |one: &elb::Action| matches!(one.kind.as_deref(), Some("fixed-response" | "redirect"));
    let conditions: Option<Vec<elb::Condition>> = rule.conditions.as_ref().and_then(parsed);
    placed
        && actions.is_some_and(|actions| !actions.is_empty() && actions.iter().all(harmless))
        && conditions.is_some_and(|all| !all.is_empty() && all.iter().all(fits_everything))
}

/// Whether every request meets a condition, of whose values one is enough.
fn fits_everything(condition: &elb::Condition) -> bool {
    let has = |values: &Option<Vec<String>>, wanted: &[&str]| {
        values.iter().flatten().any(|value| wanted.contains(&value.as_str()))
    };
    match condition.field.as_deref() {
        Some("path-pattern") => {
            let told = condition.path_pattern_config.as_ref().map_or(&condition.values, |config| &config.values);
            has(told, &["*", "/*"])
        }
        Some("source-ip") => {
            let told = condition.source_ip_config.as_ref().map_or(&condition.values, |config| &config.values);
            has(told, &["0.0.0.0/0"]) && has(told, &["::/0"])
        }
        Some(_) | None => false,
    }
}

/// A rule behind which nothing is reached.
fn described_shield(item: &Item<elb::ListenerRule>) -> Value {
    let actions: Option<Vec<elb::Action>> = item.body.actions.as_ref().and_then(parsed);
    object([
        ("rule", Some(json!(item.arn))),
        ("actions", actions.as_deref().and_then(action_types).map(|types| json!(types))),
        ("status", actions.as_deref().and_then(status).map(|status| json!(status))),
    ])
}

/// A rule that says neither its priority nor whether it is the default may be either.
fn is_default_unknown(rule: &elb::ListenerRule) -> bool {
    rule.is_default.is_none() && rule.priority.is_none()
}

/// The header of an `http-header` condition.
fn header(condition: &elb::Condition) -> Option<Value> {
    let config = condition.http_header_config.as_ref()?;
    let name = config.http_header_name.as_ref()?;
    let known = config.values.is_some() || config.regex_values.is_some();
    known.then(|| {
        object([
            ("name", Some(json!(name))),
            ("values", config.values.as_ref().map(|values| json!(values))),
            ("regex", config.regex_values.as_ref().map(|patterns| json!(patterns))),
        ])
    })
}

/// A listener as an index has it.
pub(crate) fn describe_listener(listener: &Listener) -> Value {
    let sent = &listener.item.body;
    object([
        ("ListenerArn", Some(json!(listener.item.arn))),
        ("Port", sent.port.map(|port| json!(port))),
        ("Protocol", sent.protocol.as_ref().map(|protocol| json!(protocol))),
        ("SslPolicy", sent.ssl_policy.as_ref().map(|policy| json!(policy))),
        ("DefaultActions", sent.default_actions.clone()),
    ])
}

/// The rules of a listener as an index has them.
pub(crate) fn describe_rules(rules: &[&Rule]) -> Value {
    let shield = rules.iter().position(|rule| shields(&rule.item.body)).unwrap_or(rules.len());
    rules.iter().enumerate().map(|(at, rule)| describe_rule(rule, at <= shield)).collect()
}

fn describe_rule(rule: &Rule, is_reached: bool) -> Value {
    let sent = &rule.item.body;
    object([
        ("RuleArn", Some(json!(rule.item.arn))),
        ("Priority", sent.priority.as_ref().map(|priority| json!(priority))),
        ("IsDefault", sent.is_default.map(Value::Bool)),
        ("Actions", sent.actions.clone()),
        ("Conditions", sent.conditions.clone()),
        ("Reached", (!is_reached).then_some(Value::Bool(false))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shielding(priority: &str, actions: &Value, conditions: &Value) -> bool {
        let rule = json!({"Priority": priority, "Actions": actions, "Conditions": conditions});
        shields(&serde_json::from_value(rule).expect("rule"))
    }

    #[test]
    fn a_rule_that_takes_everything_and_lets_nothing_through_is_a_shield() {
        let deny = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]);
        let path = |pattern: &str| json!({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", pattern]}});
        let from = |cidrs: &[&str]| json!({"Field": "source-ip", "SourceIpConfig": {"Values": cidrs}});
        let method = json!({"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}});
        for all in [
            json!([path("*")]),
            json!([path("/*"), from(&["0.0.0.0/0", "::/0"])]),
            json!([{"Field": "path-pattern", "Values": ["*"]}]),
        ] {
            assert!(shielding("7", &deny, &all), "{all}");
            assert!(!shielding("default", &deny, &all), "{all}");
            assert!(!shielding("7", &json!([{"Type": "forward"}]), &all), "{all}");
            assert!(!shielding("7", &json!([]), &all), "{all}");
        }
        for some in [
            json!([]),
            json!([path("/b*")]),
            json!([path("*"), method]),
            json!([from(&["0.0.0.0/0"])]),
            json!([{"Field": "host-header", "HostHeaderConfig": {"Values": ["*"]}}]),
            json!([{}]),
        ] {
            assert!(!shielding("7", &deny, &some), "{some}");
        }
    }
}
