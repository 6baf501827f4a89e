package konecta.waf.baseline_test

import rego.v1

import data.konecta.waf.baseline as control

blueprint := {"waf": {"managed_groups": ["Common", "SQLi"], "rate_limit": 2000}}

group(name) := {
	"Name": lower(name),
	"OverrideAction": {"None": {}},
	"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name, "RuleActionOverrides": null, "ExcludedRules": null}},
}

watching(name) := json.patch(group(name), [{"op": "replace", "path": "/OverrideAction", "value": {"Count": {}}}])

loosened(name, key, rules) := object.union(group(name), {"Statement": {"ManagedRuleGroupStatement": {key: rules}}})

limit(action) := {"Name": "rate", "Action": {action: {}}, "Statement": {"RateBasedStatement": rate}}

rate := {"Limit": 2000, "EvaluationWindowSec": 300, "AggregateKeyType": "IP"}

ordered(rules) := acl([object.union(rule, {"Priority": at}) | some at, rule in rules])

allow(statement) := {"Name": "let-in", "Action": {"Allow": {}}, "Statement": statement}

every_path := {"ByteMatchStatement": {
	"SearchString": "Lw==", "PositionalConstraint": "STARTS_WITH", "FieldToMatch": {"UriPath": {}},
	"TextTransformations": [{"Priority": 0, "Type": "NONE"}],
}}

never := json.patch(every_path, [{"op": "replace", "path": "/ByteMatchStatement/SearchString", "value": "L25ldmVy"}])

baseline := [group("Common"), group("SQLi"), limit("Block")]

rate_rule(change) := object.union(limit("Block"), {"Statement": {"RateBasedStatement": change}})

neither(config) if {
	found(config) == {}
	not control.pass with input as config with data.blueprint as blueprint
}

acl(rules) := {"configuration": {
	"Rules": rules,
	"PreProcessFirewallManagerRuleGroups": null,
	"PostProcessFirewallManagerRuleGroups": null,
}}

found(config) := violations if {
	violations := {violation.path: violation.actual | some violation in control.violations} with input as config
		with data.blueprint as blueprint
}

test_all_groups_and_a_limit_pass if {
	whole := acl([group("SQLi"), {"Name": "own", "Action": {"Block": {}}, "Statement": {"GeoMatchStatement": {}}}, group("Common"), limit("Block")])
	control.pass with input as whole with data.blueprint as blueprint
	found(whole) == {}
}

test_a_group_of_firewall_manager_counts if {
	managed := {
		"Name": "fms",
		"OverrideAction": {"None": {}},
		"FirewallManagerStatement": {"ManagedRuleGroupStatement": {
			"VendorName": "AWS", "Name": "SQLi",
			"RuleActionOverrides": null, "ExcludedRules": null,
		}},
	}
	whole := object.union(acl([group("Common"), limit("Block")]), {"configuration": {"PostProcessFirewallManagerRuleGroups": [managed]}})
	control.pass with input as whole with data.blueprint as blueprint
	found(whole) == {}
}

test_missing_group_and_another_vendors_fail if {
	other := object.union(group("SQLi"), {"Statement": {"ManagedRuleGroupStatement": {"VendorName": "Elsewhere"}}})
	every rules in [[group("Common"), limit("Block")], [group("Common"), other, limit("Block")]] {
		found(acl(rules)) == {"Rules.SQLi": null}
		not control.pass with input as acl(rules) with data.blueprint as blueprint
	}
}

test_no_limit_and_one_that_counts_fail if {
	every rules in [[group("Common"), group("SQLi")], [group("Common"), group("SQLi"), limit("Count")]] {
		found(acl(rules)) == {"Rules.RateBasedStatement": null}
		not control.pass with input as acl(rules) with data.blueprint as blueprint
	}
}

test_group_that_counts_fails if {
	counting := acl([watching("SQLi"), group("Common"), limit("Block")])
	found(counting) == {"Rules[sqli].OverrideAction": "Count"}
	not control.pass with input as counting with data.blueprint as blueprint
}

test_rules_that_count_fail if {
	some_counting := loosened("SQLi", "RuleActionOverrides", [
		{"Name": "SQLi_BODY", "ActionToUse": {"Count": {}}},
		{"Name": "SQLi_COOKIE", "ActionToUse": {"Block": {}}},
	])
	found(acl([some_counting, group("Common"), limit("Block")])) == {"Rules[sqli].RuleActionOverrides": ["SQLi_BODY: Count"]}
	excluded := loosened("SQLi", "ExcludedRules", [{"Name": "SQLi_BODY"}])
	found(acl([excluded, group("Common"), limit("Block")])) == {"Rules[sqli].RuleActionOverrides": ["SQLi_BODY: Count"]}
}

test_a_second_one_that_blocks_is_enough if {
	overridden := loosened("SQLi", "ExcludedRules", [{"Name": "SQLi_BODY"}])
	twice := acl([overridden, group("SQLi"), group("Common"), limit("Block")])
	control.pass with input as twice with data.blueprint as blueprint
	found(twice) == {}
}

test_unread_web_acl_and_unread_groups_are_unknown if {
	every config in [{"configuration": {}}, {"configuration": {"Rules": []}}, acl([{"Name": "own"}])] {
		not control.pass with input as config with data.blueprint as blueprint
		found(config) == {}
	}
}

test_rules_that_let_in_fail_and_those_that_ask_for_a_token_pass if {
	letting := loosened("SQLi", "RuleActionOverrides", [{"Name": "SQLi_BODY", "ActionToUse": {"Allow": {}}}])
	found(acl([letting, group("Common"), limit("Block")])) == {"Rules[sqli].RuleActionOverrides": ["SQLi_BODY: Allow"]}
	asking := loosened("SQLi", "RuleActionOverrides", [{"Name": "SQLi_BODY", "ActionToUse": {"Captcha": {}}}])
	control.pass with input as acl([asking, group("Common"), limit("Challenge")]) with data.blueprint as blueprint
}

test_an_action_that_is_not_known_is_unknown if {
	every action in [{"Monetize": {}}, {}, null, {"Block": {}, "Allow": {}}] {
		neither(acl([loosened("SQLi", "RuleActionOverrides", [{"Name": "a", "ActionToUse": action}]), group("Common"), limit("Block")]))
		neither(ordered(array.concat([{"Name": "own", "Action": action, "Statement": never}], baseline)))
	}
	neither(ordered(array.concat([{"Name": "own", "OverrideAction": {"Other": {}}, "Statement": never}], baseline)))
	neither(ordered(array.concat([object.union(group("SQLi"), {"Statement": {"ManagedRuleGroupStatement": {"VendorName": "Other"}}})], baseline)))
	neither(acl([group("Common"), group("SQLi"), limit("Monetize")]))
	neither(acl(array.concat(["text"], baseline)))
}

test_what_is_let_in_before_the_groups_does_not_pass if {
	neither(ordered(array.concat([allow(never)], baseline)))
	first := ordered(array.concat([allow(every_path)], baseline))
	found(first) == {"Rules[let-in].Action": "an Allow of every request before rule groups are tried"}
	not control.pass with input as first with data.blueprint as blueprint
	last := ordered(array.concat(baseline, [allow(every_path)]))
	control.pass with input as last with data.blueprint as blueprint
	neither(acl(array.concat(baseline, [allow(never)])))
	managed := {"Name": "fms", "Priority": 9, "OverrideAction": {"None": {}}, "FirewallManagerStatement": {}}
	neither(object.union(ordered(baseline), {"configuration": {"PreProcessFirewallManagerRuleGroups": [managed]}}))
}

test_a_group_that_lets_in_before_the_others_does_not_pass if {
	letting := loosened("Bots", "RuleActionOverrides", [{"Name": "a", "ActionToUse": {"Allow": {}}}])
	neither(ordered(array.concat([letting], baseline)))
	watched := json.patch(letting, [{"op": "replace", "path": "/OverrideAction", "value": {"Count": {}}}])
	control.pass with input as ordered(array.concat([watched], baseline)) with data.blueprint as blueprint
}

narrowed(statement) := acl([
	object.union(group("SQLi"), {"Statement": {"ManagedRuleGroupStatement": {"ScopeDownStatement": statement}}}),
	group("Common"), limit("Block"),
])

test_scope_down_statements_are_unknown_unless_they_leave_nothing_out if {
	neither(narrowed(never))
	neither(narrowed({"GeoMatchStatement": {"CountryCodes": ["EG"]}}))
	control.pass with input as narrowed(every_path) with data.blueprint as blueprint
	neither(acl([group("Common"), group("SQLi"), rate_rule({"ScopeDownStatement": never})]))
	control.pass with input as acl([group("Common"), group("SQLi"), rate_rule({"ScopeDownStatement": every_path})]) with data.blueprint as blueprint
}

with_rate(change) := acl([group("Common"), group("SQLi"), rate_rule(change)])

test_a_limit_counts_by_its_window if {
	control.pass with input as with_rate({"Limit": 400, "EvaluationWindowSec": 60}) with data.blueprint as blueprint
	found(with_rate({"Limit": 401, "EvaluationWindowSec": 60})) == {"Rules.RateBasedStatement": ["rate: 401 requests in 60 seconds"]}
	found(with_rate({"Limit": 2001})) == {"Rules.RateBasedStatement": ["rate: 2001 requests in 300 seconds"]}
	every change in [{"Limit": null}, {"Limit": "10"}, {"EvaluationWindowSec": null}, {"AggregateKeyType": "CUSTOM_KEYS"}] { neither(with_rate(change)) }
}

own(rules, change) := object.union(
	ordered([group("Common"), group("SQLi"), object.union({"Name": "own", "OverrideAction": {"None": {}}, "Statement": {"RuleGroupReferenceStatement": reference}}, change)]),
	{"supplement": {"ruleGroups": [{"ARN": "rg", "Rules": rules}]}},
)

reference := {"ARN": "rg", "RuleActionOverrides": null, "ExcludedRules": null}

test_a_limit_in_an_own_rule_group_counts if {
	control.pass with input as own([limit("Block")], {}) with data.blueprint as blueprint
	found(own([limit("Block")], {})) == {}
	found(own([limit("Count")], {})) == {"Rules.RateBasedStatement": null}
	found(own(null, {})) == {"Rules.RateBasedStatement": null}
	watched := json.patch(own([limit("Block")], {}), [{"op": "replace", "path": "/configuration/Rules/2/OverrideAction", "value": {"Count": {}}}])
	found(watched) == {"Rules.RateBasedStatement": null}
	neither(object.remove(own([limit("Block")], {}), ["supplement"]))
	neither(own([limit("Block")], {"OverrideAction": null}))
}

overridden(key, list) := own([limit("Block")], {"Statement": {"RuleGroupReferenceStatement": {key: list}}})

test_overrides_of_an_own_rule_group_count if {
	found(overridden("ExcludedRules", [{"Name": "rate"}])) == {"Rules.RateBasedStatement": null}
	found(overridden("RuleActionOverrides", [{"Name": "rate", "ActionToUse": {"Count": {}}}])) == {"Rules.RateBasedStatement": null}
	control.pass with input as overridden("RuleActionOverrides", [{"Name": "other", "ActionToUse": {"Count": {}}}]) with data.blueprint as blueprint
	neither(overridden("RuleActionOverrides", [{"Name": "rate", "ActionToUse": {"Count": {}}}, {"Name": "rate", "ActionToUse": {"Block": {}}}]))
	neither(overridden("RuleActionOverrides", "text"))
	neither(own([object.union(allow(never), {"Priority": 0}), object.union(limit("Block"), {"Priority": 1})], {}))
	control.pass with input as own([object.union(allow(never), {"Priority": 1}), object.union(limit("Block"), {"Priority": 0})], {}) with data.blueprint as blueprint
}

reasons(web_acl) := all if {
	all := control.unknown with input as web_acl with data.blueprint as blueprint
}

test_scope_down_is_named_where_it_leaves_open if {
	"rule sqli runs SQLi only on what its scope-down statement lets through" in reasons(narrowed(never))
}

test_scope_down_of_a_rate_rule_is_named_where_it_leaves_open if {
	"rule rate counts only what its scope-down statement lets through" in reasons(with_rate({"ScopeDownStatement": never}))
}

test_keys_is_named_where_it_leaves_open if {
	"rule rate counts by CUSTOM_KEYS, and not each address by itself" in reasons(with_rate({"AggregateKeyType": "CUSTOM_KEYS"}))
}

test_an_unread_rule_group_is_named_where_it_leaves_open if {
	"the rule group that rule own runs was not read" in reasons(object.remove(own([limit("Block")], {}), ["supplement"]))
}

test_an_action_is_named_where_it_leaves_open if {
	"rule rate: it is not known what its action Monetize does to a request" in reasons(acl([group("Common"), group("SQLi"), limit("Monetize")]))
}

test_an_override_is_named_where_it_leaves_open if {
	overriding := loosened("Common", "RuleActionOverrides", [{"Name": "a", "ActionToUse": {"Monetize": {}}}])
	"rule common: it is not known what Monetize, to which a is overridden, does to a request" in reasons(acl([overriding, group("SQLi"), limit("Block")]))
}

test_an_allow_before_is_named_where_it_leaves_open if {
	letting := ordered(array.concat([allow(never)], baseline))
	some reason in reasons(letting)
	contains(reason, "which is tried before, may let in what")
}

common := "AWSManagedRulesCommonRuleSet"

promised := {"waf": {"managed_groups": [common], "rate_limit": 2000}}

by_label(scope, key) := {"Name": "by-label", "Action": {"Block": {}}, "Statement": {"LabelMatchStatement": {"Scope": scope, "Key": key}}}

judged(rules) := {violation.path | some violation in violations} if {
	violations := control.violations with input as ordered(rules) with data.blueprint as promised
}

test_a_rule_that_blocks_all_labels_of_a_counting_group_is_as_good if {
	rules := [watching(common), by_label("NAMESPACE", "awswaf:managed:aws:core-rule-set:"), limit("Block")]
	control.pass with input as ordered(rules) with data.blueprint as promised
	count(judged(rules)) == 0
}

test_a_rule_that_blocks_some_labels_leaves_it_open if {
	counting := loosened(common, "RuleActionOverrides", [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}])
	rules := [counting, by_label("LABEL", "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"), limit("Block")]
	not control.pass with input as ordered(rules) with data.blueprint as promised
	count(judged(rules)) == 0
	reasons := control.unknown with input as ordered(rules) with data.blueprint as promised
	some reason in reasons
	contains(reason, "what they label")
}

test_labels_of_others_or_before_they_are_there_change_nothing if {
	every rules in [
		[by_label("NAMESPACE", "awswaf:managed:aws:core-rule-set:"), watching(common), limit("Block")],
		[watching(common), by_label("NAMESPACE", "awswaf:managed:aws:bot-control:"), limit("Block")],
		[watching(common), object.union(by_label("NAMESPACE", "awswaf:managed:aws:core-rule-set:"), {"Action": {"Count": {}}}), limit("Block")],
	] {
		count(judged(rules)) == 1
	}
}
