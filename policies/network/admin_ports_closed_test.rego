package konecta.network.admin_ports_closed_test

import rego.v1

import data.konecta.network.admin_ports_closed as control

group := {"arn": "sg"}

blueprint := {"network": {"admin_ports": [22, 3389]}}

facts(open_ports) := {"sg": {"open_ports": open_ports, "open_ports_doubts": []}}

entry(protocol, from, to) := {
	"protocol": protocol,
	"from": from,
	"to": to,
	"family": "ipv4",
	"sources": ["0.0.0.0/1", "128.0.0.0/1"],
	"rules": ["sgr-1", "sgr-2"],
}

passes(open_ports) if control.pass with input as group with data.blueprint as blueprint with data.facts as facts(open_ports)

found(open_ports) := violations if {
	violations := control.violations with input as group with data.blueprint as blueprint with data.facts as facts(open_ports)
}

test_nothing_open_passes if {
	passes([])
	count(found([])) == 0
}

test_other_ports_pass if {
	passes([entry("tcp", 443, 443), entry("tcp", 23, 3388), entry("udp", 3390, 65535)])
}

test_icmp_has_no_ports if {
	passes([{"protocol": "icmp", "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["sgr-1"]}])
}

test_halves_of_the_internet_fail if {
	ssh := entry("tcp", 22, 22)
	found([ssh]) == {{"path": "ingress[22 ipv4]", "actual": "open on tcp 22 to 0.0.0.0/1, 128.0.0.0/1 by sgr-1, sgr-2", "expected": "not open to the internet"}}
	not passes([ssh])
}

test_range_around_both_ports_fails_for_each if {
	wide := entry("tcp", 0, 65535)
	{violation.path | some violation in found([wide])} == {"ingress[22 ipv4]", "ingress[3389 ipv4]"}
	not passes([wide])
}

test_udp_counts if {
	{violation.path | some violation in found([entry("udp", 3389, 3389)])} == {"ingress[3389 ipv4]"}
}

test_all_traffic_over_ipv6_fails if {
	all := {"protocol": "all", "family": "ipv6", "sources": ["::/0"], "rules": ["sgr-6"]}
	{violation.path | some violation in found([all])} == {"ingress[22 ipv6]", "ingress[3389 ipv6]"}
	not passes([all])
}

test_two_rules_on_one_port_are_one_violation if {
	both := [entry("tcp", 20, 22), entry("tcp", 22, 30)]
	told := "open on tcp 20-22 to 0.0.0.0/1, 128.0.0.0/1 by sgr-1, sgr-2; open on tcp 22-30 to 0.0.0.0/1, 128.0.0.0/1 by sgr-1, sgr-2"
	{violation.actual | some violation in found(both)} == {told}
}

test_open_port_fails_though_rules_are_missing if {
	partial := {"sg": {"open_ports": [entry("tcp", 22, 22)]}}
	some violation in control.violations with input as group with data.blueprint as blueprint with data.facts as partial
	violation.path == "ingress[22 ipv4]"
}

test_rules_not_all_understood_is_unknown if {
	partial := {"sg": {"open_ports": []}}
	not control.pass with input as group with data.blueprint as blueprint with data.facts as partial
	count(control.violations) == 0 with input as group with data.blueprint as blueprint with data.facts as partial
}

test_entry_not_all_known_is_unknown if {
	not passes([object.remove(entry("tcp", 443, 443), ["protocol"])])
	not passes([object.remove(entry("tcp", 443, 443), ["from", "to"])])
	count(found([object.remove(entry("tcp", 22, 22), ["from"])])) == 0
}

test_no_declared_ports_is_unknown if {
	not control.pass with input as group with data.blueprint as {} with data.facts as facts([])
}

doubtful(doubts) := {"sg": {"open_ports": [], "open_ports_doubts": doubts}}

test_a_doubt_on_other_ports_leaves_the_pass if {
	web := doubtful([{"rule": "sgr-1", "protocol": "tcp", "from": 443, "to": 443, "why": "sgr-1: prefix list pl-1 was not seen"}])
	control.pass with input as group with data.blueprint as blueprint with data.facts as web
}

test_a_doubt_on_the_port_is_unknown_and_says_why if {
	every odd in [{"from": 22, "to": 22}, {"from": null, "to": 10}, {"from": "30", "to": 40}] {
		facts := doubtful([object.union({"rule": "sgr-1", "protocol": "tcp", "why": "sgr-1: prefix list pl-1 was not seen"}, odd)])
		not control.pass with input as group with data.blueprint as blueprint with data.facts as facts
		control.unknown == {"sgr-1: prefix list pl-1 was not seen"} with input as group with data.facts as facts
	}
	facts := doubtful([{"rule": "sgr-1", "why": "sgr-1: its protocol was not sent"}])
	not control.pass with input as group with data.blueprint as blueprint with data.facts as facts
}
