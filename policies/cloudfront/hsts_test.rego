package konecta.cloudfront.hsts_test

import rego.v1

import data.konecta.cloudfront.hsts as control

blueprint := {"cloudfront": {"hsts_max_age": 100, "security_headers_policy": "managed"}}

hsts(seconds, override) := {"SecurityHeadersConfig": {"StrictTransportSecurity": {"AccessControlMaxAgeSec": seconds, "Override": override}}}

policies := {
	"good": hsts(100, true),
	"brief": hsts(99, true),
	"yielding": hsts(200, false),
	"managed": hsts(200, false),
	"frame-only": {"SecurityHeadersConfig": {"StrictTransportSecurity": null, "FrameOptions": {}}},
	"cors": {"SecurityHeadersConfig": null},
	"text": hsts("a year", true),
	"short": {"SecurityHeadersConfig": {"StrictTransportSecurity": {"Override": true}}},
}

distribution(api_policy) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"ResponseHeadersPolicyId": "good"},
	"CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "/api/*", "ResponseHeadersPolicyId": api_policy}]},
}}}

api := "DistributionConfig.CacheBehaviors.Items[/api/*].ResponseHeadersPolicy.StrictTransportSecurity"

test_long_and_overriding_passes if {
	control.pass with input as distribution("good") with data.blueprint as blueprint with data.index.response_headers_policies as policies
	count(control.violations) == 0 with input as distribution("good") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_no_policy_no_security_headers_and_no_hsts_fail if {
	none := {{"path": api, "actual": null, "expected": "at least 100 seconds, over what the origin sends"}}
	every id in [null, "cors", "frame-only"] {
		control.violations == none with input as distribution(id) with data.blueprint as blueprint with data.index.response_headers_policies as policies
		not control.pass with input as distribution(id) with data.blueprint as blueprint with data.index.response_headers_policies as policies
	}
}

test_short_lifetime_fails if {
	control.violations == {{"path": sprintf("%s.AccessControlMaxAgeSec", [api]), "actual": 99, "expected": "at least 100"}} with input as distribution("brief")
		with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
	not control.pass with input as distribution("brief") with data.blueprint as blueprint with data.index.response_headers_policies as policies
}

test_declared_managed_policy_passes_although_it_yields if {
	control.pass with input as distribution("managed") with data.blueprint as blueprint with data.index.response_headers_policies as policies
	count(control.violations) == 0 with input as distribution("managed") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_policy_that_yields_to_the_origin_fails if {
	control.violations == {{"path": sprintf("%s.Override", [api]), "actual": false, "expected": true}} with input as distribution("yielding")
		with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
	not control.pass with input as distribution("yielding") with data.blueprint as blueprint with data.index.response_headers_policies as policies
}

test_unread_policy_and_missing_lifetime_are_unknown if {
	every id in ["elsewhere", "short"] {
		not control.pass with input as distribution(id) with data.blueprint as blueprint with data.index.response_headers_policies as policies
		count(control.violations) == 0 with input as distribution(id) with data.blueprint as blueprint
			with data.index.response_headers_policies as policies
	}
}

test_a_lifetime_in_words_proves_nothing if {
	not control.pass with input as distribution("text") with data.blueprint as blueprint with data.index.response_headers_policies as policies
	count(control.violations) == 0 with input as distribution("text") with data.blueprint as blueprint
		with data.index.response_headers_policies as policies
}

test_the_managed_policies_with_cors_count_where_their_like_is_declared if {
	managed := "67f7725c-6f97-4210-82d7-5512b31e9d03"
	cors := "e61eb60c-9c35-4d20-a928-2b84e02af89c"
	known := {"good": hsts(100, true), cors: hsts(200, false), "own": hsts(200, false)}
	declared := {"cloudfront": {"hsts_max_age": 100, "security_headers_policy": managed}}
	control.pass with input as distribution(cors) with data.blueprint as declared with data.index.response_headers_policies as known
	count(control.violations) == 0 with input as distribution(cors) with data.blueprint as declared
		with data.index.response_headers_policies as known
	count(control.violations) == 1 with input as distribution("own") with data.blueprint as declared
		with data.index.response_headers_policies as known
	count(control.violations) == 1 with input as distribution(cors) with data.blueprint as blueprint
		with data.index.response_headers_policies as known
}
