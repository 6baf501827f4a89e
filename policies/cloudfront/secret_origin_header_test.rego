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

test_a_client_certificate_instead_is_unknown if {
	certified := json.patch(distribution([proto]), [{
		"op": "add", "path": "/configuration/DistributionConfig/Origins/Items/0/CustomOriginConfig",
		"value": {"OriginMtlsConfig": {"ClientCertificateArn": "arn:aws:acm:us-east-1:1:certificate/1"}},
	}])
	not control.pass with input as certified with data.blueprint as blueprint with data.facts as told("load_balancer")
	count(control.violations) == 0 with input as certified with data.blueprint as blueprint with data.facts as told("load_balancer")
	count(control.unknown) == 1 with input as certified with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_a_distribution_that_is_switched_off_is_not_blamed if {
	off := json.patch(distribution([proto]), [{"op": "add", "path": "/configuration/DistributionConfig/Enabled", "value": false}])
	count(control.violations) == 0 with input as off with data.blueprint as blueprint with data.facts as told("load_balancer")
	control.unknown == {"the distribution is switched off"} with input as off with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_a_name_that_leads_to_two_things_is_judged_by_the_load_balancer if {
	both := {arn: {"origins": [{"id": "alb", "kind": "load_balancer"}, {"id": "alb", "kind": "other"}, {"id": "assets", "kind": "s3"}]}}
	control.pass with input as distribution([secret]) with data.blueprint as blueprint with data.facts as both
	count(control.violations) == 1 with input as distribution([proto]) with data.blueprint as blueprint with data.facts as both
}

test_an_origin_that_no_behavior_uses_is_not_judged if {
	unused := json.patch(distribution([]), [
		{"op": "add", "path": "/configuration/DistributionConfig/DefaultCacheBehavior", "value": {"TargetOriginId": "assets", "FunctionAssociations": {"Quantity": 0}, "LambdaFunctionAssociations": {"Quantity": 0}}},
		{"op": "add", "path": "/configuration/DistributionConfig/CacheBehaviors", "value": {"Quantity": 0}},
		{"op": "add", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}},
	])
	reasons := control.not_applicable with input as unused with data.blueprint as blueprint with data.facts as told("load_balancer")
	reasons == {"no behavior uses an origin that is a load balancer"}
	count(control.violations) == 0 with input as unused with data.blueprint as blueprint with data.facts as told("load_balancer")
}

test_an_origin_that_a_function_may_choose_is_unknown if {
	chosen := json.patch(distribution([]), [
		{"op": "add", "path": "/configuration/DistributionConfig/DefaultCacheBehavior", "value": {
			"TargetOriginId": "assets",
			"FunctionAssociations": {"Quantity": 1, "Items": [{"EventType": "viewer-request"}]},
			"LambdaFunctionAssociations": {"Quantity": 0},
		}},
		{"op": "add", "path": "/configuration/DistributionConfig/CacheBehaviors", "value": {"Quantity": 0}},
		{"op": "add", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}},
	])
	count(control.violations) == 0 with input as chosen with data.blueprint as blueprint with data.facts as told("load_balancer")
	not control.pass with input as chosen with data.blueprint as blueprint with data.facts as told("load_balancer")
	reasons := control.unknown with input as chosen with data.blueprint as blueprint with data.facts as told("load_balancer")
	reasons == {"no behavior names origin alb, and a function may choose it"}
}
