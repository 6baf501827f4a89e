# What a distribution is made of: behaviors, each with the path of its place, origins, and the policies that behaviors name.
package konecta.lib.cloudfront

import rego.v1

_config := input.configuration.DistributionConfig

_default := {"path": "DistributionConfig.DefaultCacheBehavior", "pattern": "*", "config": _config.DefaultCacheBehavior}

# The ordered behaviors in the order in which CloudFront tries them.
_sequence := [{"path": path, "pattern": config.PathPattern, "config": config} |
	some config in _config.CacheBehaviors.Items
	path := sprintf("DistributionConfig.CacheBehaviors.Items[%s]", [config.PathPattern])
]

# All behaviors, when all are known. AWS sends `Quantity` always, and `Items` only where it is not 0.
behaviors := {_default} if _config.CacheBehaviors.Quantity == 0

behaviors := {_default} | {behavior | some behavior in _sequence} if {
	_config.CacheBehaviors.Quantity > 0
	count(_sequence) == _config.CacheBehaviors.Quantity
}

# The behaviors that are known, however many there are: enough to prove a fail.
known_behaviors contains _default

known_behaviors contains behavior if some behavior in _sequence

# Behaviors for content that is the same for everybody: their pattern reaches beyond every declared dynamic path.
static_behaviors := {behavior | some behavior in all; not _within_dynamic(behavior)} if all := behaviors

known_static_behaviors contains behavior if {
	some behavior in known_behaviors
	not _within_dynamic(behavior)
}

_within_dynamic(behavior) if {
	some path in data.blueprint.cloudfront.dynamic_paths
	_covers(path, behavior.pattern)
}

# Every path that `narrow` matches is matched by `wide`. A `?` stands for one character and so never for a `*`.
_covers(wide, narrow) if regex.match(sprintf("^%s$", [_regex(wide)]), trim_prefix(narrow, "/"))

_regex(pattern) := wild if {
	literal := replace(replace(replace(trim_prefix(pattern, "/"), ".", `\.`), "$", `\$`), "+", `\+`)
	wild := replace(replace(literal, "*", ".*"), "?", "[^*]")
}

# The cache policy that a behavior names, and what is set in it, by name.
cache_policy(behavior) := data.index.cache_policies[behavior.config.CachePolicyId]

cache_settings(behavior) := {name: value |
	walk(cache_policy(behavior), [path, value])
	name := path[count(path) - 1]
	name in _judged_settings
}

_judged_settings := {
	"MinTTL", "DefaultTTL", "MaxTTL", "EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli",
	"HeaderBehavior", "CookieBehavior", "QueryStringBehavior",
}

# The security headers that the policy of a behavior adds; `null` where it is known to add none.
security_headers(behavior) := data.index.response_headers_policies[behavior.config.ResponseHeadersPolicyId].SecurityHeadersConfig

security_headers(behavior) := null if behavior.config.ResponseHeadersPolicyId == null

# All origins, when all are known, and those that are known.
origins := {origin | some origin in known_origins} if count(known_origins) == _config.Origins.Quantity

known_origins contains {"path": path, "id": config.Id, "config": config} if {
	some config in _config.Origins.Items
	path := sprintf("DistributionConfig.Origins.Items[%s]", [config.Id])
}

# An origin that no behavior uses, by itself or in a group: nothing is ever asked of it.
idle(origin) if {
	_unnamed(origin)
	every behavior in behaviors { _keeps_to_its_origin(behavior.config) }
}

# One that no behavior names, and that a function may choose all the same.
perhaps_idle(origin) if {
	_unnamed(origin)
	not idle(origin)
}

perhaps_used contains sprintf("no behavior names origin %v, and a function may choose it", [origin.id]) if {
	some origin in known_origins
	perhaps_idle(origin)
}

_unnamed(origin) if {
	all := behaviors
	_grouped
	targets := {behavior.config.TargetOriginId | some behavior in all}
	every target in targets { target in (_ids | _group_ids) }
	count([behavior | some behavior in all; behavior.config.TargetOriginId]) == count(all)
	not origin.id in targets
	not origin.id in {member.OriginId | some group in _config.OriginGroups.Items; group.Id in targets; some member in group.Members.Items}
}

# CloudFront Functions choose among all origins of a distribution at the viewer request, Lambda@Edge at the origin request.
_keeps_to_its_origin(config) if {
	_none_at(config.FunctionAssociations, "viewer-request")
	_none_at(config.LambdaFunctionAssociations, "origin-request")
}

_none_at(list, _) if list.Quantity == 0

_none_at(list, event) if {
	count([one | some one in list.Items; is_string(one.EventType)]) == list.Quantity
	every one in list.Items { one.EventType != event }
}

_ids := {config.Id | some config in _config.Origins.Items}

_group_ids := {group.Id | some group in _config.OriginGroups.Items}

# All groups are known with their members.
_grouped if _config.OriginGroups.Quantity == 0

_grouped if {
	count(_config.OriginGroups.Items) == _config.OriginGroups.Quantity
	every group in _config.OriginGroups.Items {
		count([member | some member in group.Members.Items; member.OriginId in _ids]) == group.Members.Quantity
	}
}

# Where it stands how CloudFront talks to an origin. A VPC origin keeps that in an object of its own; an S3 origin has no such choice.
endpoint(origin) := {"path": sprintf("%s.CustomOriginConfig", [origin.path]), "config": origin.config.CustomOriginConfig}

endpoint(origin) := {"path": path, "config": config} if {
	config := data.index.vpc_origins[origin.config.VpcOriginConfig.VpcOriginId]
	path := sprintf("%s.VpcOriginConfig", [origin.path])
}

is_s3(origin) if is_object(origin.config.S3OriginConfig)

# Every origin is an S3 bucket.
only_s3 if {
	count(origins) > 0
	every origin in origins { is_s3(origin) }
}

# Some origin is no bucket, and none such is used.
only_s3_in_use if {
	count(origins) > 0
	every origin in origins { _s3_or_idle(origin) }
	some origin in origins
	not is_s3(origin)
}

_s3_or_idle(origin) if is_s3(origin)

_s3_or_idle(origin) if idle(origin)
