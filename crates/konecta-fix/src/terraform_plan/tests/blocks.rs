//! Lists of blocks with names: what changes inside an entry is judged, and all else leaves the list unknown.

use std::slice::from_ref;

use konecta_base::finding::Status::{Fail, Pass, Unknown};

use super::drifted::*;
use super::*;

const WEB_ACL: &str = "global/webacl/group-counts/f4eb2fc2-7ba3-4212-94fd-60e85e01ae0e";

fn web_acl(rules: &[Value]) -> Value {
    let arn = format!("arn:aws:wafv2:us-east-1:123456789012:{WEB_ACL}");
    json!({"arn": arn, "rule": rules})
}

/// A rule as the provider writes it: a block that is not there is an empty list.
fn rule(live: &Value, counts: bool, priority: u64) -> Value {
    let none = if counts { json!([]) } else { json!([{}]) };
    let count = if counts { json!([{"custom_request_handling": []}]) } else { json!([]) };
    json!({"name": live["Name"], "priority": priority, "override_action": [{"none": none, "count": count}]})
}

#[test]
fn the_rules_of_a_web_acl() {
    let live = laid(&[]);
    let live = at(&live, WEB_ACL, "/configuration/Rules").expect("rules");
    let live = live.as_array().expect("a list");
    let of = |mended: bool| -> Vec<Value> {
        let priority = |one: &Value| one["Priority"].as_u64().expect("a number");
        let counts = |one: &Value| one["OverrideAction"].get("Count").is_some();
        let mut rules: Vec<Value> = live.iter().map(|one| rule(one, counts(one) && !mended, priority(one))).collect();
        // A set has no order.
        rules.reverse();
        rules
    };
    let (was, is) = (web_acl(&of(false)), of(true));
    let address = "aws_wafv2_web_acl.x";
    let (mut shorter, mut other) = (is.clone(), is.clone());
    shorter.pop();
    other[0]["statement"] = json!([{"geo_match_statement": []}, {}]);
    for (plan, expected) in [
        (updates(address, &was, &web_acl(&is), &no()), Pass),
        (updates(address, &web_acl(&is), &was, &no()), Fail),
        (updates(address, &was, &web_acl(&shorter), &no()), Unknown),
        (updates(address, &was, &web_acl(&other), &no()), Unknown),
        (updates(address, &was, &web_acl(&is), &json!({"rule": [{"priority": true}]})), Unknown),
    ] {
        assert_eq!(verdict(from_ref(&plan), "KA-WAF-002", WEB_ACL), expected, "{plan}");
    }
}

#[test]
fn the_blocks_of_a_distribution() {
    let arn = "arn:aws:cloudfront::123456789012:distribution/EENOT2SGVGGPQ0";
    let end = "distribution/EENOT2SGVGGPQ0";
    let items = "/configuration/DistributionConfig/CacheBehaviors/Items";
    let live = at(&laid(&[]), end, items).expect("behaviors");
    let patterns: Vec<Value> = live.as_array().expect("a list").iter().map(|one| one["PathPattern"].clone()).collect();
    let with = |policy: &str, headers: &str| {
        let block = |pattern: &Value| json!({"path_pattern": pattern, "compress": true, "cache_policy_id": policy, "response_headers_policy_id": headers});
        json!({"arn": arn, "id": "EENOT2SGVGGPQ0", "ordered_cache_behavior": patterns.iter().map(block).collect::<Vec<_>>()})
    };
    let address = "aws_cloudfront_distribution.x";
    let done = laid(&[updates(address, &with("a", "h"), &with("b", ""), &no())]);
    let after = at(&done, end, items).expect("still known");
    for (one, old) in after.as_array().expect("a list").iter().zip(live.as_array().expect("a list")) {
        assert_eq!(one["CachePolicyId"], "b");
        assert_eq!(one.get("ResponseHeadersPolicyId"), Some(&Value::Null), "silence means none");
        assert_eq!(one["ViewerProtocolPolicy"], old["ViewerProtocolPolicy"], "what is not said stays");
    }
    // The first pattern that fits decides: another order is another thing.
    let (mut before, mut turned) = (with("a", "h"), with("a", "h"));
    let extra = json!({"path_pattern": "/other/*", "compress": true});
    before["ordered_cache_behavior"].as_array_mut().expect("a list").push(extra.clone());
    turned["ordered_cache_behavior"].as_array_mut().expect("a list").insert(0, extra);
    let done = laid(&[updates(address, &before, &turned, &no())]);
    assert_eq!(at(&done, end, items), None);
}
