package konecta.alb.http_redirects_test

import rego.v1

import data.konecta.alb.http_redirects as control

redirect(protocol, status) := {"Type": "redirect", "RedirectConfig": {"Protocol": protocol, "Port": "443", "StatusCode": status}}

https := redirect("HTTPS", "HTTP_301")

forward := {"Type": "forward", "TargetGroupArn": "tg"}

listener(protocol, action) := {"arn": "l", "configuration": {"LoadBalancerArn": "lb", "Protocol": protocol, "DefaultActions": [action]}}

spoken := {"lb": [{"Protocol": "HTTP", "Port": 80}, {"Protocol": "HTTPS", "Port": 443}]}

wanted := "redirect to HTTPS with HTTP_301, on a port where this load balancer speaks HTTPS"

rules(action) := {"l": [
	{"RuleArn": "r-default", "IsDefault": true, "Actions": [https]},
	{"RuleArn": "r-1", "IsDefault": false, "Actions": [action]},
]}

test_redirects_everywhere_pass if {
	control.pass with input as listener("HTTP", https) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTP", https) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	count(control.not_applicable) == 0 with input as listener("HTTP", https) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
}

test_forwarding_default_fails if {
	control.violations == {{
		"path": "DefaultActions",
		"actual": ["forward"],
		"expected": wanted,
	}} with input as listener("HTTP", forward) with data.index.listener_rules as {} with data.index.listeners as spoken
	not control.pass with input as listener("HTTP", forward) with data.index.listener_rules as {} with data.index.listeners as spoken
}

test_forwarding_rule_behind_a_redirecting_default_fails if {
	control.violations == {{
		"path": "Rules[r-1].Actions",
		"actual": ["forward"],
		"expected": wanted,
	}} with input as listener("HTTP", https) with data.index.listener_rules as rules(forward) with data.index.listeners as spoken
	not control.pass with input as listener("HTTP", https) with data.index.listener_rules as rules(forward) with data.index.listeners as spoken
}

test_temporary_redirect_and_redirect_to_http_fail if {
	every action in [redirect("HTTPS", "HTTP_302"), redirect("#{protocol}", "HTTP_301")] {
		said := [sprintf("redirect to %s on port 443 with %s", [action.RedirectConfig.Protocol, action.RedirectConfig.StatusCode])]
		{violation.actual | some violation in control.violations} == {said} with input as listener("HTTP", action)
		not control.pass with input as listener("HTTP", action) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	}
}

test_unread_rules_are_unknown if {
	not control.pass with input as listener("HTTP", https) with data.index.listener_rules as {} with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTP", https) with data.index.listener_rules as {} with data.index.listeners as spoken
}

test_missing_redirect_config_is_unknown if {
	not control.pass with input as listener("HTTP", {"Type": "redirect"}) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTP", {"Type": "redirect"}) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
}

test_https_is_not_applicable if {
	control.not_applicable == {"it speaks HTTPS, not HTTP"} with input as listener("HTTPS", forward)
	not control.pass with input as listener("HTTPS", https) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTPS", forward) with data.index.listener_rules as rules(forward) with data.index.listeners as spoken
}

# A redirect to HTTPS whose settings of host and port are these.
leading(config) := {"Type": "redirect", "RedirectConfig": object.union({"Protocol": "HTTPS", "StatusCode": "HTTP_301"}, config)}

test_own_missing_and_deaf_ports_fail if {
	every config in [{"Port": "#{port}"}, {}, {"Port": "80"}, {"Port": "8443"}] {
		action := leading(config)
		count(control.violations) == 1 with input as listener("HTTP", action) with data.index.listener_rules as rules(https)
			with data.index.listeners as spoken
		not control.pass with input as listener("HTTP", action) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	}
}

test_another_port_that_speaks_https_passes if {
	both := {"lb": array.concat(spoken.lb, [{"Protocol": "HTTPS", "Port": 8443}])}
	action := leading({"Port": "8443", "Host": "#{host}"})
	control.pass with input as listener("HTTP", action) with data.index.listener_rules as rules(https) with data.index.listeners as both
}

test_another_host_is_unknown_but_never_on_the_own_port if {
	elsewhere := leading({"Port": "8443", "Host": "www.example.com"})
	not control.pass with input as listener("HTTP", elsewhere) with data.index.listener_rules as rules(https) with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTP", elsewhere) with data.index.listener_rules as rules(https)
		with data.index.listeners as spoken
	control.unknown == {"whether www.example.com speaks HTTPS where it is redirected to is not known"}
		with input as listener("HTTP", elsewhere) with data.index.listener_rules as rules(https)
		with data.index.listeners as spoken
	deaf := leading({"Port": "#{port}", "Host": "www.example.com"})
	count(control.violations) == 1 with input as listener("HTTP", deaf) with data.index.listener_rules as rules(https)
		with data.index.listeners as spoken
}

test_unread_or_vague_listeners_are_unknown if {
	every index in [{}, {"lb": [{"Protocol": "HTTPS"}]}, {"lb": [{"Port": 443}]}, {"lb": [{"Protocol": "HTTPS", "Port": null}]}] {
		not control.pass with input as listener("HTTP", https) with data.index.listener_rules as rules(https) with data.index.listeners as index
		count(control.violations) == 0 with input as listener("HTTP", https) with data.index.listener_rules as rules(https)
			with data.index.listeners as index
	}
}

# A rule that redirects every request stands before what is marked as not reached.
before(action) := {"l": [
	{"RuleArn": "r-1", "IsDefault": false, "Actions": [https]},
	{"RuleArn": "r-2", "IsDefault": false, "Actions": [action], "Reached": false},
	{"RuleArn": "r-default", "IsDefault": true, "Actions": [action], "Reached": false},
]}

test_what_is_never_reached_does_nothing if {
	control.pass with input as listener("HTTP", forward) with data.index.listener_rules as before(forward) with data.index.listeners as spoken
	count(control.violations) == 0 with input as listener("HTTP", forward) with data.index.listener_rules as before(forward) with data.index.listeners as spoken
}
