package konecta.cloudfront.security_headers_test

import rego.v1

import data.konecta.cloudfront.security_headers as control

blueprint := {"cloudfront": {"security_headers_policy": "managed"}}

full := {"ContentTypeOptions": {"Override": true}, "FrameOptions": {"FrameOption": "DENY"}, "ReferrerPolicy": {}, "StrictTransportSecurity": {}}

policies := {
	"own": {"SecurityHeadersConfig": object.union(full, {"XSSProtection": null})},
	"partial": {"SecurityHeadersConfig": object.union(full, {"FrameOptions": null, "ReferrerPolicy": null})},
	"cors": {"SecurityHeadersConfig": null},
	"short": {"SecurityHeadersConfig": json.patch(full, [{"op": "remove", "path": "/FrameOptions"}])},
}

distribution(default_policy, api_policy) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"ResponseHeadersPolicyId": default_policy},
	"CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "/api/*", "ResponseHeadersPolicyId": api_policy}]},
}}}

test_managed_policy_and_a_superset_pass if {
	control.pass with input as distribution("managed", "own") with data.blueprint as blueprint with data.index.response_headers_policies as policies
	count(control.violations) == 0 with input as distribution("managed", "own") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_bare_ordered_behavior_fails if {
	control.violations == {{
		"path": "DistributionConfig.CacheBehaviors.Items[/api/*].ResponseHeadersPolicyId",
		"actual": null,
		"expected": "managed",
	}} with input as distribution("managed", null) with data.blueprint as blueprint with data.index.response_headers_policies as policies
	not control.pass with input as distribution("managed", null) with data.blueprint as blueprint
}

test_policy_that_lacks_headers_fails if {
	control.violations == {{
		"path": "DistributionConfig.DefaultCacheBehavior.ResponseHeadersPolicy.SecurityHeadersConfig",
		"actual": ["ContentTypeOptions", "StrictTransportSecurity"],
		"expected": ["ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity"],
	}} with input as distribution("partial", "managed") with data.blueprint as blueprint with data.index.response_headers_policies as policies
	not control.pass with input as distribution("partial", "managed") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_policy_without_security_headers_fails if {
	{violation.actual | some violation in control.violations} == {[]} with input as distribution("cors", "managed") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_header_that_was_not_told_is_unknown if {
	not control.pass with input as distribution("short", "managed") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
	count(control.violations) == 0 with input as distribution("short", "managed") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_unread_policy_is_unknown if {
	not control.pass with input as distribution("managed", "elsewhere") with data.blueprint as blueprint
	count(control.violations) == 0 with input as distribution("managed", "elsewhere") with data.blueprint as blueprint
}

test_missing_policy_id_is_unknown if {
	place := "/configuration/DistributionConfig/DefaultCacheBehavior/ResponseHeadersPolicyId"
	config := json.patch(distribution("managed", "managed"), [{"op": "remove", "path": place}])
	not control.pass with input as config with data.blueprint as blueprint
	count(control.violations) == 0 with input as config with data.blueprint as blueprint
}
