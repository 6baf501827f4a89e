package konecta.eks.autoscaling_test

import rego.v1

import data.konecta.eks.autoscaling as control

group(least, most, desired) := {"arn": "ng", "configuration": {
	"nodegroupName": "nodes",
	"scalingConfig": {"minSize": least, "maxSize": most, "desiredSize": desired},
}}

facts(groups, auto) := {"ng": {"autoscaler": {"groups": groups, "karpenter_or_auto": auto}}}

tagged := facts([{"name": "asg-1", "cluster_autoscaler": true}], false)

untagged := [{"name": "asg-1", "cluster_autoscaler": false}]

silent if {
	not control.pass
	count(control.violations) == 0
}

test_room_and_tags_pass if {
	control.pass with input as group(2, 6, 3) with data.facts as tagged
	count(control.violations) == 0 with input as group(2, 6, 3) with data.facts as tagged
}

test_auto_mode_needs_no_tags if {
	control.pass with input as group(2, 6, 3) with data.facts as facts(untagged, true)
	count(control.violations) == 0 with input as group(2, 6, 3) with data.facts as facts(untagged, true)
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
	}} with input as group(2, 6, 3) with data.facts as facts(untagged, false)
	not control.pass with input as group(2, 6, 3) with data.facts as facts(untagged, false)
}

test_no_group_fails if {
	control.violations == {{
		"path": "autoscaler",
		"actual": "no Auto Scaling group",
		"expected": "an autoscaler",
	}} with input as group(2, 6, 3) with data.facts as facts([], false)
	not control.pass with input as group(2, 6, 3) with data.facts as facts([], false)
}

test_unseen_autoscaler_is_unknown if {
	silent with input as group(2, 6, 3) with data.facts as {}
	silent with input as group(2, 6, 3) with data.facts as {"ng": {"autoscaler": {"groups": untagged}}}
	silent with input as group(2, 6, 3) with data.facts as {"ng": {"autoscaler": {"karpenter_or_auto": false}}}
}

test_unread_sizes_are_unknown if {
	silent with input as {"arn": "ng", "configuration": {}} with data.facts as tagged
	silent with input as group(2, null, 3) with data.facts as tagged
}
