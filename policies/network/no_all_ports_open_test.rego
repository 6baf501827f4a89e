package konecta.network.no_all_ports_open_test

import rego.v1

import data.konecta.network.no_all_ports_open as control

group := {"arn": "sg"}

facts(open_ports) := {"sg": {"open_ports": open_ports, "open_ports_doubts": []}}

entry(protocol, from, to) := {
	"protocol": protocol,
	"from": from,
	"to": to,
	"family": "ipv4",
	"sources": ["0.0.0.0/0"],
	"rules": ["sgr-1"],
}

all(family) := {"protocol": "all", "family": family, "sources": ["::/0"], "rules": ["sgr-1"]}

passes(open_ports) if control.pass with input as group with data.facts as facts(open_ports)

found(open_ports) := violations if {
	violations := control.violations with input as group with data.facts as facts(open_ports)
}

paths(open_ports) := {violation.path | some violation in found(open_ports)}

test_nothing_or_single_ports_pass if {
	passes([])
	passes([entry("tcp", 80, 80), entry("tcp", 443, 443), entry("udp", 443, 443)])
	count(found([entry("tcp", 443, 443)])) == 0
}

test_icmp_passes if passes([{"protocol": "icmp", "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["sgr-1"]}])

test_all_traffic_fails if {
	found([all("ipv6")]) == {{"path": "ingress[all ipv6]", "actual": "open on all traffic to ::/0 by sgr-1", "expected": "single ports, or none"}}
	not passes([all("ipv6")])
}

test_all_tcp_ports_fail if paths([entry("tcp", 0, 65535)]) == {"ingress[tcp ipv4]"}

test_all_udp_ports_but_one_fail if paths([entry("udp", 1, 65535)]) == {"ingress[udp ipv4]"}

test_halves_in_two_rules_fail if {
	halves := [entry("tcp", 0, 21), entry("tcp", 23, 65535)]
	paths(halves) == {"ingress[tcp ipv4]"}
	not passes(halves)
}

test_tcp_and_udp_are_counted_apart if {
	passes([entry("tcp", 0, 32767), entry("udp", 0, 32767)])
	not passes([entry("tcp", 0, 32768)])
}

test_wide_range_fails_though_rules_are_missing if {
	partial := {"sg": {"open_ports": [entry("tcp", 0, 65535)]}}
	some violation in control.violations with input as group with data.facts as partial
	violation.path == "ingress[tcp ipv4]"
}

test_rules_not_all_understood_is_unknown if {
	partial := {"sg": {"open_ports": []}}
	not control.pass with input as group with data.facts as partial
	count(control.violations) == 0 with input as group with data.facts as partial
}

test_entry_not_all_known_is_unknown if {
	every missing in ["protocol", "family", "from", "to"] {
		not passes([object.remove(entry("tcp", 0, 65535), [missing])])
	}
}

test_doubts_count_as_if_they_were_open if {
	narrow := {"sg": {"open_ports": [entry("tcp", 443, 443)], "open_ports_doubts": [{"rule": "sgr-2", "protocol": "tcp", "from": 80, "to": 80, "why": "w"}]}}
	control.pass with input as group with data.facts as narrow
	wide := {"sg": {"open_ports": [entry("tcp", 0, 20000)], "open_ports_doubts": [{"rule": "sgr-2", "protocol": "tcp", "from": 30000, "to": 65535, "why": "w"}]}}
	not control.pass with input as group with data.facts as wide
	count(control.violations) == 0 with input as group with data.facts as wide
	control.unknown == {"w"} with input as group with data.facts as wide
}
