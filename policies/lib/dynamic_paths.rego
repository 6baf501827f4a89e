# Which behaviors answer requests of the declared dynamic paths; the fact says so by their places.
package konecta.lib.dynamic_paths

import rego.v1

import data.konecta.lib.cloudfront

# Behaviors that answer some requests of a declared dynamic path, when all are known: of the patterns that match a request the first
# in order, else the default.
behaviors := {behavior | some path in _paths; some behavior in _answering(path)} if {
	count(_paths) == count(data.blueprint.cloudfront.dynamic_paths)
	every path in _paths {
		count(_answering(path)) > 0
		count(_answering(path)) == count(path.ordered) + count(_default_of(path))
	}
}

_paths := data.facts[input.arn].dynamic_paths

_answering(path) := {behavior |
	some at in path.ordered
	config := input.configuration.DistributionConfig.CacheBehaviors.Items[at]
	some behavior in cloudfront.known_behaviors
	behavior.config == config
} | _default_of(path)

_default_of(path) := {behavior |
	path["default"] == true
	some behavior in cloudfront.known_behaviors
	behavior.path == "DistributionConfig.DefaultCacheBehavior"
} if {
	is_boolean(path["default"])
}

# What a cache keeps is for one user alone.
private(caching) if caching.lifetimes == {"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}

private(caching) if {
	caching.lifetimes.MinTTL == 0
	caching.choice == "whitelist"
	some header in caching.keyed.Headers.Items
	lower(header) in {"authorization", "*"}
}

# CloudFront takes Authorization out of a GET unless a policy forwards it.
private(caching) if {
	caching.lifetimes.MinTTL == 0
	caching.lifetimes.DefaultTTL == 0
	caching.cookies == "all"
	caching.alone == true
}

# What a cache keeps may reach another user.
shared(caching) if {
	is_number(caching.lifetimes.MinTTL)
	caching.lifetimes.MinTTL > 0
}

shared(caching) if {
	is_number(caching.lifetimes.DefaultTTL)
	caching.lifetimes.DefaultTTL > 0
	_without_authorization(caching)
}

shared(caching) if {
	is_number(caching.lifetimes.MaxTTL)
	caching.lifetimes.MaxTTL > 0
	caching.cookies in {"none", "whitelist", "allExcept"}
	_without_authorization(caching)
}

_without_authorization(caching) if caching.choice == "none"

_without_authorization(caching) if {
	caching.choice == "whitelist"
	names := {lower(header) | some header in caching.keyed.Headers.Items}
	count(names) == caching.keyed.Headers.Quantity
	count(names & {"authorization", "*"}) == 0
}
