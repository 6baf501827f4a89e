package konecta.alb.tls_policy_test

import rego.v1

import data.konecta.alb.tls_policy as control

blueprint := {"alb": {"tls_protocols": ["TLSv1.2", "TLSv1.3"]}}

policies := {
	"new": {"SslProtocols": ["TLSv1.3", "TLSv1.2"]},
	"old": {"SslProtocols": ["TLSv1.2", "TLSv1.1", "TLSv1"]},
	"empty": {"SslProtocols": []},
	"text": {"SslProtocols": "TLSv1.2"},
}

listener(protocol, policy) := {"configuration": {"Protocol": protocol, "SslPolicy": policy}}

test_current_versions_pass if {
	every protocol in ["HTTPS", "TLS"] {
		control.pass with input as listener(protocol, "new") with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
		count(control.violations) == 0 with input as listener(protocol, "new") with data.lifecycle.ssl_policies as policies
			with data.blueprint as blueprint
	}
}

test_outdated_versions_fail if {
	control.violations == {{
		"path": "SslPolicy",
		"actual": "old, which speaks TLSv1, TLSv1.1, TLSv1.2",
		"expected": "a policy that speaks nothing but TLSv1.2, TLSv1.3",
	}} with input as listener("HTTPS", "old") with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
	not control.pass with input as listener("HTTPS", "old") with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
}

test_policy_that_is_not_listed_or_empty_is_unknown if {
	every name in ["newer", "empty", "text"] {
		not control.pass with input as listener("HTTPS", name) with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
		count(control.violations) == 0 with input as listener("HTTPS", name) with data.lifecycle.ssl_policies as policies
			with data.blueprint as blueprint
	}
}

test_plain_listener_is_not_applicable if {
	control.not_applicable == {"it speaks HTTP, which is not encrypted by the load balancer"} with input as {"configuration": {"Protocol": "HTTP"}}
	not control.pass with input as listener("HTTP", "new") with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
}

test_a_protocol_that_is_not_known_is_unknown if {
	count(control.not_applicable) == 0 with input as listener("SECRET", "new")
	not control.pass with input as listener("SECRET", "new") with data.lifecycle.ssl_policies as policies with data.blueprint as blueprint
}
