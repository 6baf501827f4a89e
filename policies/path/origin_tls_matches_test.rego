package konecta.path.origin_tls_matches_test

import rego.v1

import data.konecta.path.origin_tls_matches as control

origin(sent, matches) := {
	"origin": "alb",
	"used": true,
	"load_balancer": "lb",
	"sent": sent,
	"listener": "l",
	"matches": matches,
	"faults": [{
		"actual": "a certificate for www.example.com",
		"expected": "a publicly trusted certificate for origin.erp.example.com, the origin's name",
		"behaviors": ["/api/*", "*"],
	}],
	"proof": ["origin alb → lb", "listener 443 of lb"],
}

good := object.union(origin(["origin.erp.example.com"], true), {"faults": []})

bad := origin(["origin.erp.example.com"], false)

foreign := {"kind": "unknown", "origin": "blog", "used": true, "why": ["origin blog: no public zone of the account holds blog.example.org"]}

facts(origins) := {"d": {"origin_tls": origins}}

elb := "konecta-erp-1234567890.us-east-1.elb.amazonaws.com"

distribution(enabled) := {"arn": "d", "configuration": {"DistributionConfig": {"Enabled": enabled}}}

found(origins) := violations if {
	violations := control.violations with input as distribution(true) with data.facts as facts(origins)
}

reasons(origins) := reasons if {
	reasons := control.unattainable with input as distribution(true) with data.facts as facts(origins)
}

passes(origins) if control.pass with input as distribution(true) with data.facts as facts(origins)

test_accepted_certificate_passes if {
	passes([good])
	count(found([good])) == 0
	count(reasons([good])) == 0
}

test_other_certificate_fails_and_is_attainable if {
	found([bad, good]) == {{
		"path": "DistributionConfig.Origins.Items[alb].DomainName",
		"actual": "a certificate for www.example.com",
		"expected": "a publicly trusted certificate for origin.erp.example.com, the origin's name (behavior /api/*, *)",
		"proof": ["origin alb → lb", "listener 443 of lb"],
	}}
	not passes([bad, good])
	count(reasons([bad, good])) == 0
}

# The architecture document's own example.
test_name_of_the_load_balancer_is_unattainable if {
	documented := [origin([elb], false)]
	count(found(documented)) == 1
	some reason in reasons(documented)
	startswith(reason, sprintf("nobody can get a certificate for %s", [elb]))
}

test_forwarded_host_of_our_own_is_attainable if {
	forwarded := [origin([elb, "erp.example.com"], false)]
	count(found(forwarded)) == 1
	count(reasons(forwarded)) == 0
}

test_an_origin_that_may_be_a_load_balancer_changes_no_fail_and_allows_no_pass if {
	count(found([bad, foreign])) == 1
	not passes([good, foreign])
	control.unknown == {"origin blog: no public zone of the account holds blog.example.org"} with input as distribution(true)
		with data.facts as facts([good, foreign])
	count(found([good, foreign])) == 0
}

test_an_origin_that_no_behavior_uses_is_left_out if {
	unused := object.union(bad, {"used": false})
	passes([good, unused, object.union(foreign, {"used": false})])
	count(found([good, unused])) == 0
	control.not_applicable == {"no behavior uses an origin that is a load balancer"} with input as distribution(true)
		with data.facts as facts([unused])
	every doubt in [object.remove(bad, ["used"]), object.union(bad, {"used": null})] {
		not passes([good, doubt])
		count(found([good, doubt])) == 0
	}
}

test_a_disabled_distribution_is_not_applicable if {
	control.not_applicable == {"the distribution is disabled"} with input as distribution(false) with data.facts as facts([bad])
	count(control.violations) == 0 with input as distribution(false) with data.facts as facts([bad])
	not control.pass with input as distribution(false) with data.facts as facts([good])
	count(control.violations) == 0 with input as distribution(null) with data.facts as facts([bad])
}

test_unseen_certificates_and_missing_fact_are_unknown if {
	unseen := [object.remove(good, ["matches"])]
	not passes(unseen)
	count(found(unseen)) == 0
	not control.pass with input as distribution(true) with data.facts as {}
	count(control.not_applicable) == 0 with input as distribution(true) with data.facts as {}
}

test_no_load_balancer_is_not_applicable if {
	control.not_applicable == {"no origin is a load balancer"} with input as distribution(true) with data.facts as facts([])
	not passes([])
}
