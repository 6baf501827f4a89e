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
