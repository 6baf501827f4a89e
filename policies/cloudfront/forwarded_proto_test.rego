package konecta.cloudfront.forwarded_proto_test

import rego.v1

import data.konecta.cloudfront.forwarded_proto as control

arn := "arn:aws:cloudfront::1:distribution/E1"

distribution(headers) := {"arn": arn, "configuration": {"DistributionConfig": {"Origins": {"Quantity": 2, "Items": [
	{"Id": "alb", "CustomHeaders": {"Quantity": count(headers), "Items": headers}},
	{"Id": "assets", "CustomHeaders": {"Quantity": 0}},
]}}}}

told(kind) := {arn: {"origins": [{"id": "alb", "kind": kind}, {"id": "assets", "kind": "s3"}]}}

proto(value) := {"HeaderName": "x-forwarded-proto", "HeaderValue": value}

secret := {"HeaderName": "X-Origin-Verify", "HeaderValue": "sha256:aa"}

violation(value) := {"path": "DistributionConfig.Origins.Items[alb].CustomHeaders.X-Forwarded-Proto", "actual": value, "expected": "https"}

test_https_passes_in_any_casing_of_the_name if {
	control.pass with input as distribution([secret, proto("https")]) with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as distribution([secret, proto("https")]) with data.facts as told("load_balancer")
}

test_no_header_fails if {
	every headers in [[], [secret]] {
		control.violations == {violation(null)} with input as distribution(headers) with data.facts as told("load_balancer")
		not control.pass with input as distribution(headers) with data.facts as told("load_balancer")
	}
}

test_another_value_fails if {
	control.violations == {violation("http")} with input as distribution([proto("http")]) with data.facts as told("load_balancer")
	not control.pass with input as distribution([proto("http")]) with data.facts as told("load_balancer")
}

test_short_list_of_headers_is_unknown if {
	short := json.patch(distribution([secret]), [{
		"op": "replace",
		"path": "/configuration/DistributionConfig/Origins/Items/0/CustomHeaders/Quantity",
		"value": 2,
	}])
	not control.pass with input as short with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as short with data.facts as told("load_balancer")
}

test_origin_that_cannot_be_told_is_unknown if {
	untold := {arn: {"origins": [{"id": "alb"}, {"id": "assets", "kind": "s3"}]}}
	not control.pass with input as distribution([]) with data.facts as untold
	count(control.violations) == 0 with input as distribution([]) with data.facts as untold
	count(control.not_applicable) == 0 with input as distribution([]) with data.facts as untold
}

test_no_load_balancer_is_not_applicable if {
	control.not_applicable == {"no origin is a load balancer"} with input as distribution([]) with data.facts as told("other")
	not control.pass with input as distribution([]) with data.facts as told("other")
}

# A name with several records leads to several things.
test_an_origin_that_is_also_a_load_balancer_is_judged if {
	both := {arn: {"origins": [{"id": "alb", "kind": "other"}, {"id": "alb", "kind": "load_balancer"}, {"id": "assets", "kind": "s3"}]}}
	control.violations == {violation(null)} with input as distribution([]) with data.facts as both
	control.pass with input as distribution([proto("https")]) with data.facts as both
}
