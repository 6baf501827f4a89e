package konecta.rds.database_ingress_test

import rego.v1

import data.konecta.rds.database_ingress as control

group := {"arn": "arn:aws:ec2:us-east-1:123456789012:security-group/sg-db", "configuration": {"GroupId": "sg-db"}}

blueprint := {"eks": {"cluster": "erp"}}

expected := "only nodes, pods and the control plane of the stack's cluster"

facts(ingress) := {group.arn: {"parts": ["database"], "ingress": ingress, "database_ports": [5432]}}

carrier(kind, roles, name) := {"kind": kind, "roles": roles, "names": [name], "more": 0}

database(family) := carrier("database", [sprintf("database/%s", [family])], "database db-1")

node := carrier("node", ["node/erp"], "instance i-1")

other := carrier("other", [], "eni-7")

# A group of one's own, with what carries it.
index(carriers) := {"group_carriers": {"sg-app": carriers, "sg-db": [database("one")]}}

admits(protocol, from, to) := {
	"kind": "security_group", "source": {"id": "sg-app"},
	"rule": "sgr-1", "group": "sg-db", "protocol": protocol, "from": from, "to": to,
}

on_port := admits("tcp", 5432, 5432)

passes(ingress, carriers) if {
	control.pass with input as group with data.blueprint as blueprint with data.facts as facts(ingress) with data.index as index(carriers)
}

found(ingress, carriers) := violations if {
	violations := control.violations with input as group
		with data.blueprint as blueprint
		with data.facts as facts(ingress)
		with data.index as index(carriers)
}

stranger(actual) := {"path": "ingress[sgr-1].source", "actual": actual, "expected": expected}

fails(ingress, carriers, violations) if {
	found(ingress, carriers) == violations
	not passes(ingress, carriers)
}

silent(ingress, carriers) if {
	count(found(ingress, carriers)) == 0
	not passes(ingress, carriers)
}

test_the_cluster_on_the_port_passes if {
	every role in ["node", "cluster", "pod"] {
		passes([on_port], [carrier(role, [sprintf("%s/erp", [role])], "it"), carrier("idle", ["idle"], "eni-9")])
		count(found([on_port], [carrier(role, [sprintf("%s/erp", [role])], "it")])) == 0
	}
}

test_nobody_admitted_passes if passes([], [])

test_range_of_addresses_fails if {
	range := {"kind": "cidr", "cidr": "10.0.0.0/16", "rule": "sgr-1", "group": "sg-db", "protocol": "tcp", "from": 5432, "to": 5432}
	fails([range], [], {stranger("10.0.0.0/16")})
}

test_prefix_list_fails if {
	list := {"kind": "prefix_list", "prefixList": {"id": "pl-1"}, "rule": "sgr-1", "protocol": "tcp", "from": 5432, "to": 5432}
	fails([list], [], {stranger("pl-1")})
}

test_whoever_carries_the_group_beside_the_nodes_fails if {
	fails([on_port], [node, other], {stranger("sg-app, which eni-7 carries")})
	bastion := carrier("bastion", ["bastion"], "i-2")
	fails([on_port], [node, other, bastion], {stranger("sg-app, which eni-7, i-2 carry")})
}

test_nodes_of_another_cluster_fail if {
	fails([on_port], [carrier("node", ["node/sandbox"], "i-9")], {stranger("sg-app, which i-9 carries")})
}

test_empty_group_fails if {
	fails([on_port], [], {stranger("sg-app, which nothing carries: whatever is put into it comes in")})
}

test_group_of_a_foreign_account_fails if {
	source := {"id": "sg-x", "account": "999999999999", "stranger": true}
	fails([object.union(on_port, {"source": source})], [], {stranger("sg-x of account 999999999999, which is not of this stack")})
}

test_group_behind_a_deleted_peering_admits_nobody if {
	source := {"id": "sg-x", "account": "999999999999", "stranger": true, "gone": true}
	passes([object.union(admits("tcp", 0, 65535), {"source": source})], [])
	passes([object.union(admits("udp", 53, 53), {"source": source})], [])
	count(found([object.union(admits("udp", 53, 54), {"source": source})], [])) == 0
}

test_replicas_among_each_other_pass if {
	itself := object.union(on_port, {"source": {"id": "sg-db"}})
	passes([itself], [])
	two := {"group_carriers": {"sg-db": [database("one"), database("two")]}}
	violations := control.violations with input as group with data.blueprint as blueprint with data.facts as facts([itself]) with data.index as two
	violations == {stranger("sg-db, which database db-1 carries")}
}

test_other_ports_fail if {
	every case in [
		["tcp", 0, 65535, "tcp 0 to 65535"],
		["tcp", 22, 22, "tcp 22"],
		["udp", 5432, 5432, "udp 5432"],
	] {
		wrong := {"path": "ingress[sgr-1].ports", "actual": case[3], "expected": "tcp 5432"}
		fails([admits(case[0], case[1], case[2])], [node], {wrong})
	}
}

test_all_protocols_and_protocols_without_ports_fail if {
	every case in [["all", "all protocols"], ["icmp", "icmp"]] {
		source := {"kind": "security_group", "source": {"id": "sg-app"}, "rule": "sgr-1", "protocol": case[0]}
		fails([source], [node], {{"path": "ingress[sgr-1].ports", "actual": case[1], "expected": "tcp 5432"}})
	}
}

test_unknown_source_or_carrier_is_unknown if {
	silent([{"kind": "unknown", "rule": "sgr-9", "why": "its source was not sent"}], [node])
	silent([object.union(on_port, {"source": {"id": "sg-unlisted"}})], [node])
	silent([on_port], [node, {"kind": "unknown", "names": [], "more": 0, "why": "not listed"}])
	silent([on_port], [carrier("idle", ["idle"], "eni-9")])
	open := control.unknown with input as group
		with data.facts as facts([on_port])
		with data.index as index([node, {"kind": "unknown", "names": [], "why": "not listed"}])
	open == {"sg-app: not listed"}
}

test_unknown_ports_are_unknown if {
	portless := {group.arn: {"parts": ["database"], "ingress": [on_port]}}
	not control.pass with input as group with data.blueprint as blueprint with data.facts as portless with data.index as index([node])
	count(control.violations) == 0 with input as group with data.blueprint as blueprint with data.facts as portless with data.index as index([node])
}

test_unknown_rules_are_unknown if {
	ruleless := {group.arn: {"parts": ["database"], "database_ports": [5432]}}
	not control.pass with input as group with data.blueprint as blueprint with data.facts as ruleless
	count(control.violations) == 0 with input as group with data.blueprint as blueprint with data.facts as ruleless
}

test_other_group_is_not_applicable if {
	nodes := {group.arn: {"parts": ["node"], "ingress": [], "database_ports": []}}
	control.not_applicable == {"it is not a security group of a database"} with input as group with data.facts as nodes
	not control.pass with input as group with data.facts as nodes
	count(control.not_applicable) == 0 with input as group with data.facts as {group.arn: {"ingress": []}}
}
