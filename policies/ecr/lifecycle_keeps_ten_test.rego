package konecta.ecr.lifecycle_keeps_ten_test

import rego.v1

import data.konecta.ecr.lifecycle_keeps_ten as control

nothing := {path | some path in []}

blueprint := {"ecr": {"keep_images": 10}}

repository(rules) := {"supplement": {"lifecyclePolicy": {"rules": rules}}}

rule(priority, selection) := {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}

transition(priority, selection) := {
	"rulePriority": priority, "selection": selection,
	"action": {"type": "transition", "targetStorageClass": "archive"},
}

more_than(status, number) := {"tagStatus": status, "countType": "imageCountMoreThan", "countNumber": number}

older_than(status, days) := {"tagStatus": status, "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}

archived(days) := {"tagStatus": "any", "storageClass": "archive", "countType": "sinceImageTransitioned", "countUnit": "days", "countNumber": days}

keep := rule(9, more_than("any", 10))

passes(rules) if {
	control.pass with input as repository(rules) with data.blueprint as blueprint
	count(control.violations) == 0 with input as repository(rules) with data.blueprint as blueprint
}

paths(rules) := {violation.path | some violation in violations(rules)} if {
	not control.pass with input as repository(rules) with data.blueprint as blueprint
}

violations(rules) := found if {
	found := control.violations with input as repository(rules) with data.blueprint as blueprint
}

test_last_ten_of_any_image_pass if {
	passes([keep])
}

test_every_tag_passes if {
	passes([rule(1, object.union(more_than("tagged", 10), {"tagPatternList": ["*"]}))])
}

test_some_tags_only_fail if {
	paths([rule(1, object.union(more_than("tagged", 10), {"tagPatternList": ["v*"]}))]) == {"lifecyclePolicy.rules"}
	paths([rule(1, object.union(more_than("tagged", 10), {"tagPatternList": ["*", "v*"]}))]) == {"lifecyclePolicy.rules"}
	paths([rule(1, object.union(more_than("tagged", 10), {"tagPrefixList": ["v"]}))]) == {"lifecyclePolicy.rules"}
	paths([rule(1, more_than("untagged", 10))]) == {"lifecyclePolicy.rules"}
}

test_no_policy_fails if {
	none := {"supplement": {"lifecyclePolicy": null}}
	control.violations == {{
		"path": "lifecyclePolicy",
		"actual": null,
		"expected": "a rule that expires images of any tag status by imageCountMoreThan 10",
	}} with input as none with data.blueprint as blueprint
	not control.pass with input as none with data.blueprint as blueprint
}

test_no_rule_by_count_fails if {
	violations([rule(1, older_than("any", 30))]) == {{
		"path": "lifecyclePolicy.rules",
		"actual": "no such rule",
		"expected": "a rule that expires images of any tag status by imageCountMoreThan 10",
	}}
	paths([]) == {"lifecyclePolicy.rules"}
}

test_other_number_fails if {
	violations([rule(1, more_than("any", 5))]) == {{
		"path": "lifecyclePolicy.rules[1].selection.countNumber",
		"actual": 5,
		"expected": 10,
	}}
	paths([rule(1, more_than("any", 50))]) == {"lifecyclePolicy.rules[1].selection.countNumber"}
}

test_rule_by_age_before_it_fails if {
	violations([rule(1, object.union(older_than("tagged", 7), {"tagPrefixList": ["v"]})), keep]) == {{
		"path": "lifecyclePolicy.rules[1].selection",
		"actual": {"tagStatus": "tagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7},
		"expected": "only untagged or older images",
	}}
	paths([rule(1, object.union(older_than("tagged", 7), {"tagPrefixList": ["v"]})), keep]) == {"lifecyclePolicy.rules[1].selection"}
}

test_smaller_number_before_it_fails if {
	paths([rule(1, object.union(more_than("tagged", 3), {"tagPatternList": ["dev*"]})), keep]) == {"lifecyclePolicy.rules[1].selection"}
}

test_untagged_and_larger_numbers_before_it_pass if {
	passes([rule(1, older_than("untagged", 1)), rule(2, object.union(more_than("tagged", 50), {"tagPatternList": ["v*"]})), keep])
}

# What the rule for every tag has matched, the rule after it cannot expire.
test_rule_after_it_passes if {
	passes([rule(1, object.union(more_than("tagged", 10), {"tagPatternList": ["*"]})), rule(2, older_than("any", 1))])
}

test_transition_does_not_expire if {
	paths([transition(1, more_than("any", 10))]) == {"lifecyclePolicy.rules"}
	passes([transition(1, object.union(older_than("tagged", 7), {"tagPatternList": ["v*"]})), keep])
}

test_archive_of_recent_images_that_expires_fails if {
	recent := object.union(older_than("tagged", 7), {"tagPatternList": ["v*"]})
	paths([transition(1, recent), keep, rule(10, archived(90))]) == {"lifecyclePolicy.rules[10].selection"}
	passes([transition(1, more_than("any", 20)), keep, rule(10, archived(90))])
}

test_rule_for_the_archive_keeps_nothing if {
	paths([rule(1, object.union(more_than("any", 10), {"storageClass": "archive"}))]) == {"lifecyclePolicy.rules"}
}

test_unread_policy_is_unknown if {
	not control.pass with input as {"supplement": {}} with data.blueprint as blueprint
	count(control.violations) == 0 with input as {"supplement": {}} with data.blueprint as blueprint
}

test_rule_of_a_new_kind_is_unknown if {
	new := rule(1, {"tagStatus": "any", "countType": "sinceMoonrise", "countNumber": 1})
	paths([new, keep]) == nothing
	paths([new]) == nothing
}
