package konecta.alb.drop_invalid_headers_test

import rego.v1

import data.konecta.alb.drop_invalid_headers as control

blueprint := {"alb": {"desync_modes": ["defensive", "strictest"]}}

balancer(type, attributes) := {"configuration": {"Type": type}, "supplement": {"attributes": attributes}}

good := [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}, {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"}]

bad := [{"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}]

test_as_promised_passes if {
	control.pass with input as balancer("application", good) with data.blueprint as blueprint
	count(control.violations) == 0 with input as balancer("application", good) with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as balancer("application", good) with data.blueprint as blueprint
}

test_other_value_fails if {
	control.violations == {{"path": "routing.http.drop_invalid_header_fields.enabled", "actual": "false", "expected": "true"}} with input as balancer("application", bad)
		with data.blueprint as blueprint
	not control.pass with input as balancer("application", bad) with data.blueprint as blueprint
}

test_attribute_that_was_not_told_is_unknown if {
	every unseen in [balancer("application", []), balancer("application", [{"Key": "routing.http.drop_invalid_header_fields.enabled"}]), {"configuration": {"Type": "application"}}, {"supplement": {"attributes": bad}}] {
		not control.pass with input as unseen with data.blueprint as blueprint
		count(control.violations) == 0 with input as unseen with data.blueprint as blueprint
		count(control.not_applicable) == 0 with input as unseen with data.blueprint as blueprint
	}
}

test_network_load_balancer_is_not_applicable if {
	control.not_applicable == {"it is a network load balancer"} with input as balancer("network", bad)
	count(control.violations) == 0 with input as balancer("network", bad) with data.blueprint as blueprint
	not control.pass with input as balancer("network", good) with data.blueprint as blueprint
}
