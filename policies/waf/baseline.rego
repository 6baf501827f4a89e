# METADATA
# title: A web ACL blocks with the baseline of managed rule groups and a rate limit
# description: >-
#   AWS keeps rule groups against common attacks, known bad inputs, SQL injection and addresses of bad reputation; a rate-based rule stops
#   floods from one address. A group that is overridden to count, or a rule of it that is, only watches: the request goes through, and so
#   does what an Allow of a rule that is tried before lets in. Rules of Firewall Manager policies and of own rule groups count as well.
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
#     legitimate ones among them; put rules that allow behind them.
#   reads: [wafv2:ListWebACLs, wafv2:GetWebACL, wafv2:GetRuleGroup]
#   fix: wafv2.baseline
package konecta.waf.baseline

import rego.v1

import data.konecta.lib.flood
import data.konecta.lib.waf

pass if {
	waf.whole
	count(_wanted) > 0
	every name in _wanted { _blocked(name) }
	some step in waf.steps
	flood.limits(step)
	count(waf.passed_by(step)) == 0
}

violations contains {"path": sprintf("Rules.%s", [name]), "actual": null, "expected": "a managed rule group that blocks"} if {
	rules := waf.rules
	some name in _wanted
	every rule in rules { waf.another(rule, name) }
}

violations contains {"path": path, "actual": "Count", "expected": "None"} if {
	some rule in waf.known
	waf.managed_group(rule).Name in _wanted
	is_object(rule.OverrideAction.Count)
	not _blocked_elsewhere(waf.managed_group(rule).Name)
	not waf.relabelled(rule)
	path := sprintf("Rules[%s].OverrideAction", [rule.Name])
}

violations contains {"path": path, "actual": loosened, "expected": "each rule blocks, or asks for a token"} if {
	some rule in waf.known
	waf.managed_group(rule).Name in _wanted
	not _blocked_elsewhere(waf.managed_group(rule).Name)
	not waf.relabelled(rule)
	loosened := sort(waf.loosened(rule))
	count(loosened) > 0
	path := sprintf("Rules[%s].RuleActionOverrides", [rule.Name])
}

violations contains {"path": path, "actual": "an Allow of every request before rule groups are tried", "expected": "an Allow behind them"} if {
	some step in waf.steps
	step.does == "Allow"
	waf.everything(step.rule.Statement)
	some group in waf.steps
	waf.managed_group(group.rule).Name in _wanted
	step.to < group.from
	path := sprintf("Rules[%s].Action", [step.rule.Name])
}

violations contains {"path": "Rules.RateBasedStatement", "actual": flood.found, "expected": flood.expected} if {
	waf.whole
	every step in waf.steps { flood.limitless(step) }
}

unknown contains reason if some reason in waf.doubts(_wanted)

unknown contains reason if some reason in flood.doubts | flood.doubts_of_numbers

_wanted := {name | some name in data.blueprint.waf.managed_groups}

_blocked(name) if {
	some step in waf.steps
	waf.blocks(step, name)
	count(waf.passed_by(step)) == 0
}

# Another rule of the same group may do what this one does not.
_blocked_elsewhere(name) if {
	some step in waf.steps
	waf.blocks(step, name)
}
