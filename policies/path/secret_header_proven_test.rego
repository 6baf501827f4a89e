package konecta.path.secret_header_proven_test

import rego.v1

import data.konecta.path.secret_header_proven as control

blueprint := {"cloudfront": {"origin_header": "X-Origin-Verify"}, "alb": {"peers": ["10.0.0.0/8"]}}

# One secret in letters of either case, another one, and what a rule may hold besides.
new := "sha256:Nn:nn"

small := "sha256:nn:nn"

old := "sha256:Oo:oo"

wild := "sha256:Ww:ww:wildcard"

all := "sha256:*:*:wildcard:anything"

balancer(scheme) := {"arn": "lb", "configuration": {"Scheme": scheme, "Type": "application"}}

distribution(headers) := {"arn": "d", "origin": "alb", "via": "alias", "used": true, "headers": headers, "proof": ["d: origin alb → lb"]}

secret := {"name": "x-origin-verify", "value": new}

proto := {"name": "X-Forwarded-Proto", "value": "sha256:p"}

rule(actions, headers) := {"arn": "r-1", "priority": "10", "actions": actions, "headers": headers}

demands(values) := [{"name": "X-Origin-Verify", "values": values}]

door(action, rules) := {"port": 443, "protocol": "HTTPS", "default": [action], "default_status": "403", "rules": rules}

facts(distributions, doors) := {"lb": {"edge": {"distributions": distributions}, "doors": doors, "web_acl": {"kind": "none"}}}

passes(known) if control.pass with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint

found(known) := violations if {
	violations := control.violations with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
}

guarded := [door("fixed-response", [rule(["forward"], demands([new])), rule(["redirect"], [])])]

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
	every values in [[old], [new, old], ["sha256:oo:oo", small]] {
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

one_rule(headers) := facts([distribution([secret])], [door("fixed-response", [rule(["forward"], headers)])])

neither(known) if {
	not passes(known)
	count(found(known)) == 0
}

test_a_load_balancer_does_not_look_at_case if {
	passes(one_rule(demands([small])))
	count(found(one_rule(demands([small])))) == 0
}

test_of_two_conditions_on_the_header_one_is_enough if {
	every values in [[old], [new, old], [all], [wild]] {
		passes(one_rule(array.concat(demands([new]), demands(values))))
		count(found(one_rule(array.concat(demands(values), demands([new]))))) == 0
	}
	mixed := one_rule(array.concat(demands([new, old]), demands([new, all])))
	{violation.actual | some violation in found(mixed)} == {"a value that no distribution sends"}
}

test_wildcards_and_patterns_are_no_secret if {
	neither(one_rule(demands([wild])))
	neither(one_rule(demands([new, wild])))
	neither(one_rule([{"name": "X-Origin-Verify", "regex": ["sha256:a:b:regex"]}]))
	every headers in [demands([all]), [{"name": "X-Origin-Verify", "regex": ["sha256:a:b:regex:anything"]}]] {
		{violation.path | some violation in found(one_rule(headers))} == {"Rules[r-1].Conditions[http-header]"}
	}
	reasons := control.unknown with input as balancer("internet-facing") with data.facts as one_rule(demands([wild])) with data.blueprint as blueprint
	reasons == {"rule r-1 asks for X-Origin-Verify by a wildcard, which strangers may guess"}
	patterns := control.unknown with input as balancer("internet-facing")
		with data.facts as one_rule([{"name": "X-Origin-Verify", "regex": ["sha256:a:b:regex"]}])
		with data.blueprint as blueprint
	patterns == {"rule r-1 asks for X-Origin-Verify by a regular expression, which strangers may guess"}
}

test_what_is_not_understood_is_named if {
	rules := [rule(["forward"], demands([])), {"arn": "r-2", "priority": "20", "actions": ["teleport"], "headers": []}]
	known := facts([distribution([secret])], [door("beam", rules)])
	neither(known)
	reasons := control.unknown with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
	reasons == {
		"rule r-1 asks for X-Origin-Verify, and it was not sent for which value",
		"rule r-2: what its action teleport does is not known",
		"the listener on port 443: what its default action beam does is not known",
	}
}

test_an_older_snapshot_tells_only_what_is_equal if {
	passes(facts([distribution([{"name": "X-Origin-Verify", "value": "sha256:a"}])], [door("fixed-response", [rule(["forward"], demands(["sha256:a"]))])]))
	neither(facts([distribution([{"name": "X-Origin-Verify", "value": "sha256:a"}])], [door("fixed-response", [rule(["forward"], demands(["sha256:b"]))])]))
}

test_a_declared_peer_may_come_without_the_header if {
	passes(facts([distribution([secret])], [door("fixed-response", [object.union(rule(["forward"], []), {"sources": [["10.1.0.0/16"]]})])]))
	every addresses in [["10.1.0.0/16", "192.0.2.0/24"], ["0.0.0.0/0"], []] {
		known := facts([distribution([secret])], [door("fixed-response", [object.union(rule(["forward"], []), {"sources": [addresses]})])])
		{violation.path | some violation in found(known)} == {"Rules[r-1].Conditions[http-header]"}
	}
}

test_a_distribution_that_is_switched_off_sends_nothing if {
	off := object.union(distribution([]), {"arn": "d2", "enabled": false})
	passes(facts([distribution([secret]), off], guarded))
	count(found(facts([distribution([secret]), off], guarded))) == 0
	unused := object.union(distribution([]), {"arn": "d2", "used": false})
	passes(facts([distribution([secret]), unused], guarded))
}

test_what_distributions_send_that_are_not_known_is_not_known if {
	other := facts([distribution([secret])], [door("fixed-response", [rule(["forward"], demands([old]))])])
	count(found(other)) == 1
	doubts := ["d2 origin blog: no public zone of the scan's accounts holds blog.example.org: it may be a load balancer"]
	doubted := {"lb": object.union(other.lb, {"edge": object.union(other.lb.edge, {"doubts": doubts})})}
	neither(doubted)
	nobody := {"lb": object.union(other.lb, {"edge": {"distributions": [], "doubts": doubts}})}
	count(control.not_applicable) == 0 with input as balancer("internet-facing") with data.facts as nobody
}

test_an_open_door_is_open_beside_one_that_was_not_seen if {
	unseen := {"kind": "unknown", "unknown": true, "why": "the listeners were not listed to their end"}
	known := facts([distribution([secret])], [door("forward", []), unseen])
	{violation.path | some violation in found(known)} == {"Listeners[443].DefaultActions"}
	closed := facts([distribution([secret])], array.concat(guarded, [unseen]))
	neither(closed)
	reasons := control.unknown with input as balancer("internet-facing") with data.facts as closed with data.blueprint as blueprint
	reasons == {"the listeners were not listed to their end"}
	rules := facts([distribution([secret])], [door("fixed-response", [{"unknown": true, "arn": "r-9"}])])
	neither(rules)
	unread := control.unknown with input as balancer("internet-facing") with data.facts as rules with data.blueprint as blueprint
	unread == {"it was not sent what rule r-9 does or asks for"}
}

screened(acl, attributes) := {
	"input": object.union(balancer("internet-facing"), {"supplement": {"attributes": attributes}}),
	"facts": {"lb": object.union(facts([distribution([secret])], [door("forward", [])]).lb, {"web_acl": acl})},
}

judged(case) := {"pass": passed, "violations": violations, "unknown": reasons} if {
	passed := [true | control.pass] with input as case.input with data.facts as case.facts with data.blueprint as blueprint
	violations := control.violations with input as case.input with data.facts as case.facts with data.blueprint as blueprint
	reasons := control.unknown with input as case.input with data.facts as case.facts with data.blueprint as blueprint
}

nothing := {one | some one in []}

closed_when_waf_fails := [{"Key": "waf.fail_open.enabled", "Value": "false"}]

test_a_web_acl_that_demands_the_secret_passes if {
	every keys in [{"values": [new], "lowercase": []}, {"values": [], "lowercase": ["sha256:nn:nn"]}] {
		answer := judged(screened(object.union({"kind": "demands"}, keys), closed_when_waf_fails))
		answer == {"pass": [true], "violations": nothing, "unknown": nothing}
	}
}

test_a_web_acl_that_demands_another_value_or_fails_open_is_unknown if {
	every keys in [{"values": [small], "lowercase": []}, {"values": [], "lowercase": [old]}] {
		answer := judged(screened(object.union({"kind": "demands"}, keys), closed_when_waf_fails))
		count(answer.pass) + count(answer.violations) == 0
	}
	every attributes in [[], [{"Key": "waf.fail_open.enabled", "Value": "true"}]] {
		answer := judged(screened({"kind": "demands", "values": [new], "lowercase": []}, attributes))
		answer == {"pass": [], "violations": nothing, "unknown": {"the load balancer may forward what WAF did not look at (waf.fail_open.enabled)"}}
	}
	maybe := judged(screened({"kind": "unknown", "why": "web ACLs were not listed"}, []))
	maybe == {"pass": [], "violations": nothing, "unknown": {"web ACLs were not listed"}}
}

test_a_listener_that_verifies_certificates_is_unknown if {
	verifying := object.union(door("forward", []), {"mutual_tls": "verify"})
	known := facts([distribution([])], [verifying])
	neither(known)
	reasons := control.unknown with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
	reasons == {"the listener on port 443 verifies certificates of clients, and it is not seen whose CA its trust store holds"}
	beside := facts([distribution([])], [verifying, object.union(door("forward", []), {"port": 80, "mutual_tls": "passthrough"})])
	{violation.path | some violation in found(beside)} == {"Listeners[80].DefaultActions"}
}

test_a_network_load_balancer_is_judged_by_what_is_behind_it if {
	network := {"arn": "lb", "configuration": {"Scheme": "internet-facing", "Type": "network"}}
	onward := facts([distribution([secret])], [object.union(door("forward", []), {"balancers": ["alb"]})])
	control.not_applicable == {"it passes everything on to load balancers, which are judged themselves"} with input as network with data.facts as onward
	blind := facts([distribution([secret])], [door("forward", [])])
	count(control.not_applicable) + count(control.violations) == 0 with input as network with data.facts as blind with data.blueprint as blueprint
	count(control.unknown) == 1 with input as network with data.facts as blind with data.blueprint as blueprint
}

test_a_rule_that_denies_all_that_is_left_stands_before_the_default if {
	shielded := object.union(door("forward", [rule(["forward"], demands([new]))]), {"shield": {"rule": "r-9", "actions": ["fixed-response"]}})
	passes(facts([distribution([secret])], [shielded]))
	count(found(facts([distribution([secret])], [shielded]))) == 0
}

test_an_origin_of_which_it_is_not_known_whether_it_is_used_proves_nothing if {
	silent := object.union(object.remove(distribution([]), ["used"]), {"arn": "d2"})
	known := facts([distribution([secret]), silent], guarded)
	count(found(known)) == 0
	not passes(known)
	reasons := control.unknown with input as balancer("internet-facing") with data.facts as known with data.blueprint as blueprint
	some reason in reasons
	contains(reason, "whether origin alb of d2 is used is not known")
}
