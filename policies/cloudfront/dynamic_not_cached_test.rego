package konecta.cloudfront.dynamic_not_cached_test

import rego.v1

import data.konecta.cloudfront.dynamic_not_cached as control

blueprint := {"cloudfront": {"dynamic_paths": ["/api/*"]}}

policy(lifetimes, headers) := cookied(lifetimes, headers, "none")

cookied(lifetimes, headers, cookies) := {
	"MinTTL": lifetimes[0],
	"DefaultTTL": lifetimes[1],
	"MaxTTL": lifetimes[2],
	"ParametersInCacheKeyAndForwardedToOrigin": {"HeadersConfig": headers, "CookiesConfig": {"CookieBehavior": cookies}},
}

listed(names) := {"HeaderBehavior": "whitelist", "Headers": {"Quantity": count(names), "Items": names}}

policies := {
	"optimized": policy([1, 86400, 31536000], {"HeaderBehavior": "none"}),
	"disabled": policy([0, 0, 0], {"HeaderBehavior": "none"}),
	"keyed": policy([0, 60, 600], listed(["Accept", "authorization"])),
	"keyed-and-kept": policy([30, 60, 600], listed(["Authorization"])),
	"host-only": policy([0, 0, 600], listed(["Host"])),
	"origin-decides": cookied([0, 0, 31536000], listed(["Host", "Origin"]), "all"),
	"text": policy([0, "a minute", "an hour"], {"HeaderBehavior": "none"}),
	"text-min": policy(["a minute", 60, 600], listed(["Authorization"])),
	"short-list": policy([0, 60, 600], {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 2, "Items": ["Host"]}}),
}

legacy(lifetimes, names) := {
	"CachePolicyId": null,
	"ForwardedValues": {"Headers": {"Quantity": count(names), "Items": names}},
	"MinTTL": lifetimes[0],
	"DefaultTTL": lifetimes[1],
	"MaxTTL": lifetimes[2],
}

# The fact says which ordered behaviors answer for /api/*, by their place, and whether the default one does.
answering(places, by_default) := {"d": {"dynamic_paths": [{"path": "/api/*", "ordered": places, "default": by_default}]}}

first := answering([0], false)

distribution(ordered) := {"arn": "d", "configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": {"CachePolicyId": "optimized"},
	"CacheBehaviors": {"Quantity": count(ordered), "Items": ordered},
}}}

ordered(pattern, id) := {"PathPattern": pattern, "CachePolicyId": id}

api(id) := distribution([ordered("/api/*", id)])

served := "DistributionConfig.CacheBehaviors.Items[/api/*].CachePolicyId"

paths(config) := answered(config, first)

answered(config, facts) := found if {
	found := {violation.path | some violation in control.violations} with input as config
		with data.blueprint as blueprint
		with data.index.cache_policies as policies
		with data.facts as facts
}

test_disabled_and_keyed_pass if {
	every id in ["disabled", "keyed"] {
		control.pass with input as api(id) with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
		count(paths(api(id))) == 0
	}
}

test_caching_optimized_fails if {
	control.violations == {{
		"path": served,
		"actual": "MinTTL 1, DefaultTTL 86400, MaxTTL 31536000",
		"expected": "no caching, or Authorization in the cache key with MinTTL 0",
	}} with input as api("optimized") with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
	not control.pass with input as api("optimized") with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
}

test_authorization_missing_or_kept_too_long_fails if {
	paths(api("host-only")) == {served}
	paths(api("keyed-and-kept")) == {served}
}

test_default_serves_what_no_ordered_behavior_does if {
	config := distribution([ordered("/assets/*", "optimized")])
	answered(config, answering([], true)) == {"DistributionConfig.DefaultCacheBehavior.CachePolicyId"}
	answered(distribution([]), answering([], true)) == {"DistributionConfig.DefaultCacheBehavior.CachePolicyId"}
}

test_first_match_counts if {
	wide := ordered("*", "optimized")
	exact := ordered("/api/*", "disabled")
	count(paths(distribution([exact, wide]))) == 0
	paths(distribution([wide, exact])) == {"DistributionConfig.CacheBehaviors.Items[*].CachePolicyId"}
}

test_narrower_behavior_before_it_counts_and_after_it_does_not if {
	narrow := ordered("/api/reports/*", "optimized")
	exact := ordered("api/*", "disabled")
	config := distribution([narrow, exact])
	answered(config, answering([0, 1], false)) == {"DistributionConfig.CacheBehaviors.Items[/api/reports/*].CachePolicyId"}
	count(paths(distribution([exact, narrow]))) == 0
}

test_legacy_settings_are_judged_too if {
	forwarding := distribution([object.union({"PathPattern": "/api/*"}, legacy([0, 60, 600], ["Authorization"]))])
	control.pass with input as forwarding with data.blueprint as blueprint with data.facts as first
	everything := distribution([object.union({"PathPattern": "/api/*"}, legacy([0, 60, 600], ["*"]))])
	control.pass with input as everything with data.blueprint as blueprint with data.facts as first
	sharing := distribution([object.union({"PathPattern": "/api/*"}, legacy([0, 60, 600], ["Host"]))])
	paths(sharing) == {"DistributionConfig.CacheBehaviors.Items[/api/*].ForwardedValues"}
}

test_a_pattern_that_crosses_the_path_counts if {
	config := distribution([ordered("*.json", "optimized"), ordered("/api/*", "disabled")])
	answered(config, answering([0, 1], false)) == {"DistributionConfig.CacheBehaviors.Items[*.json].CachePolicyId"}
}

# UseOriginCacheControlHeaders is such a policy.
test_where_the_origin_decides_users_are_told_apart_by_cookies_only if {
	alone := distribution([object.union(ordered("/api/*", "origin-decides"), {"OriginRequestPolicyId": null})])
	control.pass with input as alone with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
	forwarding := distribution([object.union(ordered("/api/*", "origin-decides"), {"OriginRequestPolicyId": "all-viewer"})])
	not control.pass with input as forwarding with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
	control.unknown == {sprintf("%s keeps what the origin allows, and Authorization may be forwarded beside the cache key", [served])}
		with input as forwarding with data.blueprint as blueprint
		with data.index.cache_policies as policies
		with data.facts as first
	every config in [alone, forwarding, api("origin-decides")] { count(paths(config)) == 0 }
}

test_lifetimes_in_words_prove_nothing if {
	every id in ["text", "text-min"] {
		not control.pass with input as api(id) with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
		count(paths(api(id))) == 0
	}
}

test_a_fact_that_does_not_fit_the_behaviors_is_unknown if {
	every facts in [answering([0, 7], false), answering([], false), answering([0], null), {}, {"d": {"dynamic_paths": []}}] {
		not control.pass with input as api("disabled") with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as facts
		count(answered(api("optimized"), facts)) == 0
	}
}

test_unread_policy_and_short_list_are_unknown if {
	every id in ["elsewhere", "short-list"] {
		not control.pass with input as api(id) with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
		count(paths(api(id))) == 0
	}
}

test_missing_behaviors_are_unknown if {
	short := json.patch(api("optimized"), [{"op": "remove", "path": "/configuration/DistributionConfig/CacheBehaviors/Items"}])
	not control.pass with input as short with data.blueprint as blueprint with data.index.cache_policies as policies with data.facts as first
	count(paths(short)) == 0
}

test_nothing_declared_is_not_applicable if {
	none := {"cloudfront": {"dynamic_paths": []}}
	control.not_applicable == {"no path is declared dynamic"} with input as api("optimized") with data.blueprint as none
	not control.pass with input as api("optimized") with data.blueprint as none with data.index.cache_policies as policies with data.facts as first
}
