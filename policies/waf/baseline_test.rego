package konecta.waf.baseline_test

import rego.v1

import data.konecta.waf.baseline as control

blueprint := {"waf": {"managed_groups": ["Common", "SQLi"]}}

group(name) := {
	"Name": lower(name),
	"OverrideAction": {"None": {}},
	"Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name, "RuleActionOverrides": null, "ExcludedRules": null}},
}

watching(name) := json.patch(group(name), [{"op": "replace", "path": "/OverrideAction", "value": {"Count": {}}}])

loosened(name, key, rules) := object.union(group(name), {"Statement": {"ManagedRuleGroupStatement": {key: rules}}})

limit(action) := {"Name": "rate", "Action": {action: {}}, "Statement": {"RateBasedStatement": {"Limit": 2000}}}

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
	whole := acl([group("SQLi"), {"Name": "own", "Statement": {"GeoMatchStatement": {}}}, group("Common"), limit("Block")])
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
	overridden := loosened("SQLi", "RuleActionOverrides", [
		{"Name": "SQLi_BODY", "ActionToUse": {"Count": {}}},
		{"Name": "SQLi_COOKIE", "ActionToUse": {"Block": {}}},
	])
	found(acl([overridden, group("Common"), limit("Block")])) == {"Rules[sqli].RuleActionOverrides": ["SQLi_BODY"]}
	excluded := loosened("SQLi", "ExcludedRules", [{"Name": "SQLi_BODY"}])
	found(acl([excluded, group("Common"), limit("Block")])) == {"Rules[sqli].RuleActionOverrides": ["SQLi_BODY"]}
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
