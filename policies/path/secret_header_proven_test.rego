package konecta.path.secret_header_proven_test

import rego.v1

import data.konecta.path.secret_header_proven as control

blueprint := {"cloudfront": {"origin_header": "X-Origin-Verify"}}

balancer(scheme) := {"arn": "lb", "configuration": {"Scheme": scheme}}

distribution(headers) := {"arn": "d", "origin": "alb", "via": "alias", "headers": headers, "proof": ["d: origin alb → lb"]}

secret := {"name": "x-origin-verify", "value": "sha256:new"}

proto := {"name": "X-Forwarded-Proto", "value": "sha256:p"}

rule(actions, headers) := {"arn": "r-1", "priority": "10", "actions": actions, "headers": headers}

demands(values) := [{"name": "X-Origin-Verify", "values": values}]

door(action, rules) := {"port": 443, "protocol": "HTTPS", "default": [action], "default_status": "403", "rules": rules}

facts(distributions, doors) := {"lb": {"edge": {"distributions": distributions}, "doors": doors}}

passes(known) if control.pass with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint

found(known) := violations if {
	violations := control.violations with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
}

guarded := [door("fixed-response", [rule(["forward"], demands(["sha256:new"])), rule(["redirect"], [])])]

test_same_secret_at_both_ends_passes if {
	known := facts([distribution([proto, secret])], guarded)
	passes(known)
	count(found(known)) == 0
}

test_distribution_without_the_header_fails if {
	known := facts([distribution([proto])], guarded)
	violation := {
		"path": "Distributions[d].Origins[alb].CustomHeaders",
		"actual": ["X-Forwarded-Proto"],
		"expected": "X-Origin-Verify",
		"proof": ["d: origin alb → lb"],
	}
	violation in found(known)
	not passes(known)
}

test_second_distribution_without_the_header_fails if {
	other := object.union(distribution([]), {"arn": "d2"})
	known := facts([distribution([secret]), other], guarded)
	{violation.path | some violation in found(known)} == {"Distributions[d2].Origins[alb].CustomHeaders"}
	not passes(known)
}

test_forwarding_default_fails if {
	known := facts([distribution([secret])], [door("forward", [])])
	found(known) == {{
		"path": "Listeners[443].DefaultActions",
		"actual": ["forward"],
		"expected": "an action that denies",
		"proof": ["d: origin alb → lb"],
	}}
	not passes(known)
}

test_rule_without_the_header_fails if {
	known := facts([distribution([secret])], [door("fixed-response", [rule(["forward"], [])])])
	found(known) == {{
		"path": "Rules[r-1].Conditions[http-header]",
		"actual": [],
		"expected": ["X-Origin-Verify"],
		"proof": ["d: origin alb → lb"],
	}}
	not passes(known)
}

test_other_value_and_extra_value_fail_and_no_value_is_told if {
	every values in [["sha256:old"], ["sha256:new", "sha256:old"]] {
		known := facts([distribution([secret])], [door("fixed-response", [rule(["forward"], demands(values))])])
		found(known) == {{
			"path": "Rules[r-1].Conditions[http-header].Values",
			"actual": "a value that no distribution sends",
			"expected": "the value that CloudFront sends",
			"proof": ["d: origin alb → lb"],
		}}
		not passes(known)
	}
}

test_withheld_values_and_unknown_rules_are_unknown if {
	withheld := facts([distribution([{"name": "X-Origin-Verify"}])], guarded)
	unread := facts([distribution([secret])], [door("fixed-response", [{"arn": "r-2", "unknown": true}])])
	untold := facts([object.remove(distribution([]), ["headers"])], guarded)
	every known in [withheld, unread, untold] {
		not passes(known)
		count(found(known)) == 0
	}
}

test_missing_facts_are_unknown if {
	every known in [{}, {"doors": guarded}, {"edge": {"distributions": [distribution([secret])]}}] {
		not passes({"lb": known})
		count(found({"lb": known})) == 0
	}
}

test_vpc_origin_and_no_distribution_are_not_applicable if {
	private := facts([object.union(distribution([]), {"via": "vpc_origin"})], [door("forward", [])])
	control.not_applicable == {"CloudFront comes through a VPC origin"} with input as balancer("internal") with data.facts as private
	count(control.violations) == 0 with input as balancer("internal") with data.facts as private with data.blueprint as blueprint
	control.not_applicable == {"no distribution has it as an origin"} with input as balancer("internet-facing") with data.facts as facts([], guarded)
	not passes(facts([], guarded))
}
