package konecta.network.default_group_test

import rego.v1

import data.konecta.network.default_group as control

arn := "arn:aws:ec2:us-east-1:123456789012:security-group/sg-1"

group(name) := {"arn": arn, "configuration": {"GroupId": "sg-1", "GroupName": name}}

empty := {"rule_ids": [], "members": []}

test_an_empty_group_that_nothing_carries_passes if {
	control.pass with input as group("default") with data.facts as {arn: empty}
	count(control.violations) == 0 with input as group("default") with data.facts as {arn: empty}
	count(control.not_applicable) == 0 with input as group("default") with data.facts as {arn: empty}
}

test_every_rule_and_every_member_is_a_violation if {
	facts := {arn: {"rule_ids": ["sgr-1", "sgr-2"], "members": ["eni-1"]}}
	control.violations == {
		{"path": "rules[sgr-1]", "actual": "sgr-1", "expected": "no rule"},
		{"path": "rules[sgr-2]", "actual": "sgr-2", "expected": "no rule"},
		{"path": "members[eni-1]", "actual": "eni-1", "expected": "a security group of its own"},
	} with input as group("default") with data.facts as facts
	not control.pass with input as group("default") with data.facts as facts
}

test_half_of_the_facts_is_unknown if {
	every key in ["rule_ids", "members"] {
		facts := {arn: object.remove(empty, [key])}
		not control.pass with input as group("default") with data.facts as facts
		count(control.violations) == 0 with input as group("default") with data.facts as facts
	}
}

test_other_groups_are_not_meant if {
	count(control.not_applicable) == 1 with input as group("web") with data.facts as {arn: {"rule_ids": ["sgr-1"], "members": []}}
	count(control.violations) == 0 with input as group("web") with data.facts as {arn: {"rule_ids": ["sgr-1"], "members": []}}
}

test_a_group_without_a_name_is_unknown if {
	nameless := {"arn": arn, "configuration": {"GroupId": "sg-1"}}
	not control.pass with input as nameless with data.facts as {arn: empty}
	count(control.not_applicable) == 0 with input as nameless with data.facts as {arn: empty}
}
