package konecta.alb.https_listener_test

import rego.v1

import data.konecta.alb.https_listener as control

balancer(type) := {"arn": "lb", "configuration": {"Type": type}}

listener(protocol, port, action) := {"Protocol": protocol, "Port": port, "DefaultActions": [{"Type": action}]}

https := listener("HTTPS", 443, "forward")

index(listeners) := {"lb": listeners}

test_https_beside_a_redirect_passes if {
	listeners := index([https, listener("HTTP", 80, "redirect")])
	control.pass with input as balancer("application") with data.index.listeners as listeners
	count(control.violations) == 0 with input as balancer("application") with data.index.listeners as listeners
}

test_no_https_listener_fails if {
	listeners := index([listener("HTTPS", 8443, "forward"), listener("HTTP", 80, "redirect")])
	control.violations == {{
		"path": "Listeners[443]",
		"actual": ["HTTP on 80", "HTTPS on 8443"],
		"expected": "HTTPS on 443",
	}} with input as balancer("application") with data.index.listeners as listeners
	not control.pass with input as balancer("application") with data.index.listeners as listeners
}

test_no_listener_fails if {
	{violation.actual | some violation in control.violations} == {[]} with input as balancer("application") with data.index.listeners as index([])
	not control.pass with input as balancer("application") with data.index.listeners as index([])
}

test_plain_forward_beside_https_fails if {
	listeners := index([https, listener("HTTP", 8080, "forward")])
	control.violations == {{
		"path": "Listeners[8080].DefaultActions",
		"actual": ["forward"],
		"expected": "redirect to HTTPS",
	}} with input as balancer("application") with data.index.listeners as listeners
	not control.pass with input as balancer("application") with data.index.listeners as listeners
}

test_unread_listeners_are_unknown if {
	not control.pass with input as balancer("application") with data.index.listeners as {}
	count(control.violations) == 0 with input as balancer("application") with data.index.listeners as {}
}

test_missing_port_and_protocol_are_unknown if {
	every known in [{"Protocol": "HTTPS"}, {"Port": 443}, {"Protocol": null, "Port": 80}, {"Protocol": "HTTP", "Port": null}] {
		not control.pass with input as balancer("application") with data.index.listeners as index([known])
		count(control.violations) == 0 with input as balancer("application") with data.index.listeners as index([known])
	}
}

test_missing_actions_are_unknown if {
	every plain in [{"Protocol": "HTTP", "Port": 80}, listener("HTTP", 80, null)] {
		listeners := index([https, plain])
		not control.pass with input as balancer("application") with data.index.listeners as listeners
		count(control.violations) == 0 with input as balancer("application") with data.index.listeners as listeners
	}
}

test_network_load_balancer_is_not_applicable if {
	control.not_applicable == {"it is a network load balancer"} with input as balancer("network")
	not control.pass with input as balancer("network") with data.index.listeners as index([https])
	count(control.violations) == 0 with input as balancer("network") with data.index.listeners as index([])
}
