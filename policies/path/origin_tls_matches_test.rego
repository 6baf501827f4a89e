package konecta.path.origin_tls_matches_test

import rego.v1

import data.konecta.path.origin_tls_matches as control

origin(sent, certificate, matches) := {
	"origin": "alb",
	"load_balancer": "lb",
	"sent": sent,
	"certificate_names": certificate,
	"listener": "l",
	"matches": matches,
	"proof": ["origin alb → lb", "listener 443 of lb"],
}

facts(origins) := {"d": {"origin_tls": origins}}

elb := "konecta-erp-1234567890.us-east-1.elb.amazonaws.com"

found(origins) := violations if {
	violations := control.violations with input as {"arn": "d"} with data.facts as facts(origins)
}

reasons(origins) := reasons if {
	reasons := control.unattainable with input as {"arn": "d"} with data.facts as facts(origins)
}

passes(origins) if control.pass with input as {"arn": "d"} with data.facts as facts(origins)

test_matching_certificate_passes if {
	good := [origin(["origin.erp.example.com"], ["*.erp.example.com"], true)]
	passes(good)
	count(found(good)) == 0
	count(reasons(good)) == 0
}

test_other_certificate_fails_and_is_attainable if {
	bad := [origin(["origin.erp.example.com"], ["www.example.com"], false), origin(["a"], ["a"], true)]
	found(bad) == {{
		"path": "DistributionConfig.Origins.Items[alb].DomainName",
		"actual": {"certificate": ["www.example.com"]},
		"expected": {"one of": ["origin.erp.example.com"]},
		"proof": ["origin alb → lb", "listener 443 of lb"],
	}}
	not passes(bad)
	count(reasons(bad)) == 0
}

# The architecture document's own example.
test_name_of_the_load_balancer_is_unattainable if {
	documented := [origin([elb], ["erp.example.com"], false)]
	count(found(documented)) == 1
	some reason in reasons(documented)
	startswith(reason, sprintf("nobody can get a certificate for %s", [elb]))
}

test_forwarded_host_of_our_own_is_attainable if {
	forwarded := [origin([elb, "erp.example.com"], ["www.example.com"], false)]
	count(found(forwarded)) == 1
	count(reasons(forwarded)) == 0
}

test_no_https_listener_fails if {
	plain := [object.union(origin(["origin.erp.example.com"], [], false), {"listener": null})]
	{violation.expected | some violation in found(plain)} == {"an HTTPS listener on the origin's port"}
	not passes(plain)
}

test_unseen_certificates_and_missing_fact_are_unknown if {
	unseen := [object.remove(origin(["a"], ["a"], true), ["matches"])]
	not passes(unseen)
	count(found(unseen)) == 0
	not control.pass with input as {"arn": "d"} with data.facts as {}
	count(control.not_applicable) == 0 with input as {"arn": "d"} with data.facts as {}
}

test_no_load_balancer_is_not_applicable if {
	control.not_applicable == {"no origin is a load balancer"} with input as {"arn": "d"} with data.facts as facts([])
	not passes([])
}
