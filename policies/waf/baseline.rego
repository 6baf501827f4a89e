# METADATA
# title: A web ACL blocks with the baseline of managed rule groups and a rate limit
# description: >-
#   AWS keeps rule groups against common attacks, known bad inputs, SQL injection and addresses of bad reputation; a rate-based rule stops
#   floods from one address. A group that is overridden to count, or a rule of it that is, only watches: the request goes through. Rules of
#   Firewall Manager policies count as well.
# related_resources:
#   - https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
#   - https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-rule-group-override-options.html
#   - https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html
# custom:
#   id: KA-WAF-002
#   severity: medium
#   resource: AWS::WAFv2::WebACL
#   remediation: >-
#     Add the missing managed rule groups and a rate-based rule that blocks; take overrides to count away once the sampled requests show no
#     legitimate ones among them.
#   reads: [wafv2:ListWebACLs, wafv2:GetWebACL]
#   claims: [cf-waf-ready]
#   fix: wafv2.baseline
package konecta.waf.baseline

import rego.v1

import data.konecta.lib.waf

pass if {
	count(_wanted) > 0
	every name in _wanted {
		some rule in waf.known
		_blocks(rule, name)
	}
	some rule in waf.known
	_limits(rule)
}

violations contains {"path": sprintf("Rules.%s", [name]), "actual": null, "expected": "a managed rule group that blocks"} if {
	rules := waf.rules
	some name in _wanted
	every rule in rules { waf.another(rule, name) }
	waf.whole
}

violations contains {"path": path, "actual": "Count", "expected": "None"} if {
	some rule in waf.known
	waf.managed_group(rule).Name in _wanted
	is_object(rule.OverrideAction.Count)
	not _blocked_elsewhere(waf.managed_group(rule).Name)
	path := sprintf("Rules[%s].OverrideAction", [rule.Name])
}

violations contains {"path": path, "actual": counting, "expected": []} if {
	some rule in waf.known
	waf.managed_group(rule).Name in _wanted
	not _blocked_elsewhere(waf.managed_group(rule).Name)
	counting := sort(waf.counting(rule))
	count(counting) > 0
	path := sprintf("Rules[%s].RuleActionOverrides", [rule.Name])
}

violations contains {"path": "Rules.RateBasedStatement", "actual": null, "expected": "a rate-based rule that blocks"} if {
	rules := waf.rules
	every rule in rules { _limitless(rule) }
	waf.whole
}

_wanted := {name | some name in data.blueprint.waf.managed_groups}

_blocks(rule, name) if {
	group := waf.managed_group(rule)
	group.Name == name
	is_object(rule.OverrideAction.None)
	every override in waf.listed(group.RuleActionOverrides) { waf.other_than("Count", override.ActionToUse) }
	count(waf.listed(group.ExcludedRules)) == 0
}

_blocked_elsewhere(name) if {
	some rule in waf.known
	_blocks(rule, name)
}

_limits(rule) if {
	is_object(rule.Statement.RateBasedStatement)
	is_object(rule.Action.Block)
}

# A rule that certainly does not block floods.
_limitless(rule) if waf.other_than("RateBasedStatement", rule.Statement)

_limitless(rule) if waf.other_than("Block", rule.Action)
