package konecta.cloudfront.static_cache_policy_test

import rego.v1

import data.konecta.cloudfront.static_cache_policy as control

blueprint := {"cloudfront": {"dynamic_paths": ["/api/*"], "static_cache_policies": ["optimized"]}}

policy(default_ttl, headers, cookies, queries) := {"DefaultTTL": default_ttl, "MaxTTL": 31536000, "ParametersInCacheKeyAndForwardedToOrigin": {
	"EnableAcceptEncodingGzip": true,
	"EnableAcceptEncodingBrotli": true,
	"HeadersConfig": {"HeaderBehavior": headers},
	"CookiesConfig": {"CookieBehavior": cookies},
	"QueryStringsConfig": {"QueryStringBehavior": queries},
}}

policies := {
	"own": policy(3600, "none", "none", "none"),
	"keyed": policy(3600, "none", "all", "all"),
	"disabled": policy(0, "none", "none", "none"),
}

distribution(policy_id, assets_pattern) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"CachePolicyId": "optimized"},
	"CacheBehaviors": {"Quantity": 1, "Items": [{"PathPattern": assets_pattern, "CachePolicyId": policy_id}]},
}}}

assets(policy_id) := distribution(policy_id, "/assets/*")

violation(place, actual, expected) := {
	"path": sprintf("DistributionConfig.CacheBehaviors.Items[/assets/*].%s", [place]),
	"actual": actual,
	"expected": expected,
}

test_declared_policy_and_its_equal_pass if {
	every id in ["optimized", "own"] {
		control.pass with input as assets(id) with data.blueprint as blueprint with data.index.cache_policies as policies
		count(control.violations) == 0 with input as assets(id) with data.blueprint as blueprint with data.index.cache_policies as policies
	}
}

test_behavior_within_a_dynamic_path_is_left_out if {
	every pattern in ["/api/*", "api/*", "/api/v1/*", "/api/?"] {
		control.pass with input as distribution("disabled", pattern) with data.blueprint as blueprint with data.index.cache_policies as policies
	}
}

test_similar_patterns_are_not_dynamic if {
	every pattern in ["/apis/*", "/API/*", "*", "/static.api/*"] {
		not control.pass with input as distribution("disabled", pattern) with data.blueprint as blueprint with data.index.cache_policies as policies
	}
}

test_cookies_and_queries_in_the_key_fail if {
	control.violations == {
		violation("CachePolicy.CookieBehavior", "all", "none"),
		violation("CachePolicy.QueryStringBehavior", "all", "none"),
	} with input as assets("keyed") with data.blueprint as blueprint with data.index.cache_policies as policies
	not control.pass with input as assets("keyed") with data.blueprint as blueprint with data.index.cache_policies as policies
}

test_caching_disabled_fails if {
	control.violations == {violation("CachePolicy.DefaultTTL", 0, "more than 0")} with input as assets("disabled") with data.blueprint as blueprint
		with data.index.cache_policies as policies
}

test_legacy_settings_fail if {
	control.violations == {violation("CachePolicyId", null, ["optimized"])} with input as assets(null) with data.blueprint as blueprint
		with data.index.cache_policies as policies
	not control.pass with input as assets(null) with data.blueprint as blueprint with data.index.cache_policies as policies
}

test_unread_policy_is_unknown if {
	not control.pass with input as assets("elsewhere") with data.blueprint as blueprint with data.index.cache_policies as policies
	count(control.violations) == 0 with input as assets("elsewhere") with data.blueprint as blueprint with data.index.cache_policies as policies
}

test_all_dynamic_is_not_applicable if {
	everything := {"cloudfront": {"dynamic_paths": ["*"], "static_cache_policies": ["optimized"]}}
	control.not_applicable == {"every path is declared dynamic"} with input as assets("keyed") with data.blueprint as everything
	not control.pass with input as assets("optimized") with data.blueprint as everything
}
