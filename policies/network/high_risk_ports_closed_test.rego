package konecta.network.high_risk_ports_closed_test

import rego.v1

import data.konecta.network.high_risk_ports_closed as control

group := {"arn": "sg"}

blueprint := {"network": {"high_risk_ports": [{"from": 5432, "to": 5432}, {"from": 30000, "to": 32767}]}}

facts(open_ports) := {"sg": {"open_ports": open_ports, "open_ports_doubts": []}}

tcp(from, to) := {"protocol": "tcp", "from": from, "to": to, "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["sgr-1"]}

passes(open_ports) if control.pass with input as group with data.blueprint as blueprint with data.facts as facts(open_ports)

found(open_ports) := violations if {
	violations := control.violations with input as group with data.blueprint as blueprint with data.facts as facts(open_ports)
}

test_web_ports_pass if {
	passes([tcp(80, 80), tcp(443, 443)])
	count(found([tcp(80, 80), tcp(443, 443)])) == 0
}

test_database_port_fails if {
	found([tcp(5432, 5432)]) == {{
		"path": "ingress[5432 ipv4]",
		"actual": "open on tcp 5432 to 0.0.0.0/0 by sgr-1",
		"expected": "not open to the internet",
	}}
	not passes([tcp(5432, 5432)])
}

test_one_node_port_fails if {
	{violation.path | some violation in found([tcp(31080, 31080)])} == {"ingress[30000-32767 ipv4]"}
	not passes([tcp(31080, 31080)])
}

test_all_traffic_fails_for_every_range if {
	all := {"protocol": "all", "family": "ipv4", "sources": ["0.0.0.0/0"], "rules": ["sgr-1"]}
	{violation.path | some violation in found([all])} == {"ingress[5432 ipv4]", "ingress[30000-32767 ipv4]"}
}

test_unread_rules_are_unknown if {
	not control.pass with input as group with data.blueprint as blueprint with data.facts as {"sg": {"open_ports": []}}
	count(control.violations) == 0 with input as group with data.blueprint as blueprint with data.facts as {}
}

test_cloudfronts_list_is_named if {
	search := object.union(tcp(5432, 5432), {"sources": ["pl-1"], "cloudfront": ["pl-1"]})
	{violation.actual | some violation in found([search])} == {"open on tcp 5432 to pl-1 (CloudFront: anybody's distribution) by sgr-1"}
	control.unknown == {"sgr-2: why"} with input as group with data.facts as {"sg": {"open_ports_doubts": [{"why": "sgr-2: why"}]}}
}
