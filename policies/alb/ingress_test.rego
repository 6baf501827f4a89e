package konecta.alb.ingress_test

import rego.v1

import data.konecta.alb.ingress as control

blueprint := {"alb": {"peers": ["10.20.0.0/16", "not a range"]}}

groups := {
	"sg-cf": {"GroupName": "CloudFront-VPCOrigins-Service-SG"},
	"sg-node": {"GroupName": "konecta-erp-node"},
}

https := {"rule": "sgr-1", "protocol": "tcp", "from": 443, "to": 443}

cloudfront := object.union(https, {"kind": "prefix_list", "prefixList": {"id": "pl-1", "cloudfront": true}})

list(details) := object.union(https, {
	"kind": "prefix_list",
	"prefixList": object.union({"id": "pl-2", "name": "com.amazonaws.global.cloudfront.origin-facing"}, details),
})

cidr(range) := object.union(https, {"kind": "cidr", "cidr": range})

group(id) := object.union(https, {"kind": "security_group", "source": {"id": id}})

facts(sources) := {"sg": {"parts": ["alb"], "ingress": sources}}

passes(sources) if control.pass with input as {"arn": "sg"} with data.facts as facts(sources) with data.blueprint as blueprint
	with data.index.security_groups as groups

found(sources) := actual if {
	actual := {violation.actual | some violation in control.violations} with input as {"arn": "sg"} with data.facts as facts(sources)
		with data.blueprint as blueprint
		with data.index.security_groups as groups
}

test_cloudfront_and_declared_peers_pass if {
	sources := [cloudfront, object.union(cloudfront, {"from": 80, "to": 80}), cidr("10.20.3.0/24"), list({"cidrs": ["10.20.0.0/24"]}), group("sg-cf")]
	passes(sources)
	count(found(sources)) == 0
}

test_no_way_in_passes if {
	passes([])
}

test_open_to_the_world_fails if {
	control.violations == {{
		"path": "IpPermissions[sgr-1]",
		"actual": "tcp 443 from 0.0.0.0/0",
		"expected": "TCP 443 or 80 from CloudFront's prefix list",
	}} with input as {"arn": "sg"} with data.facts as facts([cidr("0.0.0.0/0")]) with data.blueprint as blueprint
	not passes([cidr("0.0.0.0/0")])
}

test_ipv6_and_halves_fail if {
	found([cidr("::/0")]) == {"tcp 443 from ::/0"}
	found([cidr("0.0.0.0/1"), cidr("128.0.0.0/1")]) == {"tcp 443 from 0.0.0.0/1", "tcp 443 from 128.0.0.0/1"}
}

test_list_that_only_bears_the_name_fails if {
	found([list({"cloudfront": false, "cidrs": ["0.0.0.0/0"]})]) == {"tcp 443 from pl-2"}
	not passes([list({"cloudfront": false, "cidrs": ["0.0.0.0/0"]})])
}

test_other_group_fails if {
	found([group("sg-node")]) == {"tcp 443 from sg-node"}
	not passes([group("sg-node")])
}

test_other_ports_fail_even_for_cloudfront if {
	found([object.union(cloudfront, {"from": 80, "to": 443})]) == {"tcp 80-443 from pl-1"}
	found([object.union(cloudfront, {"from": 8080, "to": 8080})]) == {"tcp 8080 from pl-1"}
	found([object.remove(object.union(cloudfront, {"protocol": "all"}), ["from", "to"])]) == {"everything from pl-1"}
}

test_what_was_not_seen_is_unknown if {
	every source in [{"kind": "unknown", "rule": "sgr-9", "why": "-"}, list({}), list({"cloudfront": false}), group("sg-elsewhere")] {
		not passes([source])
		count(found([source])) == 0
	}
}

test_missing_facts_are_unknown if {
	every known in [{}, {"parts": ["alb"]}, {"ingress": [cloudfront]}] {
		not control.pass with input as {"arn": "sg"} with data.facts as {"sg": known} with data.blueprint as blueprint
		count(control.violations) == 0 with input as {"arn": "sg"} with data.facts as {"sg": known} with data.blueprint as blueprint
		count(control.not_applicable) == 0 with input as {"arn": "sg"} with data.facts as {"sg": known} with data.blueprint as blueprint
	}
}

test_other_groups_are_not_applicable if {
	node := {"sg": {"parts": ["node"], "ingress": [cidr("0.0.0.0/0")]}}
	control.not_applicable == {"no load balancer of a stack uses it"} with input as {"arn": "sg"} with data.facts as node
	count(control.violations) == 0 with input as {"arn": "sg"} with data.facts as node with data.blueprint as blueprint
}
