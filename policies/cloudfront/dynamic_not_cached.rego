# METADATA
# title: Answers of dynamic paths are never shared between users
# description: >-
#   What an API answers depends on who asks. A behavior that caches it without the Authorization header in the cache key hands one user's
#   answer to the next. Which behavior serves a declared dynamic path is decided as CloudFront does it: the first ordered one whose pattern
#   covers the path, else the default; narrower ones before it count as well. Patterns that only cross the path (`*.js`) are not judged.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
# custom:
#   id: KA-CF-032
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Give each declared dynamic path a behavior of its own, before all wider ones, with the managed policy CachingDisabled; a policy with
#     MinTTL 0 and Authorization in the cache key also holds.
#   reads: [cloudfront:GetDistribution, cloudfront:GetCachePolicy]
#   joins: [cache_policies]
#   claims: [cf-cache-optimized]
#   fix: cloudfront.dynamic_not_cached
package konecta.cloudfront.dynamic_not_cached

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	count(cloudfront.dynamic_behaviors) > 0
	every behavior in cloudfront.dynamic_behaviors { _private(_caching(behavior)) }
}

violations contains {"path": caching.path, "actual": caching.lifetimes, "expected": expected} if {
	some behavior in cloudfront.dynamic_behaviors
	caching := _caching(behavior)
	_shared(caching)
	expected := "no caching, or Authorization in the cache key with MinTTL 0"
}

not_applicable contains "no path is declared dynamic" if count(data.blueprint.cloudfront.dynamic_paths) == 0

# How a behavior caches, by its cache policy or by legacy settings of its own.
_caching(behavior) := {"path": path, "lifetimes": _lifetimes(policy), "keyed": headers, "choice": headers.HeaderBehavior} if {
	policy := cloudfront.cache_policy(behavior)
	headers := policy.ParametersInCacheKeyAndForwardedToOrigin.HeadersConfig
	path := sprintf("%s.CachePolicyId", [behavior.path])
}

_caching(behavior) := {"path": path, "lifetimes": _lifetimes(behavior.config), "keyed": legacy, "choice": "whitelist"} if {
	behavior.config.CachePolicyId == null
	legacy := behavior.config.ForwardedValues
	path := sprintf("%s.ForwardedValues", [behavior.path])
}

_lifetimes(config) := {name: config[name] | some name in ["MinTTL", "DefaultTTL", "MaxTTL"]}

_private(caching) if caching.lifetimes == {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}

_private(caching) if {
	caching.lifetimes.MinTTL == 0
	caching.choice == "whitelist"
	some header in caching.keyed.Headers.Items
	lower(header) in {"authorization", "*"}
}

_shared(caching) if caching.lifetimes.MinTTL > 0

_shared(caching) if {
	some lifetime in caching.lifetimes
	lifetime > 0
	_without_authorization(caching)
}

_without_authorization(caching) if caching.choice == "none"

_without_authorization(caching) if {
	caching.choice == "whitelist"
	names := {lower(header) | some header in caching.keyed.Headers.Items}
	count(names) == caching.keyed.Headers.Quantity
	count(names & {"authorization", "*"}) == 0
}
