//! The rules of the baseline as WAF takes them. Knows the blueprint; no web ACL.

use serde_json::{Value, json};

use konecta_base::blueprint::Waf;

/// The name of the rule against floods.
pub(super) const RATE: &str = "konecta-rate-limit";

/// One of AWS's managed rule groups, every rule with the action that AWS gives it.
pub(super) fn group(name: &str, priority: u64) -> Value {
    json!({
        "Name": name, "Priority": priority, "OverrideAction": {"None": {}}, "VisibilityConfig": metrics(name),
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}},
    })
}

/// Blocks an address that asks too often.
pub(super) fn rate(waf: &Waf, priority: u64) -> Value {
    json!({
        "Name": RATE, "Priority": priority, "Action": {"Block": {}}, "VisibilityConfig": metrics(RATE),
        "Statement": {"RateBasedStatement": {"Limit": waf.rate_limit, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}},
    })
}

/// The whole baseline.
pub(super) fn all(waf: &Waf) -> Vec<Value> {
    let groups = waf.managed_groups.iter().zip(0..).map(|(name, priority)| group(name, priority));
    let last = waf.managed_groups.len() as u64;
    groups.chain([rate(waf, last)]).collect()
}

/// What a rule is counted under.
pub(super) fn metrics(name: &str) -> Value {
    json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name})
}

/// A rule as a snapshot shows it: what AWS leaves out is known to be none.
pub(super) fn shown(mut rule: Value) -> Value {
    if let Some(Value::Object(group)) = rule.pointer_mut("/Statement/ManagedRuleGroupStatement") {
        for name in ["RuleActionOverrides", "ExcludedRules"] {
            group.entry(name).or_insert(Value::Null);
        }
    }
    rule
}
