package konecta.waf.has_rules_test

import rego.v1

import data.konecta.waf.has_rules as control

acl(rules, before, after) := {"configuration": {
	"Rules": rules,
	"PreProcessFirewallManagerRuleGroups": before,
	"PostProcessFirewallManagerRuleGroups": after,
}}

test_a_rule_or_a_group_of_firewall_manager_passes if {
	every one in [acl([{"Name": "a"}], null, null), acl([], [{"Name": "a"}], null), acl([], null, [{"Name": "a"}])] {
		control.pass with input as one
		count(control.violations) == 0 with input as one
	}
}

test_no_rules_fail if {
	every one in [acl([], null, null), acl([], [], [])] {
		control.violations == {{"path": "Rules", "actual": 0, "expected": "at least 1"}} with input as one
		not control.pass with input as one
	}
}

test_unread_web_acl_is_unknown if {
	every config in [{}, {"Rules": []}] {
		not control.pass with input as {"configuration": config}
		count(control.violations) == 0 with input as {"configuration": config}
	}
}
