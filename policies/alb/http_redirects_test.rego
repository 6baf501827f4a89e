package konecta.alb.http_redirects_test

import rego.v1

import data.konecta.alb.http_redirects as control

redirect(protocol, status) := {"Type": "redirect", "RedirectConfig": {"Protocol": protocol, "StatusCode": status}}

https := redirect("HTTPS", "HTTP_301")

forward := {"Type": "forward", "TargetGroupArn": "tg"}

listener(protocol, action) := {"arn": "l", "configuration": {"Protocol": protocol, "DefaultActions": [action]}}

rules(action) := {"l": [
	{"RuleArn": "r-default", "IsDefault": true, "Actions": [https]},
	{"RuleArn": "r-1", "IsDefault": false, "Actions": [action]},
]}

test_redirects_everywhere_pass if {
	control.pass with input as listener("HTTP", https) with data.index.listener_rules as rules(https)
	count(control.violations) == 0 with input as listener("HTTP", https) with data.index.listener_rules as rules(https)
	count(control.not_applicable) == 0 with input as listener("HTTP", https) with data.index.listener_rules as rules(https)
}

test_forwarding_default_fails if {
	control.violations == {{
		"path": "DefaultActions",
		"actual": ["forward"],
		"expected": ["redirect to HTTPS with HTTP_301"],
	}} with input as listener("HTTP", forward) with data.index.listener_rules as {}
	not control.pass with input as listener("HTTP", forward) with data.index.listener_rules as {}
}

test_forwarding_rule_behind_a_redirecting_default_fails if {
	control.violations == {{
		"path": "Rules[r-1].Actions",
		"actual": ["forward"],
		"expected": ["redirect to HTTPS with HTTP_301"],
	}} with input as listener("HTTP", https) with data.index.listener_rules as rules(forward)
	not control.pass with input as listener("HTTP", https) with data.index.listener_rules as rules(forward)
}

test_temporary_redirect_and_redirect_to_http_fail if {
	every action in [redirect("HTTPS", "HTTP_302"), redirect("#{protocol}", "HTTP_301")] {
		said := [sprintf("redirect to %s with %s", [action.RedirectConfig.Protocol, action.RedirectConfig.StatusCode])]
		{violation.actual | some violation in control.violations} == {said} with input as listener("HTTP", action)
		not control.pass with input as listener("HTTP", action) with data.index.listener_rules as rules(https)
	}
}

test_unread_rules_are_unknown if {
	not control.pass with input as listener("HTTP", https) with data.index.listener_rules as {}
	count(control.violations) == 0 with input as listener("HTTP", https) with data.index.listener_rules as {}
}

test_missing_redirect_config_is_unknown if {
	not control.pass with input as listener("HTTP", {"Type": "redirect"}) with data.index.listener_rules as rules(https)
	count(control.violations) == 0 with input as listener("HTTP", {"Type": "redirect"}) with data.index.listener_rules as rules(https)
}

test_https_is_not_applicable if {
	control.not_applicable == {"it speaks HTTPS, not HTTP"} with input as listener("HTTPS", forward)
	not control.pass with input as listener("HTTPS", https) with data.index.listener_rules as rules(https)
	count(control.violations) == 0 with input as listener("HTTPS", forward) with data.index.listener_rules as rules(forward)
}
