//! What the web ACL on a load balancer makes of a request without the secret header: the fact `web_acl`.
//! Knows rules, statements and their order; nothing of listeners, and no value: what is searched for is a stand-in.

use serde_json::{Value, json};

use super::region_index::RegionIndex;
use super::world::Item;
use crate::model::elb::LoadBalancer;
use konecta_base::calls;
use konecta_base::resource::Resource;

/// Actions after which a request goes on to the next rule, or nowhere.
const NEVER_LET_IN: [&str; 4] = ["Block", "Captcha", "Challenge", "Count"];

/// A web ACL with what further calls told of it.
#[derive(Debug)]
pub(crate) struct WebAcl {
    arn: String,
    body: Value,
    /// The load balancers that it is on.
    resources: Option<Vec<String>>,
    /// The rule groups of the account that it refers to.
    groups: Vec<Value>,
}

impl WebAcl {
    pub(crate) fn of(resource: &Resource) -> Self {
        Self {
            arn: resource.arn.as_str().to_owned(),
            body: resource.read().unwrap_or_default(),
            resources: resource.read_supplement("resources").and_then(Result::ok),
            groups: resource.read_supplement("ruleGroups").and_then(Result::ok).unwrap_or_default(),
        }
    }

    fn name(&self) -> &str {
        self.body["Name"].as_str().unwrap_or(&self.arn)
    }
}

/// What comes through.
#[derive(Debug, PartialEq)]
enum Effect {
    /// Only requests that hold one of these in the header.
    Keyed(Keys),
    /// Whatever the header holds.
    Open,
    Unclear(String),
}

/// What the header must hold: as it is, or after it was put into small letters.
#[derive(Debug, Default, Clone, PartialEq)]
struct Keys {
    exact: Vec<String>,
    lowercase: Vec<String>,
}

impl Keys {
    fn add(&mut self, other: Self) {
        self.exact.extend(other.exact);
        self.lowercase.extend(other.lowercase);
    }
}

/// The fact `web_acl`.
pub(crate) fn web_acl(region_index: &RegionIndex<'_>, item: &Item<LoadBalancer>) -> Value {
    let unknown = |why: String| json!({"kind": "unknown", "why": why});
    let mut doubts = Vec::new();
    for acl in &region_index.here.web_acls {
        let is_on = acl.resources.as_ref().map(|all| all.contains(&item.arn));
        if is_on == Some(false) {
            continue;
        }
        match (effect(acl, &region_index.origin_header), is_on) {
            (Effect::Open, _) => {}
            (Effect::Keyed(keys), Some(true)) => {
                return json!({
                    "kind": "demands", "arn": acl.arn, "values": keys.exact, "lowercase": keys.lowercase,
                });
            }
            (Effect::Unclear(why), Some(true)) => return unknown(why),
            (Effect::Keyed(_) | Effect::Unclear(_), _) => doubts.push(format!(
                "web ACL {} may demand the secret header, and it is not known whether it is on the load balancer",
                acl.name()
            )),
        }
    }
    if !region_index.seen.whole(region_index.place, calls::WAFV2_LIST_WEB_ACLS) {
        doubts
            .push("the web ACLs of the region, one of which may demand the secret header, were not listed".to_owned());
    }
    match doubts.into_iter().next() {
        Some(why) => unknown(why),
        None => json!({"kind": "none"}),
    }
}

fn effect(acl: &WebAcl, header: &str) -> Effect {
    let unclear = |why: &str| Effect::Unclear(format!("{why} web ACL {}", acl.name()));
    let Some(mut steps) = steps(acl) else { return unclear("not everything is known of") };
    let lets_in = match only(&acl.body["DefaultAction"]) {
        Some("Allow") => true,
        Some("Block") => false,
        Some(_) | None => return unclear("it is not known what comes through by default at"),
    };
    let is_asked = steps.iter().any(|step| step.does == Does::Unknown || speaks_of(step.statement, header));
    if lets_in && !is_asked {
        return Effect::Open;
    }
    steps.sort_by_key(|step| step.place);
    let mut keys = Keys::default();
    for step in steps {
        match step.does {
            Does::Allow => match demanded(step.statement, header) {
                Some(found) => keys.add(found),
                None => return unclear(&format!("what rule {} lets in need not show the secret header at", step.name)),
            },
            Does::Block => {
                if let Some(found) = all_but(step.statement, header) {
                    keys.add(found);
                    return Effect::Keyed(keys);
                }
            }
            Does::Null => {}
            Does::Unknown => return unclear(&format!("it is not known what rule {} lets in at", step.name)),
        }
    }
    if lets_in { unclear("it is not certain that the secret header is demanded by") } else { Effect::Keyed(keys) }
}

/// What a rule does with the requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Allow,
    Block,
    /// It lets nothing in that would not come in without it.
    Null,
    Unknown,
}

#[derive(Debug)]
struct Step<'a> {
    place: (u8, i64, i64),
    name: &'a str,
    does: Does,
    statement: &'a Value,
}

/// All rules, those of own rule groups among them; `None` where a list or a place in the order is not known.
fn steps(acl: &WebAcl) -> Option<Vec<Step<'_>>> {
    let lists = [
        ("PreProcessFirewallManagerRuleGroups", "FirewallManagerStatement"),
        ("Rules", "Statement"),
        ("PostProcessFirewallManagerRuleGroups", "FirewallManagerStatement"),
    ];
    let mut steps = Vec::new();
    for ((member, statement), phase) in lists.into_iter().zip(0..) {
        for rule in listed(acl.body.get(member)?)? {
            let place = (phase, rule["Priority"].as_i64()?, 0);
            step(acl, rule, rule.get(statement)?, place, &mut steps)?;
        }
    }
    Some(steps)
}

/// A list that is left out where it is empty.
fn listed(list: &Value) -> Option<&[Value]> {
    if list.is_null() { Some(&[]) } else { list.as_array().map(Vec::as_slice) }
}

fn step<'a>(
    acl: &'a WebAcl,
    rule: &'a Value,
    statement: &'a Value,
    place: (u8, i64, i64),
    steps: &mut Vec<Step<'a>>,
) -> Option<()> {
    let name = rule["Name"].as_str().unwrap_or("?");
    let mut push = |does| steps.push(Step { place, name, does, statement });
    let Some(overridden) = only(&rule["OverrideAction"]) else {
        push(does(&rule["Action"]));
        return Some(());
    };
    if overridden != "None" {
        push(if overridden == "Count" { Does::Null } else { Does::Unknown });
        return Some(());
    }
    if let Some(managed) = statement.get("ManagedRuleGroupStatement") {
        let overrides = managed.get("RuleActionOverrides").and_then(Value::as_array);
        let lets_in = |one: &Value| only(&one["ActionToUse"]).is_none_or(|action| !NEVER_LET_IN.contains(&action));
        let is_safe = managed["VendorName"] == "AWS" && !overrides.into_iter().flatten().any(lets_in);
        push(if is_safe { Does::Null } else { Does::Unknown });
        return Some(());
    }
    let reference = &statement["RuleGroupReferenceStatement"];
    let group = acl.groups.iter().find(|group| group["ARN"].is_string() && group["ARN"] == reference["ARN"]);
    let Some(rules) = group.and_then(|group| listed(group.get("Rules")?)) else {
        push(Does::Unknown);
        return Some(());
    };
    let changed: Vec<&Value> = ["RuleActionOverrides", "ExcludedRules"]
        .iter()
        .filter_map(|key| reference[*key].as_array())
        .flatten()
        .map(|one| &one["Name"])
        .collect();
    for inner in rules {
        let is_changed = changed.contains(&&inner["Name"]);
        steps.push(Step {
            place: (place.0, place.1, inner["Priority"].as_i64()?),
            name: inner["Name"].as_str().unwrap_or("?"),
            does: if is_changed { Does::Unknown } else { does(&inner["Action"]) },
            statement: inner.get("Statement")?,
        });
    }
    Some(())
}

fn does(action: &Value) -> Does {
    match only(action) {
        Some("Allow") => Does::Allow,
        Some("Block") => Does::Block,
        Some("Captcha" | "Challenge" | "Count") => Does::Null,
        Some(_) | None => Does::Unknown,
    }
}

/// The name of the only member of an object.
fn only(value: &Value) -> Option<&str> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    members.keys().next().map(String::as_str)
}

/// Whether a statement may look at this header.
fn speaks_of(statement: &Value, header: &str) -> bool {
    match statement {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let named = || value["Name"].as_str().is_none_or(|name| name.eq_ignore_ascii_case(header));
            key == "Headers" || key == "SingleHeader" && named() || speaks_of(value, header)
        }),
        Value::Array(list) => list.iter().any(|one| speaks_of(one, header)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// What the header of every request holds that a statement matches.
fn demanded(statement: &Value, header: &str) -> Option<Keys> {
    let list = |members: &Value| members["Statements"].as_array().filter(|list| !list.is_empty()).cloned();
    match only(statement)? {
        "ByteMatchStatement" => matched(&statement["ByteMatchStatement"], header),
        "AndStatement" => list(&statement["AndStatement"])?.iter().find_map(|one| demanded(one, header)),
        "OrStatement" => union(&list(&statement["OrStatement"])?, |one| demanded(one, header)),
        _ => None,
    }
}

/// What the header of every request holds that a statement does *not* match.
fn all_but(statement: &Value, header: &str) -> Option<Keys> {
    match only(statement)? {
        "NotStatement" => demanded(&statement["NotStatement"]["Statement"], header),
        "AndStatement" => union(statement["AndStatement"]["Statements"].as_array()?, |one| all_but(one, header)),
        _ => None,
    }
}

fn union(statements: &[Value], of: impl Fn(&Value) -> Option<Keys>) -> Option<Keys> {
    let mut keys = Keys::default();
    for one in statements {
        keys.add(of(one)?);
    }
    (!statements.is_empty()).then_some(keys)
}

fn matched(statement: &Value, header: &str) -> Option<Keys> {
    let name = statement["FieldToMatch"]["SingleHeader"]["Name"].as_str()?;
    let is_whole = statement["PositionalConstraint"] == "EXACTLY" && name.eq_ignore_ascii_case(header);
    let value = statement["SearchString"].as_str().filter(|text| is_whole && text.starts_with("sha256:"))?.to_owned();
    if statement.get("PreParseTextTransformations").is_some_and(|list| !list.is_null()) {
        return None;
    }
    let kinds: Option<Vec<&str>> =
        statement["TextTransformations"].as_array()?.iter().map(|one| one["Type"].as_str()).collect();
    let kinds = kinds.filter(|kinds| kinds.iter().all(|kind| ["NONE", "LOWERCASE"].contains(kind)))?;
    Some(if kinds.contains(&"LOWERCASE") {
        Keys { lowercase: vec![value], ..Keys::default() }
    } else {
        Keys { exact: vec![value], ..Keys::default() }
    })
}

#[cfg(test)]
mod tests;
