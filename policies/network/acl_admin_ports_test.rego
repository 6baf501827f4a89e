package konecta.network.acl_admin_ports_test

import rego.v1

import data.konecta.network.acl_admin_ports as control

arn := "arn:aws:ec2:us-east-1:123456789012:network-acl/acl-1"

range(from, to) := {"protocol": "tcp", "family": "ipv4", "from": from, "to": to, "entries": [100]}

facts(open) := {arn: {"acl_subnets": ["subnet-1"], "acl_open_ports": open}}

told := "open to the internet by entry 100"

ports := {"admin_ports": [22, 3389]}

test_ports_around_are_no_matter if {
	open := [range(0, 21), range(23, 3388), range(3390, 65535)]
	control.pass with input as {"arn": arn} with data.facts as facts(open) with data.blueprint.network as ports
	count(control.violations) == 0 with input as {"arn": arn} with data.facts as facts(open) with data.blueprint.network as ports
}

test_each_port_and_family_is_a_violation if {
	open := [range(0, 65535), object.union(range(22, 22), {"family": "ipv6"})]
	control.violations == {
		{"path": "entries[22 ipv4]", "actual": told, "expected": "not open to the internet"},
		{"path": "entries[3389 ipv4]", "actual": told, "expected": "not open to the internet"},
		{"path": "entries[22 ipv6]", "actual": told, "expected": "not open to the internet"},
	} with input as {"arn": arn} with data.facts as facts(open) with data.blueprint.network as ports
	not control.pass with input as {"arn": arn} with data.facts as facts(open) with data.blueprint.network as ports
}

test_one_that_is_in_force_nowhere_is_not_meant if {
	told := {arn: {"acl_subnets": [], "acl_open_ports": [range(0, 65535)]}}
	control.not_applicable == {"it is in force on no subnet"} with input as {"arn": arn} with data.facts as told with data.blueprint.network as ports
	count(control.violations) == 0 with input as {"arn": arn} with data.facts as told with data.blueprint.network as ports
	not control.pass with input as {"arn": arn} with data.facts as told with data.blueprint.network as ports
}

test_half_of_the_facts_is_unknown if {
	every key in ["acl_subnets", "acl_open_ports"] {
		told := {arn: object.remove(facts([])[arn], [key])}
		not control.pass with input as {"arn": arn} with data.facts as told with data.blueprint.network as ports
		count(control.violations) == 0 with input as {"arn": arn} with data.facts as told with data.blueprint.network as ports
	}
}
