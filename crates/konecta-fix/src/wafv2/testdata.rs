//! A web ACL for the tests of remedies, in the shape in which WAF describes it.

use serde_json::{Value, json};

/// One for the edge with these rules.
pub(crate) fn web_acl(name: &str, rules: Value) -> Value {
    let arn = format!("arn:aws:wafv2:us-east-1:123456789012:global/webacl/{name}/1");
    json!({
        "resourceType": "AWS::WAFv2::WebACL", "resourceId": name, "region": "global", "arn": arn, "supplement": {"scope": "CLOUDFRONT"},
        "configuration": {
            "Name": name, "Id": "1", "ARN": arn, "DefaultAction": {"Allow": {}}, "Description": "", "Rules": rules,
            "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name},
            "Capacity": 0, "PreProcessFirewallManagerRuleGroups": null, "PostProcessFirewallManagerRuleGroups": null,
        },
    })
}
