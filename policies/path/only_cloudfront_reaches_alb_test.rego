package konecta.path.only_cloudfront_reaches_alb_test

import rego.v1

import data.konecta.path.only_cloudfront_reaches_alb as control

blueprint := {"alb": {"peers": ["192.0.2.0/24"]}}

balancer(scheme) := {"arn": "lb", "configuration": {"Scheme": scheme}}

https := {"rule": "sgr-1", "group": "sg-1", "protocol": "tcp", "from": 443, "to": 443}

cloudfront := object.union(https, {"kind": "prefix_list", "prefixList": {"id": "pl-1", "cloudfront": true}})

cidr(range) := object.union(https, {"kind": "cidr", "cidr": range})

edge(via) := {"distributions": [{"arn": "d", "origin": "alb", "via": via, "proof": ["d: origin alb → lb"]}], "doubts": []}

alone := {"distributions": [], "doubts": []}

no_ways := {"ways": [], "doubts": []}

facts(via, sources) := {"lb": {
	"edge": edge(via),
	"parts": ["alb"],
	"entrances": {"ports": [443], "groups": ["sg-1"], "sources": sources},
	"ways": no_ways,
}}

by(known, ways) := {"lb": object.union(known.lb, {"ways": ways})}

way(sources) := {"kind": "load_balancer", "certain": true, "sources": sources, "proof": ["nlb → tg → lb"]}

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
	known := {"lb": {"edge": alone, "parts": ["alb"], "entrances": {"sources": []}}}
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
	whys("internet-facing", known) == {"prefix list was not read"}
}

test_missing_facts_are_unknown if {
	every known in [{"edge": edge("alias")}, {"entrances": {"sources": [cloudfront]}}, {"parts": ["alb"]}, {}] {
		not passes("internet-facing", {"lb": known})
		count(found("internet-facing", {"lb": known})) == 0
		count(skipped("internet-facing", {"lb": known})) == 0
	}
}

test_balancers_of_no_stack_are_not_applicable if {
	other := {"lb": {"edge": alone, "parts": []}}
	skipped("internet-facing", other) == {"no distribution has it as an origin, and it is not a load balancer of a stack"}
	inside := {"lb": {"edge": alone, "parts": ["alb"], "ways": no_ways}}
	skipped("internal", inside) == {"it is internal, and no distribution has it as an origin"}
	count(found("internal", inside)) == 0
}

whys(scheme, known) := reasons if {
	reasons := control.unknown with input as balancer(scheme) with data.facts as known with data.blueprint as blueprint
}

test_another_way_to_an_internal_one_is_judged_by_who_comes if {
	inside := facts("vpc_origin", [cloudfront, cidr("0.0.0.0/0")])
	open := by(inside, {"ways": [way([cidr("0.0.0.0/0")])], "doubts": []})
	found("internal", open) == {{
		"path": "SecurityGroups[sg-1].IpPermissions[sgr-1]",
		"actual": "tcp 443 from 0.0.0.0/0",
		"expected": "only CloudFront's prefix list or a declared peer",
		"proof": ["SecurityGroups[sg-1].IpPermissions[sgr-1]: tcp 443 from 0.0.0.0/0", "nlb → tg → lb"],
	}}
	not passes("internal", open)
	passes("internal", by(inside, {"ways": [way([cloudfront])], "doubts": []}))
}

test_a_way_that_may_lead_elsewhere_is_unknown if {
	inside := facts("vpc_origin", [cloudfront, cidr("0.0.0.0/0")])
	perhaps := by(inside, {"ways": [object.remove(way([cidr("0.0.0.0/0")]), ["certain"])], "doubts": []})
	not passes("internal", perhaps)
	count(found("internal", perhaps)) == 0
	whys("internal", perhaps) == {"it is not known whether this way leads to it: nlb → tg → lb"}
}

test_whom_a_way_lets_in_may_not_be_known if {
	unread := {"kind": "unknown", "group": "sg-1", "rule": "sgr-1", "why": "the rules of sg-9 were not read"}
	perhaps := by(facts("vpc_origin", [cloudfront]), {"ways": [way([unread])], "doubts": []})
	not passes("internal", perhaps)
	whys("internal", perhaps) == {"the rules of sg-9 were not read"}
}

test_ways_that_were_not_seen_are_unknown_unless_only_cloudfront_is_let_in if {
	unseen := {"ways": [], "doubts": ["the targets of tg were not read"]}
	open := by(facts("vpc_origin", [cidr("10.0.0.0/8")]), unseen)
	not passes("internal", open)
	whys("internal", open) == {"the targets of tg were not read"}
	passes("internal", by(facts("vpc_origin", [cloudfront]), unseen))
	not passes("internal", by(facts("vpc_origin", [cidr("192.0.2.7/32")]), unseen))
}

test_an_internal_one_that_a_balancer_leads_to_is_no_matter_of_its_distribution if {
	open := {"lb": {"edge": alone, "parts": ["alb"], "ways": {"ways": [way([cidr("0.0.0.0/0")])], "doubts": []}}}
	count(found("internal", open)) == 1
	count(skipped("internal", open)) == 0
}

doubts := ["d2 origin blog: blog.example.org is not known to be at AWS"]

doubted(known) := {"lb": object.union(known.lb, {"edge": object.union(known.lb.edge, {"doubts": doubts})})}

nobody(sources) := {"lb": {"edge": {"distributions": [], "doubts": doubts}, "parts": ["alb"], "entrances": {"sources": sources}, "ways": no_ways}}

test_what_is_proven_stays_proven_beside_doubts if {
	passes("internet-facing", doubted(facts("alias", [cloudfront])))
	count(found("internet-facing", doubted(facts("alias", [cidr("0.0.0.0/0")])))) == 1
	count(found("internet-facing", nobody([cidr("0.0.0.0/0")]))) == 1
	count(found("internet-facing", nobody([cloudfront]))) == 0
	not passes("internet-facing", nobody([cloudfront]))
	whys("internet-facing", nobody([cloudfront])) == {doubts[0]}
}

group(members) := object.union(https, {"kind": "security_group", "source": object.union({"id": "sg-2"}, members)})

test_groups_that_are_gone_or_foreign_are_told_apart if {
	passes("internet-facing", facts("alias", [cloudfront, group({"gone": true})]))
	count(found("internet-facing", facts("alias", [cloudfront, group({"stranger": true})]))) == 1
	unseen := facts("alias", [cloudfront, group({})])
	not passes("internet-facing", unseen)
	count(found("internet-facing", unseen)) == 0
}

named := {"sg-2": {"GroupName": "CloudFront-VPCOrigins-Service-SG"}}

carried(carrier) := {"sg-2": [object.union({"kind": "other", "roles": [], "names": ["eni-1"], "more": 0}, carrier)]}

test_the_name_of_cloudfronts_group_proves_nothing_of_a_machine_that_carries_it if {
	known := facts("alias", [group({})])
	control.pass with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
		with data.index.security_groups as named with data.index.group_carriers as carried({})
	every guest in [{"names": ["eni-2 (instance i-1)"]}, {"kind": "bastion", "names": ["eni-2"]}] {
		count(control.violations) == 1 with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
			with data.index.security_groups as named with data.index.group_carriers as carried(guest)
	}
}

test_what_is_not_known_of_a_source_is_told if {
	unread := object.union(https, {"kind": "prefix_list", "rule": "sgr-1", "prefixList": {"id": "pl-1"}})
	whys("internet-facing", facts("alias", [unread])) == {"sgr-1: whose prefix list pl-1 is, and what stands in it, is not known"}
	whys("internet-facing", facts("alias", [group({})])) == {"sgr-1: security group sg-2 is in no listing"}
}
