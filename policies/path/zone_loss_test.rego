package konecta.path.zone_loss_test

import rego.v1

import data.konecta.path.zone_loss as control

stack := {"arn": "arn:konecta:stack:us-east-1:123456789012:konecta-erp"}

facts(links) := {stack.arn: {"zones": links}}

balancer(zones) := {"part": "load balancer", "setting": "zones", "place": "load balancer erp", "value": zones}

node(subnet, zone, nats) := {"part": "nodes", "setting": "zone", "place": subnet, "value": {"zone": zone, "nats": nats}}

nat(zone) := {"nat": "nat-1", "zone": zone}

regional := {"nat": "nat-2", "regional": true}

database(multi_az, zone) := {"part": "database", "setting": "multi_az", "place": "database erp", "value": {"multi_az": multi_az, "zone": zone}}

a := node("subnet a", "a", [nat("a")])

b := node("subnet b", "b", [nat("b")])

good := [balancer(["a", "b"]), a, b, database(true, "a")]

passes(links) if {
	control.pass with input as stack with data.facts as facts(links)
}

lost(links) := all if {
	all := {[one.path, trim_prefix(one.actual, "more than the stack bears: ")] | some one in control.violations} with input as stack with data.facts as facts(links)
}

open(links) := all if {
	all := control.unknown with input as stack with data.facts as facts(links)
}

test_two_zones_of_everything_pass if {
	passes(good)
	count(lost(good)) == 0
	passes([balancer(["a", "b"]), node("subnet a", "a", []), node("subnet b", "b", [regional]), database(true, null)])
}

test_a_database_without_standby_goes_with_its_zone if {
	lost([balancer(["a", "b"]), a, b, database(false, "b")]) == {["loss of b", "database erp has no standby in another zone"]}
	not passes([balancer(["a", "b"]), a, b, database(false, "b")])
}

test_a_database_in_a_zone_that_was_not_sent_goes_with_one_of_them if {
	{path | some [path, _] in lost([balancer(["a", "b"]), a, b, database(false, null)])} == {"loss of a", "loss of b"}
}

test_nodes_in_one_zone_take_the_load_balancer_along if {
	lost([balancer(["a", "b"]), a, database(true, "a")]) == {["loss of a", "load balancer erp has no zone left in which nodes stand"]}
}

running(zones) := {"part": "nodes", "setting": "running", "place": "cluster erp", "value": {"zones": zones}}

test_nodes_that_all_run_in_one_zone_are_lost_with_it if {
	passes(array.concat(good, [running(["a", "b"])]))
	lost(array.concat(good, [running(["a"])])) == {["loss of a", "cluster erp loses every node that runs now"]}
}

test_a_zone_that_only_one_of_both_has_does_not_count if {
	{path | some [path, _] in lost([balancer(["a", "c"]), a, b, database(true, "a")])} == {"loss of a"}
}

test_one_nat_gateway_for_both_zones_is_named if {
	lost([balancer(["a", "b"]), a, node("subnet b", "b", [nat("a")]), database(true, "a")]) == {
		["loss of a", "subnet b (b) has no way out, for nat-1 stands in a"],
	}
}

test_the_proof_tells_where_everything_stands if {
	proofs := {one.proof | some one in control.violations} with input as stack
		with data.facts as facts([balancer(["a", "b"]), a, b, database(false, "a")])
	proofs == {["load balancer erp in a, b", "subnet a in a", "subnet b in b", "database erp in a"]}
}

test_where_there_may_be_other_nodes_one_zone_is_no_proof if {
	gap := {"kind": "unknown", "part": "nodes", "why": "the node groups were not listed to the end"}
	links := [balancer(["a", "b"]), a, gap, database(true, "a")]
	not passes(links)
	count(lost(links)) == 0
	"the node groups were not listed to the end" in open(links)
}

test_what_is_not_there_is_no_pass if {
	not passes([balancer(["a", "b"]), a, b])
	open([balancer(["a", "b"]), a, b]) == {"database: nothing of it was seen (KA-X-018 tells what is missing)"}
	not passes([])
	not control.pass with input as stack with data.facts as {}
}

test_a_load_balancer_that_may_be_of_the_stack_matters_only_where_it_is_not_good if {
	doubt := "load balancer other: it may be one of the stack: the name of an origin is not known"
	passes(array.concat(good, [object.union(balancer(["a", "b"]), {"place": "load balancer other", "why": doubt})]))
	narrow := array.concat(good, [object.union(balancer(["a"]), {"place": "load balancer other", "why": doubt})])
	not passes(narrow)
	count(lost(narrow)) == 0
	doubt in open(narrow)
}

test_where_no_node_is_known_a_load_balancer_loses_nothing if {
	bare := [balancer(["a", "b"]), database(true, "a")]
	not passes(bare)
	count(lost(bare)) == 0
}
