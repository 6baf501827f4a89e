package konecta.eks.node_ssh_test

import rego.v1

import data.konecta.eks.node_ssh as control

nodes(access) := {"configuration": {"nodegroupName": "nodes", "remoteAccess": access}}

from(groups) := nodes({"ec2SshKey": "konecta", "sourceSecurityGroups": groups})

index := {"security_groups": {
	"sg-bastion": {"parts": ["bastion"]},
	"sg-alb": {"parts": ["alb"]},
	"sg-none": {"parts": []},
	"sg-unseen": {"GroupName": "unseen"},
}}

open := {
	"path": "remoteAccess.sourceSecurityGroups",
	"actual": "0.0.0.0/0",
	"expected": "the security group of the bastion: an empty list opens SSH to the internet",
}

silent if {
	not control.pass
	count(control.violations) == 0
}

test_no_remote_access_passes if {
	control.pass with input as nodes(null) with data.index as index
	count(control.violations) == 0 with input as nodes(null) with data.index as index
}

test_bastion_passes if {
	control.pass with input as from(["sg-bastion"]) with data.index as index
	count(control.violations) == 0 with input as from(["sg-bastion"]) with data.index as index
}

test_key_without_sources_fails if {
	control.violations == {open} with input as from([]) with data.index as index
	control.violations == {open} with input as from(null) with data.index as index
	not control.pass with input as from([]) with data.index as index
}

test_other_group_fails if {
	control.violations == {
		{"path": "remoteAccess.sourceSecurityGroups[sg-alb]", "actual": ["alb"], "expected": ["bastion"]},
		{"path": "remoteAccess.sourceSecurityGroups[sg-none]", "actual": [], "expected": ["bastion"]},
	} with input as from(["sg-bastion", "sg-alb", "sg-none"]) with data.index as index
	not control.pass with input as from(["sg-bastion", "sg-alb"]) with data.index as index
}

test_group_of_unknown_use_is_unknown if {
	silent with input as from(["sg-bastion", "sg-unseen"]) with data.index as index
	silent with input as from(["sg-gone"]) with data.index as index
}

test_what_was_not_sent_is_unknown if {
	silent with input as {"configuration": {"nodegroupName": "nodes"}} with data.index as index
	silent with input as nodes({"ec2SshKey": "konecta"}) with data.index as index
}
