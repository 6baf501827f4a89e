package konecta.eks.node_ingress_test

import rego.v1

import data.konecta.eks.node_ingress as control

group := {"arn": "sg", "configuration": {"GroupId": "sg-nodes"}}

facts(parts, ingress) := {"sg": {"parts": parts, "ingress": ingress}}

expected := "the load balancer, the cluster, nodes, or SSH from the bastion"

from(parts, protocol, port) := {
	"kind": "security_group",
	"source": {"id": "sg-other", "parts": parts},
	"rule": "sgr-1",
	"protocol": protocol,
	"from": port,
	"to": port,
}

all_from(source) := {"kind": "security_group", "source": source, "rule": "sgr-2", "protocol": "all"}

passes(ingress) if control.pass with input as group with data.facts as facts(["node"], ingress)

found(ingress) := violations if {
	violations := control.violations with input as group with data.facts as facts(["node"], ingress)
}

silent(ingress) if {
	not passes(ingress)
	count(found(ingress)) == 0
}

test_the_system_itself_passes if {
	ingress := [
		from(["alb"], "tcp", 30080),
		from(["cluster"], "tcp", 10250),
		from(["bastion"], "tcp", 22),
		all_from({"id": "sg-more-nodes", "parts": ["node"]}),
		all_from({"id": "sg-nodes"}),
	]
	passes(ingress)
	count(found(ingress)) == 0
}

test_closed_group_passes if passes([])

test_address_range_fails_even_a_private_one if {
	cidr := {"kind": "cidr", "cidr": "10.0.0.0/16", "rule": "sgr-9", "protocol": "tcp", "from": 30080, "to": 30080}
	found([cidr]) == {{"path": "ingress[sgr-9]", "actual": cidr, "expected": expected}}
	not passes([cidr])
}

test_prefix_list_fails if {
	list := {"kind": "prefix_list", "prefixList": {"id": "pl-1", "cloudfront": true}, "rule": "sgr-8", "protocol": "tcp", "from": 443, "to": 443}
	{violation.path | some violation in found([list])} == {"ingress[sgr-8]"}
}

test_stranger_fails if {
	{violation.actual | some violation in found([from([], "tcp", 22)])} == {from([], "tcp", 22)}
	not passes([from(["database"], "tcp", 30080)])
	count(found([from(["database"], "tcp", 30080)])) == 1
}

test_bastion_on_another_port_fails if {
	{violation.path | some violation in found([from(["bastion"], "tcp", 10250)])} == {"ingress[sgr-1]"}
	{violation.path | some violation in found([all_from({"id": "sg-b", "parts": ["bastion"]})])} == {"ingress[sgr-2]"}
	wide := object.union(from(["bastion"], "tcp", 22), {"to": 23})
	not passes([wide])
	count(found([wide])) == 1
}

test_group_without_nodes_is_not_judged if {
	reasons := {"the group belongs to no node"}
	control.not_applicable == reasons with input as group with data.facts as facts(["alb"], [])
	not control.pass with input as group with data.facts as facts(["alb"], [])
	count(control.violations) == 0 with input as group with data.facts as facts([], [from([], "tcp", 1)])
}

test_what_is_not_known_is_unknown if {
	silent([{"kind": "unknown", "rule": "sgr-9", "why": "not understood"}])
	silent([all_from({"id": "sg-elsewhere"})])
	silent([object.remove(from(["bastion"], "tcp", 22), ["from"])])
	not control.pass with input as group with data.facts as {"sg": {"parts": ["node"]}}
	not control.pass with input as group with data.facts as {"sg": {"ingress": []}}
	count(control.not_applicable) == 0 with input as group with data.facts as {"sg": {"ingress": []}}
}
