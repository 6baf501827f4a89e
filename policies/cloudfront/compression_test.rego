package konecta.cloudfront.compression_test

import rego.v1

import data.konecta.cloudfront.compression as control

blueprint := {"cloudfront": {"dynamic_paths": ["/api/*"]}}

policy(default_ttl, max_ttl, gzip, brotli) := {"DefaultTTL": default_ttl, "MaxTTL": max_ttl, "ParametersInCacheKeyAndForwardedToOrigin": {
	"EnableAcceptEncodingGzip": gzip,
	"EnableAcceptEncodingBrotli": brotli,
}}

policies := {
	"optimized": policy(86400, 31536000, true, true),
	"disabled": policy(0, 0, false, false),
	"gzip": policy(86400, 31536000, true, false),
	"origin-decides": policy(0, 31536000, true, true),
	"never": policy(0, 0, true, true),
	"text": policy("a day", 31536000, true, true),
}

distribution(compress, policy_id) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"Compress": compress, "CachePolicyId": policy_id},
	"CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": "/api/*", "Compress": false, "CachePolicyId": "disabled"}]},
}}}

violation(place, actual, expected) := {
	"path": sprintf("DistributionConfig.DefaultCacheBehavior.%s", [place]),
	"actual": actual,
	"expected": expected,
}

test_static_behavior_passes_beside_a_dynamic_one if {
	control.pass with input as distribution(true, "optimized") with data.blueprint as blueprint with data.index.cache_policies as policies
	count(control.violations) == 0 with input as distribution(true, "optimized") with data.blueprint as blueprint
		with data.index.cache_policies as policies
}

test_compress_off_fails if {
	control.violations == {violation("Compress", false, true)} with input as distribution(false, "optimized") with data.blueprint as blueprint
		with data.index.cache_policies as policies
	not control.pass with input as distribution(false, "optimized") with data.blueprint as blueprint with data.index.cache_policies as policies
}

test_policy_without_brotli_fails if {
	control.violations == {violation("CachePolicy.EnableAcceptEncodingBrotli", false, true)} with input as distribution(true, "gzip")
		with data.blueprint as blueprint
		with data.index.cache_policies as policies
}

test_no_lifetime_fails if {
	control.violations == {violation("CachePolicy.MaxTTL", 0, "more than 0")} with input as distribution(true, "never")
		with data.blueprint as blueprint
		with data.index.cache_policies as policies
	not control.pass with input as distribution(true, "never") with data.blueprint as blueprint with data.index.cache_policies as policies
}

# What UseOriginCacheControlHeaders does: whether anything is kept stands in the origin's answers.
test_where_the_origin_decides_or_no_number_stands_it_is_unknown if {
	every id in ["origin-decides", "text"] {
		not control.pass with input as distribution(true, id) with data.blueprint as blueprint with data.index.cache_policies as policies
		count(control.violations) == 0 with input as distribution(true, id) with data.blueprint as blueprint with data.index.cache_policies as policies
	}
}

test_legacy_settings_fail if {
	control.violations == {violation("CachePolicyId", null, "a cache policy with Gzip and Brotli")} with input as distribution(true, null)
		with data.blueprint as blueprint
		with data.index.cache_policies as policies
}

test_unread_policy_is_unknown if {
	not control.pass with input as distribution(true, "optimized") with data.blueprint as blueprint with data.index.cache_policies as {}
	count(control.violations) == 0 with input as distribution(true, "optimized") with data.blueprint as blueprint with data.index.cache_policies as {}
}

test_all_dynamic_is_not_applicable if {
	everything := {"cloudfront": {"dynamic_paths": ["/*"]}}
	control.not_applicable == {"every path is declared dynamic"} with input as distribution(true, "optimized") with data.blueprint as everything
	not control.pass with input as distribution(true, "optimized") with data.blueprint as everything with data.index.cache_policies as policies
}

test_unknown_behaviors_are_not_taken_for_none if {
	short := json.patch(distribution(true, "optimized"), [{"op": "remove", "path": "/configuration/DistributionConfig/CacheBehaviors/Quantity"}])
	not control.pass with input as short with data.blueprint as blueprint with data.index.cache_policies as policies
	count(control.not_applicable) == 0 with input as short with data.blueprint as blueprint with data.index.cache_policies as policies
}
