package konecta.path.stack_is_there_test

import rego.v1

import data.konecta.path.stack_is_there as control

stack := {"arn": "arn:konecta:stack:us-east-1:123456789012:konecta-erp"}

blueprint := {
	"eks": {"cluster": "erp"},
	"ecr": {"repositories": ["erp/auth", "erp/hr"]},
	"bastion": {"tag_key": "Role", "tag_value": "bastion"},
}

all := {
	"distribution": true, "load_balancer": true, "cluster": true, "nodes": true, "repositories": true, "database": true,
	"bastion": true,
}

facts(inventory) := {stack.arn: {"inventory": inventory}}

test_all_there_passes if {
	control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(all)
	count(control.violations) == 0 with input as stack with data.blueprint as blueprint with data.facts as facts(all)
}

missing(inventory) := {one.path |
	some one in control.violations with input as stack
		with data.blueprint as blueprint
		with data.facts as facts(inventory)
}

test_each_missing_part_is_named if {
	every part, _ in all {
		missing(object.union(all, {part: false})) == {part}
	}
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(object.union(all, {"cluster": false}))
}

test_what_is_missing_is_called_by_the_name_of_the_blueprint if {
	less := facts(object.union(all, {"cluster": false, "repositories": false, "bastion": false}))
	expected := {one.expected | some one in control.violations} with input as stack
		with data.blueprint as blueprint
		with data.facts as less
	expected == {"the cluster erp", "the repositories erp/auth, erp/hr", "an instance with the tag Role=bastion"}
}

test_a_missing_part_is_proven_whatever_else_is_not_known if {
	less := facts({"database": false})
	count(control.violations) == 1 with input as stack with data.blueprint as blueprint with data.facts as less
}

test_what_is_not_known_proves_nothing if {
	some inventory in [object.remove(all, ["nodes"]), object.union(all, {"nodes": null}), object.union(all, {"nodes": "yes"}), {}]
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(inventory)
	count(control.violations) == 0 with input as stack with data.blueprint as blueprint with data.facts as facts(inventory)
}

test_why_it_is_not_known_is_told if {
	open := facts(object.union(object.remove(all, ["nodes"]), {"why": ["no node group of erp was seen"]}))
	control.unknown == {"no node group of erp was seen"} with input as stack with data.blueprint as blueprint with data.facts as open
}
