# METADATA
# title: Answers of dynamic paths are never shared between users
# description: >-
#   What an API answers depends on who asks. A behavior that caches it without the Authorization header in the cache key hands one user's
#   answer to the next. Which behaviors serve a declared dynamic path is decided as CloudFront does it, request by request: the first ordered
#   one whose pattern matches, else the default; so `*.json` before `/api/*` takes `/api/users.json`. A policy that keeps only what the origin
#   allows, with all cookies in the key, mixes no users unless Authorization is forwarded beside the key: then the origin decides.
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
#   reads: [cloudfront:ListDistributions, cloudfront:GetCachePolicy]
#   facts: [dynamic_paths]
#   joins: [cache_policies]
#   claims: [cf-cache-optimized]
#   fix: cloudfront.dynamic_not_cached
package konecta.cloudfront.dynamic_not_cached

import rego.v1

import data.konecta.lib.cloudfront
import data.konecta.lib.dynamic_paths

pass if {
	count(dynamic_paths.behaviors) > 0
	every behavior in dynamic_paths.behaviors { dynamic_paths.private(_caching(behavior)) }
}

violations contains {"path": caching.path, "actual": actual, "expected": expected} if {
	some behavior in dynamic_paths.behaviors
	caching := _caching(behavior)
	dynamic_paths.shared(caching)
	actual := concat(", ", [sprintf("%s %v", [name, caching.lifetimes[name]]) | some name in _names])
	expected := "no caching, or Authorization in the cache key with MinTTL 0"
}

unknown contains reason if {
	some behavior in dynamic_paths.behaviors
	caching := _caching(behavior)
	caching.cookies == "all"
	caching.alone == false
	reason := sprintf("%s keeps what the origin allows, and Authorization may be forwarded beside the cache key", [caching.path])
}

not_applicable contains "no path is declared dynamic" if count(data.blueprint.cloudfront.dynamic_paths) == 0

# How a behavior caches, by its cache policy or by legacy settings of its own.
_caching(behavior) := object.union(keyed, {"path": path, "lifetimes": _lifetimes(policy), "cookies": cookies, "alone": alone}) if {
	policy := cloudfront.cache_policy(behavior)
	headers := policy.ParametersInCacheKeyAndForwardedToOrigin.HeadersConfig
	keyed := {"keyed": headers, "choice": headers.HeaderBehavior}
	cookies := concat("", [told | told := policy.ParametersInCacheKeyAndForwardedToOrigin.CookiesConfig.CookieBehavior; is_string(told)])
	alone := object.get(behavior.config, "OriginRequestPolicyId", "?") == null
	path := sprintf("%s.CachePolicyId", [behavior.path])
}

_caching(behavior) := object.union(keyed, {"path": path, "lifetimes": _lifetimes(behavior.config), "cookies": cookies, "alone": true}) if {
	behavior.config.CachePolicyId == null
	is_object(behavior.config.ForwardedValues)
	keyed := {"keyed": behavior.config.ForwardedValues, "choice": "whitelist"}
	cookies := concat("", [told | told := behavior.config.ForwardedValues.Cookies.Forward; is_string(told)])
	path := sprintf("%s.ForwardedValues", [behavior.path])
}

_names := ["MinTTL", "DefaultTTL", "MaxTTL"]

_lifetimes(config) := {name: config[name] | some name in _names}
