package konecta.alb.default_denies_test

import rego.v1

import data.konecta.alb.default_denies as control

blueprint := {"cloudfront": {"origin_header": "X-Origin-Verify"}, "alb": {"peers": []}}

balancer := {"arn": "lb", "configuration": {"Scheme": "internet-facing", "Type": "application"}}

secret := [{"name": "x-origin-verify", "values": ["sha256:aa:aa"]}]

rule(actions, headers) := {"arn": "r-1", "priority": "10", "actions": actions, "headers": headers}

https(action, status, rules) := {"port": 443, "protocol": "HTTPS", "default": [action], "default_status": status, "rules": rules}

http := {"port": 80, "protocol": "HTTP", "default": ["redirect"], "rules": []}

closed(rules) := [https("fixed-response", "403", rules), http]

edge(via) := {"distributions": [{"arn": "d", "origin": "alb", "via": via}]}

facts(doors) := {"lb": {"edge": edge("alias"), "doors": doors, "web_acl": {"kind": "none"}}}

passes(doors) if control.pass with input as balancer with data.facts as facts(doors) with data.blueprint as blueprint

found(doors) := violations if {
	violations := control.violations with input as balancer with data.facts as facts(doors) with data.blueprint as blueprint
}

test_only_the_secret_header_forwards_passes if {
	doors := closed([rule(["forward"], secret), rule(["redirect"], []), rule(["authenticate-oidc", "forward"], secret)])
	passes(doors)
	count(found(doors)) == 0
}

test_forwarding_default_fails if {
	doors := [https("forward", null, []), http]
	found(doors) == {{"path": "Listeners[443].DefaultActions", "actual": ["forward"], "expected": ["fixed-response"]}}
	not passes(doors)
}

test_other_status_fails if {
	doors := [https("fixed-response", "200", [])]
	found(doors) == {{"path": "Listeners[443].DefaultActions.FixedResponseConfig.StatusCode", "actual": "200", "expected": "403"}}
	not passes(doors)
}

test_redirecting_https_default_fails if {
	found([https("redirect", null, [])]) == {{"path": "Listeners[443].DefaultActions", "actual": ["redirect"], "expected": ["fixed-response"]}}
}

test_rule_without_the_header_fails if {
	other := [{"name": "X-Tenant", "values": ["sha256:bb"]}]
	found(closed([rule(["forward"], other)])) == {{
		"path": "Rules[r-1].Conditions[http-header]",
		"actual": ["X-Tenant"],
		"expected": ["X-Origin-Verify"],
	}}
	not passes(closed([rule(["forward"], other)]))
}

test_header_without_values_and_unknown_rule_are_unknown if {
	unread := {"arn": "r-2", "priority": "20", "unknown": true, "actions": ["forward"], "headers": []}
	every doors in [closed([rule(["forward"], [{"name": "X-Origin-Verify", "values": []}])]), closed([unread]), [{"port": 443}]] {
		not passes(doors)
		count(found(doors)) == 0
	}
}

test_missing_facts_are_unknown if {
	every known in [{}, {"doors": closed([])}, {"edge": edge("dns")}] {
		not control.pass with input as balancer with data.facts as {"lb": known} with data.blueprint as blueprint
		count(control.violations) == 0 with input as balancer with data.facts as {"lb": known} with data.blueprint as blueprint
		count(control.not_applicable) == 0 with input as balancer with data.facts as {"lb": known} with data.blueprint as blueprint
	}
}

test_internet_facing_behind_a_vpc_origin_is_judged if {
	open := {"lb": {"edge": edge("vpc_origin"), "doors": [http, https("forward", null, [])], "web_acl": {"kind": "none"}}}
	count(control.violations) == 1 with input as balancer with data.facts as open with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as balancer with data.facts as open with data.blueprint as blueprint
}

test_vpc_origin_is_not_applicable if {
	internal := {"arn": "lb", "configuration": {"Scheme": "internal", "Type": "application"}}
	open := {"lb": {"edge": edge("vpc_origin"), "doors": [https("forward", null, [])]}}
	control.not_applicable == {"CloudFront comes through a VPC origin"} with input as internal with data.facts as open
	count(control.violations) == 0 with input as internal with data.facts as open with data.blueprint as blueprint
	not control.pass with input as internal with data.facts as open with data.blueprint as blueprint
}

test_no_distribution_is_not_applicable if {
	alone := {"lb": {"edge": {"distributions": []}, "doors": [http]}}
	control.not_applicable == {"no distribution has it as an origin"} with input as balancer with data.facts as alone
	not control.pass with input as balancer with data.facts as alone with data.blueprint as blueprint
}

test_wildcards_and_values_that_nobody_sends_in_an_older_snapshot_are_unknown if {
	every value in ["sha256:aa", "sha256:aa:bb:wildcard", "sha256:aa:bb:regex"] {
		doors := closed([rule(["forward"], [{"name": "x-origin-verify", "values": [value]}])])
		not passes(doors)
		count(found(doors)) == 0
	}
	passes(closed([rule(["forward"], [{"name": "x-origin-verify", "values": ["sha256:aa:aa"]}, {"name": "x-origin-verify", "values": ["sha256:b:b"]}])]))
}

test_a_value_for_everybody_fails if {
	doors := closed([rule(["forward"], [{"name": "x-origin-verify", "values": ["sha256:aa:aa:wildcard:anything"]}])])
	{violation.path | some violation in found(doors)} == {"Rules[r-1].Conditions[http-header]"}
}

test_a_web_acl_may_demand_it_instead if {
	screened := {"lb": {"edge": edge("alias"), "doors": [https("forward", null, [])], "web_acl": {"kind": "demands", "values": []}}}
	closing := object.union(balancer, {"supplement": {"attributes": [{"Key": "waf.fail_open.enabled", "Value": "false"}]}})
	control.pass with input as closing with data.facts as screened with data.blueprint as blueprint
	count(control.violations) == 0 with input as closing with data.facts as screened with data.blueprint as blueprint
	not control.pass with input as balancer with data.facts as screened with data.blueprint as blueprint
	count(control.unknown) == 1 with input as balancer with data.facts as screened with data.blueprint as blueprint
}

test_a_network_load_balancer_is_not_applicable if {
	network := {"arn": "lb", "configuration": {"Scheme": "internet-facing", "Type": "network"}}
	open := facts([https("forward", null, [])])
	control.not_applicable == {"it is a network load balancer"} with input as network with data.facts as open with data.blueprint as blueprint
	count(control.violations) == 0 with input as network with data.facts as open with data.blueprint as blueprint
}

shielded(status) := object.union(https("forward", null, [rule(["forward"], secret)]), {"shield": {"rule": "r-9", "actions": ["fixed-response"], "status": status}})

test_a_rule_that_denies_all_that_is_left_counts_as_the_default if {
	passes([shielded("403"), http])
	count(found([shielded("403"), http])) == 0
	plain := object.union(http, {"default": ["forward"], "shield": {"rule": "r-8", "actions": ["redirect"]}})
	passes([shielded("403"), plain])
}

test_a_rule_that_denies_all_that_is_left_with_another_status_fails if {
	{violation.path | some violation in found([shielded("404")])} == {"Rules[r-9].Actions.FixedResponseConfig.StatusCode"}
	not passes([shielded("404")])
}
