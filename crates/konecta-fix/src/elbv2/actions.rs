//! Actions and conditions of listeners and rules, as AWS describes them and as it takes them.
//! Knows nothing of which are wanted.

use std::collections::BTreeSet;

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::step::Find;

/// The answer of a door that lets nothing through.
pub(crate) fn deny() -> Value {
    let answer = json!({"StatusCode": "403", "ContentType": "text/plain", "MessageBody": "Forbidden"});
    json!({"Type": "fixed-response", "FixedResponseConfig": answer})
}

/// Whether something of a request comes to a target.
pub(crate) fn lets_through(actions: &[Value]) -> bool {
    actions.iter().any(|action| !matches!(action["Type"].as_str(), Some("redirect" | "fixed-response")))
}

/// A redirect to HTTPS for good. One that is there keeps what it says of host, path and query, and its port if that is
/// one of these, on which the load balancer speaks HTTPS.
pub(super) fn redirect(actions: &[Value], ports: &[String]) -> Value {
    let mut config = json!({
        "Protocol": "HTTPS", "Port": "443", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}", "StatusCode": "HTTP_301",
    });
    if let [only] = actions
        && only["Type"] == "redirect"
    {
        let old = &only["RedirectConfig"];
        for (key, value) in old.as_object().into_iter().flatten() {
            let kept = match key.as_str() {
                "Protocol" | "StatusCode" => false,
                "Port" => old["Protocol"] == "HTTPS" && leads_to(old, ports),
                _ => true,
            };
            if kept {
                config[key] = value.clone();
            }
        }
    }
    json!({"Type": "redirect", "RedirectConfig": config})
}

/// Whether a redirect names one of these ports. Without a port it stays on the one that it came to, which speaks HTTP.
fn leads_to(config: &Value, ports: &[String]) -> bool {
    config["Port"].as_str().is_some_and(|port| ports.iter().any(|one| one == port))
}

/// Whether every action redirects to HTTPS for good, on one of these ports.
pub(super) fn redirects(actions: &[Value], ports: &[String]) -> bool {
    let redirects = |action: &Value| {
        let config = &action["RedirectConfig"];
        action["Type"] == "redirect"
            && config["Protocol"] == "HTTPS"
            && config["StatusCode"] == "HTTP_301"
            && leads_to(config, ports)
    };
    !actions.is_empty() && actions.iter().all(redirects)
}

/// Why actions could not be given again as they are described; `None` where they can.
pub(crate) fn cannot_be_given(actions: &[Value]) -> Option<&'static str> {
    actions.iter().any(|action| action["Type"] == "authenticate-oidc").then_some(
        "it signs users in by OpenID Connect, and the client secret, which AWS shows to nobody, would be needed to put that back",
    )
}

/// The target groups that requests are forwarded to.
pub(crate) fn target_groups(actions: &[Value]) -> BTreeSet<String> {
    let one = |action: &Value| {
        let many = action["ForwardConfig"]["TargetGroups"].as_array().cloned().unwrap_or_default();
        many.into_iter().chain([action.clone()]).filter_map(|group| Some(group["TargetGroupArn"].as_str()?.to_owned()))
    };
    actions.iter().filter(|action| action["Type"] == "forward").flat_map(one).collect()
}

/// The conditions of a rule as they are given: AWS describes some twice and takes each once, and values of headers and query
/// strings are fingerprints here, so such a condition is read again right before the call.
pub(crate) fn given(rule: &str, conditions: &[Value]) -> Vec<Value> {
    conditions.iter().enumerate().map(|(at, condition)| given_one(rule, at, condition)).collect()
}

fn given_one(rule: &str, at: usize, condition: &Value) -> Value {
    if holds_stand_in(condition) {
        let found = Find {
            service: "elbv2".to_owned(),
            operation: "DescribeRules".to_owned(),
            parameters: json!({"RuleArns": [rule]}),
            list: "/Rules".to_owned(),
            matching: [("/RuleArn".to_owned(), json!(rule))].into_iter().collect(),
            take: format!("/Conditions/{at}"),
            planned: condition.clone(),
        };
        return found.placeholder();
    }
    let mut condition = condition.clone();
    if let Some(map) = condition.as_object_mut()
        && map.keys().any(|key| key.ends_with("Config"))
    {
        map.remove("Values");
        map.remove("RegexValues");
    }
    condition
}

fn holds_stand_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("sha256:") || text == "<redacted>",
        Value::Array(list) => list.iter().any(holds_stand_in),
        Value::Object(map) => map.values().any(holds_stand_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// How many values the conditions hold; AWS allows five a rule.
pub(crate) fn values(conditions: &[Value]) -> usize {
    let one = |condition: &Value| {
        let configs = condition.as_object().into_iter().flatten().filter(|(key, _)| key.ends_with("Config"));
        let told: usize = configs
            .flat_map(|(_, config)| ["Values", "RegexValues"].map(|key| config[key].as_array().map_or(0, Vec::len)))
            .sum();
        if told > 0 { told } else { condition["Values"].as_array().map_or(1, Vec::len) }
    };
    conditions.iter().map(one).sum()
}

/// The values that a condition demands of a header, and whether all of them are plain values; `None` where it demands
/// another thing.
pub(crate) fn header<'a>(condition: &'a Value, name: &str) -> Option<(Vec<&'a str>, bool)> {
    let config = &condition["HttpHeaderConfig"];
    let fits = condition["Field"] == "http-header" && config["HttpHeaderName"].as_str()?.eq_ignore_ascii_case(name);
    let values = config["Values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    fits.then(|| (values, config["RegexValues"].as_array().is_none_or(Vec::is_empty)))
}

/// Whether a condition admits addresses of these ranges only.
pub(crate) fn from_within(conditions: &[Value], ranges: &[String]) -> bool {
    let ranges: Vec<IpNet> = ranges.iter().filter_map(|range| range.parse().ok()).collect();
    let within = |address: &Value| {
        let net = address.as_str().and_then(|text| text.parse::<IpNet>().ok());
        net.is_some_and(|net| ranges.iter().any(|range| range.contains(&net)))
    };
    let sources = conditions.iter().filter(|one| one["Field"] == "source-ip");
    sources
        .filter_map(|one| one["SourceIpConfig"]["Values"].as_array())
        .any(|addresses| !addresses.is_empty() && addresses.iter().all(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_keeps_where_it_leads() {
        let old = json!([{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP", "Port": "80", "Path": "/new", "StatusCode": "HTTP_302"}}]);
        let config = redirect(old.as_array().expect("list"), &[])["RedirectConfig"].clone();
        let parts =
            ["Protocol", "Port", "Path", "StatusCode"].map(|key| config[key].as_str().expect("text").to_owned());
        assert_eq!(parts, ["HTTPS", "443", "/new", "HTTP_301"]);
    }

    #[test]
    fn a_redirect_leads_where_https_is_spoken() {
        let ports = ["443".to_owned(), "8443".to_owned()];
        for (port, right, kept) in [("8443", true, "8443"), ("#{port}", false, "443"), ("444", false, "443")] {
            let old = json!([{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": port, "StatusCode": "HTTP_301"}}]);
            let old = old.as_array().expect("list");
            assert_eq!(redirects(old, &ports), right, "{port}");
            assert_eq!(redirect(old, &ports)["RedirectConfig"]["Port"], json!(kept), "{port}");
        }
    }

    #[test]
    fn conditions_are_given_once_and_secrets_are_read_again() {
        let path = json!({"Field": "path-pattern", "Values": ["/a"], "PathPatternConfig": {"Values": ["/a"]}});
        let tenant =
            json!({"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Tenant", "Values": ["sha256:1"]}});
        let given = given("r", &[path.clone(), tenant.clone()]);
        assert_eq!(given[0], json!({"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"]}}));
        assert_eq!(given[1]["$find"]["take"], json!("/Conditions/1"));
        assert_eq!(crate::simulate::planned(given[1].clone()), tenant);
        assert_eq!(values(&[path, tenant]), 2);
    }

    #[test]
    fn addresses_are_within_ranges_only_if_all_are() {
        let ranges = ["10.0.0.0/8".to_owned()];
        let condition = |values: Value| json!({"Field": "source-ip", "SourceIpConfig": {"Values": values}});
        assert!(from_within(&[condition(json!(["10.1.0.0/16", "10.2.3.4/32"]))], &ranges));
        for values in [json!(["10.1.0.0/16", "192.0.2.0/24"]), json!([]), json!(["0.0.0.0/0"]), json!(null)] {
            assert!(!from_within(&[condition(values)], &ranges));
        }
    }

    #[test]
    fn weighted_targets_are_all_seen() {
        let actions = [
            json!({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "a"}, {"TargetGroupArn": "b"}]}}),
        ];
        assert_eq!(target_groups(&actions), ["a", "b"].map(str::to_owned).into());
    }
}
