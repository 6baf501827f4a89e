package konecta.cloudfront.secret_origin_header_test

import rego.v1

import data.konecta.cloudfront.secret_origin_header as control

arn := "arn:aws:cloudfront::1:distribution/E1"

blueprint := {"cloudfront": {"origin_header": "X-Origin-Verify"}}

distribution(headers) := {"arn": arn, "configuration": {"DistributionConfig": {"Origins": {"Quantity": 2, "Items": [
	{"Id": "alb", "CustomHeaders": {"Quantity": count(headers), "Items": headers}},
	{"Id": "assets", "CustomHeaders": {"Quantity": 0}},
]}}}}

told(kind) := {arn: {"origins": [{"id": "alb", "kind": kind}, {"id": "assets", "kind": "s3"}]}}

secret := {"HeaderName": "x-origin-verify", "HeaderValue": "sha256:aa"}

proto := {"HeaderName": "X-Forwarded-Proto", "HeaderValue": "sha256:bb"}

test_secret_header_passes_in_any_casing if {
	control.pass with input as distribution([proto, secret]) with data.blueprint as blueprint with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as distribution([proto, secret]) with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_other_headers_only_fails_and_no_value_is_told if {
	control.violations == {{
		"path": "DistributionConfig.Origins.Items[alb].CustomHeaders",
		"actual": ["X-Forwarded-Proto"],
		"expected": "X-Origin-Verify",
	}} with input as distribution([proto]) with data.blueprint as blueprint with data.facts as told("load_balancer")
	not control.pass with input as distribution([proto]) with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_no_header_fails if {
	{violation.actual | some violation in control.violations} == {[]} with input as distribution([]) with data.blueprint as blueprint
		with data.facts as told("load_balancer")
}

test_missing_value_is_unknown if {
	config := distribution([{"HeaderName": "X-Origin-Verify"}])
	not control.pass with input as config with data.blueprint as blueprint with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as config with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_withheld_value_is_unknown if {
	config := distribution([{"HeaderName": "X-Origin-Verify", "HeaderValue": "<redacted>"}])
	not control.pass with input as config with data.blueprint as blueprint with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as config with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_origin_that_cannot_be_told_is_unknown if {
	facts := {arn: {"origins": [{"id": "alb", "kind": "load_balancer"}, {"id": "assets"}]}}
	not control.pass with input as distribution([secret]) with data.blueprint as blueprint with data.facts as facts
	count(control.violations) == 0 with input as distribution([secret]) with data.blueprint as blueprint with data.facts as facts
	count(control.not_applicable) == 0 with input as distribution([secret]) with data.blueprint as blueprint with data.facts as facts
}

test_no_facts_is_unknown if {
	not control.pass with input as distribution([secret]) with data.blueprint as blueprint with data.facts as {}
	count(control.violations) == 0 with input as distribution([]) with data.blueprint as blueprint with data.facts as {}
	count(control.not_applicable) == 0 with input as distribution([]) with data.blueprint as blueprint with data.facts as {}
}

test_vpc_origin_is_not_applicable if {
	control.not_applicable == {"no origin is a load balancer"} with input as distribution([]) with data.blueprint as blueprint
		with data.facts as told("vpc_origin")
	not control.pass with input as distribution([]) with data.blueprint as blueprint with data.facts as told("vpc_origin")
}
