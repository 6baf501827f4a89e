package konecta.eks.autoscaling_test

import rego.v1

import data.konecta.eks.autoscaling as control

group(least, most, desired) := {"arn": "ng", "configuration": {
	"nodegroupName": "nodes",
	"scalingConfig": {"minSize": least, "maxSize": most, "desiredSize": desired},
}}

facts(groups) := {"ng": {"autoscaler": {"groups": groups}}}

tagged := facts([{"name": "asg-1", "cluster_autoscaler": true}])

driven := facts([{"name": "asg-1", "cluster_autoscaler": false, "policies": ["cpu-50"]}])

untagged := [{"name": "asg-1", "cluster_autoscaler": false}]

silent if {
	not control.pass
	count(control.violations) == 0
}

test_room_and_a_scaling_policy_pass if {
	control.pass with input as group(2, 6, 3) with data.facts as driven
	count(control.violations) == 0 with input as group(2, 6, 3) with data.facts as driven
}

test_tags_alone_prove_nothing if {
	silent with input as group(2, 6, 3) with data.facts as tagged
	count(control.unknown) == 1 with input as group(2, 6, 3) with data.facts as tagged
}

test_no_room_at_all_fails_twice if {
	control.violations == {
		{"path": "scalingConfig.minSize", "actual": 3, "expected": "less than maxSize, which is 3"},
		{"path": "scalingConfig.desiredSize", "actual": 3, "expected": "less than maxSize, which is 3"},
	} with input as group(3, 3, 3) with data.facts as tagged
	not control.pass with input as group(3, 3, 3) with data.facts as tagged
}

test_no_room_above_the_desired_size_fails if {
	paths := {violation.path | some violation in control.violations} with input as group(1, 3, 3) with data.facts as tagged
	paths == {"scalingConfig.desiredSize"}
	not control.pass with input as group(1, 3, 3) with data.facts as tagged
}

test_untagged_group_fails if {
	control.violations == {{
		"path": "autoscaler[asg-1]",
		"actual": "not tagged",
		"expected": "tagged for the Cluster Autoscaler",
		"proof": ["node group nodes → Auto Scaling group asg-1"],
	}} with input as group(2, 6, 3) with data.facts as facts(untagged)
	not control.pass with input as group(2, 6, 3) with data.facts as facts(untagged)
}

test_no_group_fails if {
	control.violations == {{
		"path": "autoscaler",
		"actual": "no Auto Scaling group",
		"expected": "an autoscaler",
	}} with input as group(2, 6, 3) with data.facts as facts([])
	not control.pass with input as group(2, 6, 3) with data.facts as facts([])
}

test_unseen_autoscaler_is_unknown if {
	silent with input as group(2, 6, 3) with data.facts as {}
	silent with input as group(2, 6, 3) with data.facts as {"ng": {"autoscaler": {}}}
}

test_unread_sizes_are_unknown if {
	silent with input as {"arn": "ng", "configuration": {}} with data.facts as driven
	silent with input as group(2, null, 3) with data.facts as driven
	silent with input as group(null, 6, 3) with data.facts as driven
	silent with input as group(2, 6, "3") with data.facts as driven
}
