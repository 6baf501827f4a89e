package konecta.rds.database_ingress_test

import rego.v1

import data.konecta.rds.database_ingress as control

group := {"arn": "arn:aws:ec2:us-east-1:123456789012:security-group/sg-db"}

facts(ingress) := {group.arn: {"parts": ["database"], "ingress": ingress, "database_ports": [5432]}}

admits(parts, protocol, from, to) := {
	"kind": "security_group", "source": {"id": "sg-app", "parts": parts},
	"rule": "sgr-1", "group": "sg-db", "protocol": protocol, "from": from, "to": to,
}

test_nodes_and_cluster_on_the_port_pass if {
	good := facts([admits(["node"], "tcp", 5432, 5432), admits(["cluster", "node"], "tcp", 5432, 5432)])
	control.pass with input as group with data.facts as good
	count(control.violations) == 0 with input as group with data.facts as good
	count(control.not_applicable) == 0 with input as group with data.facts as good
}

test_nobody_admitted_passes if {
	control.pass with input as group with data.facts as facts([])
}

test_range_of_addresses_fails if {
	range := facts([{"kind": "cidr", "cidr": "10.0.0.0/16", "rule": "sgr-2", "group": "sg-db", "protocol": "tcp", "from": 5432, "to": 5432}])
	control.violations == {{
		"path": "ingress[sgr-2].source",
		"actual": "10.0.0.0/16",
		"expected": "a security group of nodes or the cluster",
	}} with input as group with data.facts as range
	not control.pass with input as group with data.facts as range
}

test_prefix_list_fails if {
	list := facts([{"kind": "prefix_list", "prefixList": {"id": "pl-1"}, "rule": "sgr-3", "protocol": "tcp", "from": 5432, "to": 5432}])
	actuals := {violation.actual | some violation in control.violations} with input as group with data.facts as list
	actuals == {"pl-1"}
}

test_foreign_group_fails if {
	control.violations == {{
		"path": "ingress[sgr-1].source",
		"actual": "sg-app",
		"expected": "a security group of nodes or the cluster",
	}} with input as group with data.facts as facts([admits([], "tcp", 5432, 5432)])
	not control.pass with input as group with data.facts as facts([admits([], "tcp", 5432, 5432)])
}

test_group_that_the_bastion_carries_too_fails if {
	paths := {violation.path | some violation in control.violations} with input as group
		with data.facts as facts([admits(["bastion", "node"], "tcp", 5432, 5432)])
	paths == {"ingress[sgr-1].source"}
}

test_more_ports_fail if {
	control.violations == {{
		"path": "ingress[sgr-1].ports",
		"actual": {"protocol": "tcp", "from": 0, "to": 65535},
		"expected": "tcp [5432]",
	}} with input as group with data.facts as facts([admits(["node"], "tcp", 0, 65535)])
	not control.pass with input as group with data.facts as facts([admits(["node"], "tcp", 0, 65535)])
}

test_another_port_fails if {
	actuals := {violation.actual | some violation in control.violations} with input as group
		with data.facts as facts([admits(["node"], "tcp", 22, 22)])
	actuals == {{"protocol": "tcp", "from": 22, "to": 22}}
}

test_all_protocols_fail if {
	all := facts([{"kind": "security_group", "source": {"id": "sg-node", "parts": ["node"]}, "rule": "sgr-4", "protocol": "all"}])
	control.violations == {{
		"path": "ingress[sgr-4].ports",
		"actual": {"protocol": "all"},
		"expected": "tcp [5432]",
	}} with input as group with data.facts as all
	not control.pass with input as group with data.facts as all
}

test_port_of_another_protocol_fails if {
	count(control.violations) == 1 with input as group with data.facts as facts([admits(["node"], "udp", 5432, 5432)])
}

test_unknown_source_or_group_is_unknown if {
	unknown := facts([{"kind": "unknown", "rule": "sgr-9", "why": "a reference to another VPC"}])
	not control.pass with input as group with data.facts as unknown
	count(control.violations) == 0 with input as group with data.facts as unknown
	partless := facts([{"kind": "security_group", "source": {"id": "sg-x"}, "rule": "sgr-8", "protocol": "tcp", "from": 5432, "to": 5432}])
	not control.pass with input as group with data.facts as partless
	count(control.violations) == 0 with input as group with data.facts as partless
}

test_unknown_ports_are_unknown if {
	portless := {group.arn: {"parts": ["database"], "ingress": [admits(["node"], "tcp", 5432, 5432)]}}
	not control.pass with input as group with data.facts as portless
	count(control.violations) == 0 with input as group with data.facts as portless
}

test_unknown_rules_are_unknown if {
	not control.pass with input as group with data.facts as {group.arn: {"parts": ["database"], "database_ports": [5432]}}
	count(control.violations) == 0 with input as group with data.facts as {group.arn: {"parts": ["database"], "database_ports": [5432]}}
}

test_other_group_is_not_applicable if {
	other := {group.arn: {"parts": ["node"], "ingress": [], "database_ports": []}}
	control.not_applicable == {"it is not a security group of a database"} with input as group with data.facts as other
	not control.pass with input as group with data.facts as other
	count(control.not_applicable) == 0 with input as group with data.facts as {group.arn: {"ingress": []}}
}
