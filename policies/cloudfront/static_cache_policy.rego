# METADATA
# title: Static content is cached by CachingOptimized or its equal
# description: >-
#   The fewer things stand in the cache key, the more answers come from the edge. AWS's managed CachingOptimized keeps headers, cookies and
#   query strings out of it and compressed copies in; another policy is its equal if it does the same. Legacy `ForwardedValues` can do neither
#   Brotli nor be shared. Static are all behaviors whose pattern does not lie within a declared dynamic path.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
# custom:
#   id: KA-CF-031
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Give the named behavior the managed policy CachingOptimized, or declare the policy it has in `cloudfront.static_cache_policies`. Paths
#     that must not be cached need a behavior of their own first.
#   reads: [cloudfront:ListDistributions, cloudfront:GetCachePolicy]
#   joins: [cache_policies]
#   claims: [cf-cache-optimized]
#   fix: cloudfront.static_cache_policy
package konecta.cloudfront.static_cache_policy

import rego.v1

import data.konecta.lib.cloudfront

alike := {
	"EnableAcceptEncodingGzip": true,
	"EnableAcceptEncodingBrotli": true,
	"HeaderBehavior": "none",
	"CookieBehavior": "none",
	"QueryStringBehavior": "none",
}

lifetimes := {"DefaultTTL", "MaxTTL"}

pass if {
	count(cloudfront.static_behaviors) > 0
	every behavior in cloudfront.static_behaviors { _optimized(behavior) }
}

violations contains {"path": path, "actual": null, "expected": _declared} if {
	some behavior in cloudfront.known_static_behaviors
	behavior.config.CachePolicyId == null
	path := sprintf("%s.CachePolicyId", [behavior.path])
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	some behavior in cloudfront.known_static_behaviors
	not behavior.config.CachePolicyId in _declared
	some name, expected in alike
	actual := cloudfront.cache_settings(behavior)[name]
	actual != expected
	path := sprintf("%s.CachePolicy.%s", [behavior.path, name])
}

violations contains {"path": path, "actual": 0, "expected": "more than 0"} if {
	some behavior in cloudfront.known_static_behaviors
	not behavior.config.CachePolicyId in _declared
	some lifetime in lifetimes
	cloudfront.cache_settings(behavior)[lifetime] == 0
	path := sprintf("%s.CachePolicy.%s", [behavior.path, lifetime])
}

not_applicable contains "every path is declared dynamic" if count(cloudfront.static_behaviors) == 0

_declared := data.blueprint.cloudfront.static_cache_policies

_optimized(behavior) if behavior.config.CachePolicyId in _declared

_optimized(behavior) if {
	settings := cloudfront.cache_settings(behavior)
	every name, expected in alike { settings[name] == expected }
	every lifetime in lifetimes {
		is_number(settings[lifetime])
		settings[lifetime] > 0
	}
}
