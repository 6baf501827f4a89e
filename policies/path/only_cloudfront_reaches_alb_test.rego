package konecta.path.only_cloudfront_reaches_alb_test

import rego.v1

import data.konecta.path.only_cloudfront_reaches_alb as control

blueprint := {"alb": {"peers": ["192.0.2.0/24"]}}

balancer(scheme) := {"arn": "lb", "configuration": {"Scheme": scheme}}

https := {"rule": "sgr-1", "group": "sg-1", "protocol": "tcp", "from": 443, "to": 443}

cloudfront := object.union(https, {"kind": "prefix_list", "prefixList": {"id": "pl-1", "cloudfront": true}})

cidr(range) := object.union(https, {"kind": "cidr", "cidr": range})

edge(via) := {"distributions": [{"arn": "d", "origin": "alb", "via": via, "proof": ["d: origin alb → lb"]}]}

facts(via, sources) := {"lb": {"edge": edge(via), "parts": ["alb"], "entrances": {"ports": [443], "groups": ["sg-1"], "sources": sources}}}

passes(scheme, known) if control.pass with input as balancer(scheme) with data.facts as known with data.blueprint as blueprint

found(scheme, known) := violations if {
	violations := control.violations with input as balancer(scheme) with data.facts as known with data.blueprint as blueprint
}

skipped(scheme, known) := reasons if {
	reasons := control.not_applicable with input as balancer(scheme) with data.facts as known with data.blueprint as blueprint
}

test_cloudfront_and_declared_peers_pass if {
	known := facts("alias", [cloudfront, cidr("192.0.2.7/32")])
	passes("internet-facing", known)
	count(found("internet-facing", known)) == 0
	count(skipped("internet-facing", known)) == 0
}

test_internal_behind_a_vpc_origin_passes_whatever_the_groups_admit if {
	known := facts("vpc_origin", [cidr("10.0.0.0/8")])
	passes("internal", known)
	count(found("internal", known)) == 0
}

test_open_to_the_world_fails_with_the_hops if {
	known := facts("alias", [cloudfront, cidr("0.0.0.0/0")])
	found("internet-facing", known) == {{
		"path": "SecurityGroups[sg-1].IpPermissions[sgr-1]",
		"actual": "tcp 443 from 0.0.0.0/0",
		"expected": "only CloudFront's prefix list or a declared peer",
		"proof": ["d: origin alb → lb", "SecurityGroups[sg-1].IpPermissions[sgr-1]: tcp 443 from 0.0.0.0/0"],
	}}
	not passes("internet-facing", known)
}

test_internet_facing_behind_a_vpc_origin_is_judged_by_its_groups if {
	known := facts("vpc_origin", [cidr("0.0.0.0/0")])
	count(found("internet-facing", known)) == 1
	not passes("internet-facing", known)
}

test_no_group_at_all_fails if {
	known := facts("dns", [{"kind": "cidr", "cidr": "0.0.0.0/0", "rule": null}])
	{violation.path | some violation in found("internet-facing", known)} == {"SecurityGroups"}
	{violation.actual | some violation in found("internet-facing", known)} == {"everything from 0.0.0.0/0"}
}

test_no_distribution_in_front_of_a_stack_fails if {
	known := {"lb": {"edge": {"distributions": []}, "parts": ["alb"], "entrances": {"sources": []}}}
	found("internet-facing", known) == {{
		"path": "Scheme",
		"actual": "internet-facing",
		"expected": "a CloudFront distribution in front",
	}}
	not passes("internet-facing", known)
}

test_source_that_was_not_understood_is_unknown if {
	known := facts("alias", [cloudfront, {"kind": "unknown", "rule": "sgr-9", "why": "prefix list was not read"}])
	not passes("internet-facing", known)
	count(found("internet-facing", known)) == 0
}

test_missing_facts_are_unknown if {
	every known in [{"edge": edge("alias")}, {"entrances": {"sources": [cloudfront]}}, {"parts": ["alb"]}, {}] {
		not passes("internet-facing", {"lb": known})
		count(found("internet-facing", {"lb": known})) == 0
		count(skipped("internet-facing", {"lb": known})) == 0
	}
}

test_balancers_of_no_stack_are_not_applicable if {
	alone := {"lb": {"edge": {"distributions": []}, "parts": []}}
	skipped("internet-facing", alone) == {"no distribution has it as an origin, and it is no load balancer of a stack"}
	inside := {"lb": {"edge": {"distributions": []}, "parts": ["alb"]}}
	skipped("internal", inside) == {"it is internal, and no distribution has it as an origin"}
	count(found("internal", inside)) == 0
}
