package konecta.eks.node_ssh_test

import rego.v1

import data.konecta.eks.node_ssh as control

nodes(access) := {"configuration": {"nodegroupName": "nodes", "remoteAccess": access}}

from(groups) := nodes({"ec2SshKey": "konecta", "sourceSecurityGroups": groups})

carrier(kind, roles, name) := {"kind": kind, "roles": roles, "names": [name], "more": 0}

bastion := carrier("bastion", ["bastion"], "instance i-1")

index := {"group_carriers": {
	"sg-bastion": [bastion, carrier("idle", ["idle"], "eni-9")],
	"sg-shared": [bastion, carrier("other", [], "instance i-2")],
	"sg-alb": [carrier("alb", ["alb/konecta"], "load balancer erp")],
	"sg-none": [],
	"sg-unseen": [bastion, {"kind": "unknown", "names": ["eni-7"], "more": 0, "why": "not sent"}],
}}

open := {
	"path": "remoteAccess.sourceSecurityGroups",
	"actual": "0.0.0.0/0",
	"expected": "the security group of the bastion: an empty list opens SSH to the internet",
}

other(group, actual) := {
	"path": sprintf("remoteAccess.sourceSecurityGroups[%s]", [group]),
	"actual": actual,
	"expected": "a security group that only the bastion carries",
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
		other("sg-alb", "sg-alb, which load balancer erp carries"),
		other("sg-shared", "sg-shared, which instance i-2 carries"),
		other("sg-none", "sg-none, which nothing carries: whatever is put into it comes in"),
	} with input as from(["sg-bastion", "sg-alb", "sg-shared", "sg-none"]) with data.index as index
	not control.pass with input as from(["sg-bastion", "sg-alb"]) with data.index as index
}

test_group_of_unknown_use_is_unknown if {
	silent with input as from(["sg-bastion", "sg-unseen"]) with data.index as index
	silent with input as from(["sg-gone"]) with data.index as index
	control.unknown == {"sg-unseen, eni-7: not sent"} with input as from(["sg-bastion", "sg-unseen"]) with data.index as index
}

test_what_was_not_sent_is_unknown if {
	silent with input as {"configuration": {"nodegroupName": "nodes"}} with data.index as index
	silent with input as nodes({"ec2SshKey": "konecta"}) with data.index as index
}

templated := {"arn": "ng", "configuration": {"clusterName": "konecta", "remoteAccess": null, "launchTemplate": {"id": "lt-1"}}}

comes(kind, more) := object.union({"kind": kind, "rule": "sgr-1", "protocol": "tcp", "from": 22, "to": 22}, more)

by(group) := comes("security_group", {"source": {"id": group}})

test_the_groups_of_a_launch_template_decide if {
	inner := {"ng": {"ssh": [by("sg-bastion")]}}
	control.pass with input as templated with data.index as index with data.facts as inner
	count(control.violations) == 0 with input as templated with data.index as index with data.facts as inner
	nobody := {"ng": {"ssh": []}}
	control.pass with input as templated with data.index as index with data.facts as nobody
	office := {"ng": {"ssh": [comes("cidr", {"cidr": "203.0.113.0/24"}), by("sg-bastion")]}}
	not control.pass with input as templated with data.index as index with data.facts as office
	{violation.actual | some violation in control.violations} == {"203.0.113.0/24"} with input as templated with data.index as index
		with data.facts as office
}

test_a_launch_template_that_was_not_seen_is_unknown if {
	silent with input as templated with data.index as index with data.facts as {"ng": {}}
	count(control.unknown) == 1 with input as templated with data.index as index with data.facts as {"ng": {}}
	unseen := {"ng": {"ssh": [by("sg-unseen")]}}
	silent with input as templated with data.index as index with data.facts as unseen
	count(control.unknown) > 0 with input as templated with data.index as index with data.facts as unseen
}
