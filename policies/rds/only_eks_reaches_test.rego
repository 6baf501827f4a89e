package konecta.rds.only_eks_reaches_test

import rego.v1

import data.konecta.rds.only_eks_reaches as control

instance := {"arn": "arn:aws:rds:us-east-1:123456789012:db:konecta"}

facts(clients) := {instance.arn: {"database_clients": clients}}

node := {"kind": "node", "id": "i-1", "proof": ["sgr-1 of sg-db admits sg-node", "i-1 is a member of sg-node"]}

cluster := {"kind": "cluster", "id": "eni-2", "proof": ["sgr-1 of sg-db admits sg-cluster"]}

test_nodes_and_cluster_pass if {
	control.pass with input as instance with data.facts as facts([node, cluster, {"kind": "pod", "id": "eni-3", "proof": []}])
	count(control.violations) == 0 with input as instance with data.facts as facts([node, cluster])
}

test_nobody_passes if {
	control.pass with input as instance with data.facts as facts([])
}

test_range_fails_beside_nodes if {
	range := {"kind": "cidr", "id": "10.0.0.0/16", "proof": ["sgr-2 of sg-db admits 10.0.0.0/16"]}
	control.violations == {{
		"path": "database_clients[cidr 10.0.0.0/16]",
		"actual": "10.0.0.0/16",
		"expected": "only nodes, pods and the control plane of the stack's cluster",
		"proof": ["sgr-2 of sg-db admits 10.0.0.0/16"],
	}} with input as instance with data.facts as facts([node, range])
	not control.pass with input as instance with data.facts as facts([node, range])
}

test_each_foreign_kind_fails if {
	clients := [
		{"kind": "prefix_list", "id": "pl-1", "proof": []},
		{"kind": "security_group", "id": "sg-empty", "proof": []},
		{"kind": "interface", "id": "eni-7", "proof": []},
	]
	actuals := {violation.actual | some violation in control.violations} with input as instance with data.facts as facts(clients)
	actuals == {"pl-1", "sg-empty", "eni-7"}
}

test_two_ways_of_one_client_are_one_violation if {
	clients := [
		{"kind": "interface", "id": "eni-7", "proof": ["sgr-1 of sg-db admits sg-app"]},
		{"kind": "interface", "id": "eni-7", "proof": ["sgr-9 of sg-db admits sg-ops"]},
	]
	proofs := {violation.proof | some violation in control.violations} with input as instance with data.facts as facts(clients)
	proofs == {["sgr-1 of sg-db admits sg-app", "sgr-9 of sg-db admits sg-ops"]}
}

test_unknown_client_is_unknown if {
	unknown := facts([node, {"kind": "unknown", "proof": ["sgr-9 was not understood"]}])
	not control.pass with input as instance with data.facts as unknown
	count(control.violations) == 0 with input as instance with data.facts as unknown
	control.unknown == {"sgr-9 was not understood"} with input as instance with data.facts as unknown
}

test_missing_fact_is_unknown if {
	not control.pass with input as instance with data.facts as {}
	count(control.violations) == 0 with input as instance with data.facts as {}
}
