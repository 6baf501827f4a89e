# Listeners and rules of a load balancer: what an action does, and what a door (a listener with its rules) lets through.
package konecta.lib.alb

import rego.v1

# What a list of actions does, in words.
said(actions) := [words | some action in actions; words := _words(action)]

_words(action) := action.Type if action.Type != "redirect"

_words(action) := sprintf("redirect to %s with %s", [action.RedirectConfig.Protocol, action.RedirectConfig.StatusCode]) if action.Type == "redirect"

# Kinds of action by which nothing reaches a target.
_harmless := {"fixed-response", "redirect"}

harmless(kinds) if {
	count(kinds) > 0
	every kind in kinds { kind in _harmless }
}

lets_through(kinds) if {
	some kind in kinds
	not kind in _harmless
}

# The values of the secret header that a rule demands.
demanded(rule) := header.values if {
	some header in rule.headers
	lower(header.name) == lower(data.blueprint.cloudfront.origin_header)
	count(header.values) > 0
}

# A rule that lets requests through to a target whether or not they carry the secret header.
open_rule(rule) if {
	lets_through(rule.actions)
	not rule.unknown
	names := [lower(header.name) | some header in rule.headers]
	count(names) == count(rule.headers)
	not lower(data.blueprint.cloudfront.origin_header) in names
}

# The distributions that have this load balancer as an origin, and how they come to it, one hop a line.
distributions := data.facts[input.arn].edge.distributions

behind := sort([hop | some distribution in distributions; some hop in distribution.proof])

# The values of the secret header that a distribution sends, as fingerprints.
secrets(distribution) := {header.value |
	some header in distribution.headers
	lower(header.name) == lower(data.blueprint.cloudfront.origin_header)
	startswith(header.value, "sha256:")
}

# What all distributions together send, when that is known of each.
sent := {value | some distribution in distributions; some value in secrets(distribution)} if {
	every distribution in distributions {
		every header in distribution.headers {
			is_string(header.name)
			is_string(header.value)
		}
	}
}

# Why nothing need be asked of its doors.
set_aside contains "no distribution has it as an origin" if count(distributions) == 0

set_aside contains "CloudFront comes through a VPC origin" if private_origin

# Its listeners with their rules.
doors := data.facts[input.arn].doors

# CloudFront comes to it through a VPC origin, a way that nobody else can take.
private_origin if {
	input.configuration.Scheme == "internal"
	count(distributions) > 0
	every distribution in distributions { distribution.via == "vpc_origin" }
}

# CloudFront comes to it as anybody else could.
in_front if {
	some distribution in distributions
	distribution.via in {"dns", "alias"}
}

in_front if {
	count(distributions) > 0
	input.configuration.Scheme == "internet-facing"
}

# The value of an attribute, as the text that AWS sends.
attribute(key) := value if {
	some one in input.supplement.attributes
	one.Key == key
	value := one.Value
	is_string(value)
}

# Why attributes of application load balancers are not asked for.
no_application contains sprintf("it is a %s load balancer", [type]) if {
	type := input.configuration.Type
	is_string(type)
	type != "application"
}
