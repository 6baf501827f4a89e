# METADATA
# title: A web ACL has rules
# description: >-
#   A web ACL without a rule lets everything through that its default action lets through, and looks like protection. Rule groups that a
#   Firewall Manager policy puts into it count as well.
# related_resources:
#   - https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html
# custom:
#   id: KA-WAF-001
#   severity: high
#   resource: AWS::WAFv2::WebACL
#   remediation: Add the baseline of managed rule groups (KA-WAF-002) to the web ACL.
#   reads: [wafv2:ListWebACLs, wafv2:GetWebACL]
#   claims: [cf-waf-ready]
#   frameworks: {fsbp: [WAF.10]}
#   fix: wafv2.has_rules
package konecta.waf.has_rules

import rego.v1

import data.konecta.lib.waf

_members := ["Rules", "PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"]

pass if {
	some member in _members
	count(waf.listed(input.configuration[member])) > 0
}

violations contains {"path": "Rules", "actual": 0, "expected": "at least 1"} if {
	every member in _members { count(waf.listed(input.configuration[member])) == 0 }
}
