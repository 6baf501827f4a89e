package konecta.eks.node_ingress_test

import rego.v1

import data.konecta.eks.node_ingress as control

group := {"arn": "sg", "configuration": {"GroupId": "sg-nodes"}}

expected := "the load balancer, nodes, pods and control plane of the same cluster, or SSH from the bastion"

carrier(kind, roles, name) := {"kind": kind, "roles": roles, "names": [name], "more": 0}

node := carrier("node", ["node/erp"], "i-1")

bastion := carrier("bastion", ["bastion"], "i-2")

alb := carrier("alb", ["alb/erp"], "load balancer erp")

unseen := {"kind": "unknown", "names": ["eni-7"], "more": 0, "why": "not sent"}

index := {"group_carriers": {
	"sg-nodes": [node],
	"sg-alb": [alb],
	"sg-cluster": [carrier("cluster", ["cluster/erp"], "cluster erp"), node],
	"sg-pods": [carrier("pod", ["pod/erp"], "eni-3"), carrier("idle", ["idle"], "eni-4")],
	"sg-bastion": [bastion],
	"sg-both": [alb, bastion],
	"sg-other-alb": [carrier("alb", ["alb/sandbox"], "load balancer sandbox")],
	"sg-stranger": [carrier("other", [], "i-9")],
	"sg-unseen": [alb, unseen],
}}

nodes := {"clusters": ["erp"], "launches": false}

facts(ingress) := {"sg": {"parts": ["node"], "ingress": ingress, "balancer_way": {"open": true, "closed": []}, "carried_by_nodes": nodes}}

from(id, protocol, port) := {
	"kind": "security_group", "source": {"id": id}, "rule": "sgr-1", "protocol": protocol, "from": port, "to": port,
}

all_from(id) := {"kind": "security_group", "source": {"id": id}, "rule": "sgr-2", "protocol": "all"}

passes(ingress) if control.pass with input as group with data.facts as facts(ingress) with data.index as index

found(ingress) := violations if {
	violations := control.violations with input as group with data.facts as facts(ingress) with data.index as index
}

fails(source, actual) if {
	found([source]) == {{"path": sprintf("ingress[%s]", [source.rule]), "actual": actual, "expected": expected}}
	not passes([source])
}

silent(ingress) if {
	not passes(ingress)
	count(found(ingress)) == 0
}

test_the_system_itself_passes if {
	ingress := [
		from("sg-alb", "tcp", 30080), from("sg-cluster", "tcp", 10250), from("sg-bastion", "tcp", 22),
		from("sg-pods", "udp", 53), all_from("sg-nodes"),
	]
	passes(ingress)
	count(found(ingress)) == 0
}

test_address_range_fails_even_a_private_one if {
	fails({"kind": "cidr", "cidr": "10.0.0.0/16", "rule": "sgr-9", "protocol": "tcp", "from": 30080, "to": 30080}, "10.0.0.0/16")
}

test_prefix_list_fails if {
	list := {"id": "pl-1", "cloudfront": true}
	fails({"kind": "prefix_list", "prefixList": list, "rule": "sgr-8", "protocol": "tcp", "from": 443, "to": 443}, "pl-1")
}

test_stranger_fails if {
	fails(from("sg-stranger", "tcp", 22), "sg-stranger, which i-9 carries, on tcp 22")
	fails(from("sg-other-alb", "tcp", 30080), "sg-other-alb, which load balancer sandbox carries, on tcp 30080")
}

test_whoever_carries_the_group_beside_the_load_balancer_fails if {
	fails(all_from("sg-both"), "sg-both, which i-2 carries, on all protocols")
	passes([from("sg-both", "tcp", 22)])
}

test_bastion_on_another_port_fails if {
	fails(from("sg-bastion", "tcp", 10250), "sg-bastion, which i-2 carries, on tcp 10250")
	fails(all_from("sg-bastion"), "sg-bastion, which i-2 carries, on all protocols")
	fails(object.union(from("sg-bastion", "tcp", 22), {"to": 23}), "sg-bastion, which i-2 carries, on tcp 22 to 23")
}

test_load_balancer_that_no_rule_admits_fails if {
	closed := object.union(facts([]), {"sg": {"balancer_way": {"open": false, "closed": ["erp on port 30080"]}}})
	control.violations == {{
		"path": "ingress", "actual": "no rule of the nodes' groups admits it", "expected": "load balancer erp on port 30080",
	}} with input as group with data.facts as closed with data.index as index
	wayless := {"sg": {"parts": ["node"], "ingress": [], "carried_by_nodes": nodes}}
	not control.pass with input as group with data.facts as wayless with data.index as index
	count(control.violations) == 0 with input as group with data.facts as wayless with data.index as index
}

test_group_of_nodes_that_sleep_is_judged if {
	asleep := {"sg": {"parts": [], "ingress": [], "balancer_way": {"open": true, "closed": []}, "carried_by_nodes": nodes}}
	control.pass with input as group with data.facts as asleep with data.index as index
	count(control.not_applicable) == 0 with input as group with data.facts as asleep with data.index as index
}

test_group_without_nodes_is_not_judged if {
	reasons := {"the group belongs to no node"}
	balancer := {"sg": {
		"parts": ["alb"], "ingress": [from("sg-stranger", "tcp", 1)], "carried_by_nodes": {"clusters": [], "launches": false},
	}}
	control.not_applicable == reasons with input as group with data.facts as balancer
	not control.pass with input as group with data.facts as balancer
	count(control.violations) == 0 with input as group with data.facts as balancer
	launched := {"sg": {"parts": ["alb"], "ingress": [], "carried_by_nodes": {"clusters": []}}}
	count(control.not_applicable) == 0 with input as group with data.facts as launched
}

test_nodes_that_only_tags_call_so_are_not_proven if {
	said := {"group_carriers": {"sg-nodes": [{"kind": "unknown", "names": ["i-1"], "why": "tags", "said": "node/erp"}]}}
	not control.pass with input as group with data.facts as facts([all_from("sg-nodes")]) with data.index as said
	count(control.violations) == 0 with input as group with data.facts as facts([all_from("sg-nodes")]) with data.index as said
}

test_what_is_not_known_is_unknown if {
	silent([{"kind": "unknown", "rule": "sgr-9", "why": "not understood"}])
	silent([all_from("sg-unlisted")])
	silent([all_from("sg-unseen")])
	reasons := control.unknown with input as group with data.index as index with data.facts as facts([
		{"kind": "unknown", "rule": "sgr-9", "why": "not understood"}, all_from("sg-unlisted"), all_from("sg-unseen"),
	])
	reasons == {"sgr-9: not understood", "what carries sg-unlisted is not seen from here: no listing shows it", "sg-unseen, eni-7: not sent"}
	silent([object.remove(from("sg-bastion", "tcp", 22), ["from"])])
	not control.pass with input as group with data.facts as {"sg": {"parts": ["node"]}} with data.index as index
	count(control.not_applicable) == 0 with input as group with data.facts as {"sg": {"ingress": []}} with data.index as index
}
