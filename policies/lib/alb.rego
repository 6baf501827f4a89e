# Listeners and rules of a load balancer: what an action does, and what a door (a listener with its rules) lets through.
package konecta.lib.alb

import rego.v1

# What a list of actions does, in words.
said(actions) := [words | some action in actions; words := _words(action)]

_words(action) := action.Type if action.Type != "redirect"

_words(action) := sprintf("redirect to %s with %s", [action.RedirectConfig.Protocol, action.RedirectConfig.StatusCode]) if action.Type == "redirect"

# Kinds of action by which nothing reaches a target. By an action of any other kind alone nothing does either, but it is not known what it does.
_harmless := {"fixed-response", "redirect"}

# What is known of actions: these let a request through, deny it, or ask for a sign-in before another does.
known_actions := _harmless | {"forward", "authenticate-oidc", "authenticate-cognito", "jwt-validation"}

harmless(kinds) if {
	count(kinds) > 0
	every kind in kinds { kind in _harmless }
}

lets_through(kinds) if "forward" in kinds

# The distributions that have this load balancer as an origin, and how they come to it, one hop a line.
distributions := all if {
	all := data.facts[input.arn].edge.distributions
	is_array(all)
}

# Why more distributions may have it as an origin than are known.
doubts := all if {
	all := data.facts[input.arn].edge.doubts
	is_array(all)
}

doubted if count(doubts) > 0

# A distribution that sends it nothing: it is switched off, or no behavior uses the origin.
idle(distribution) if distribution.enabled == false

idle(distribution) if distribution.used == false

behind := [hop | some distribution in distributions; some hop in distribution.proof]

# Why nothing need be asked of its doors.
set_aside contains "no distribution has it as an origin" if {
	count(distributions) == 0
	not doubted
}

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
	is_string(distribution.via)
	distribution.via != "vpc_origin"
}

in_front if {
	count(distributions) > 0
	input.configuration.Scheme == "internet-facing"
}

# The value of an attribute, as the text that AWS sends.
attribute(key) := value if {
	values := {one.Value | some one in input.supplement.attributes; one.Key == key}
	count(values) == 1
	some value in values
	is_string(value)
}

# Why attributes of application load balancers are not asked for.
no_application contains sprintf("it is a %s load balancer", [type]) if {
	type := input.configuration.Type
	is_string(type)
	type != "application"
}

# A listener whose default action lets nothing through: a 403, or a redirect of plain HTTP.
denies(door) if {
	door["default"] == ["fixed-response"]
	door.default_status == "403"
}

denies(door) if {
	door.protocol == "HTTP"
	door["default"] == ["redirect"]
}

# A rule that takes all that is left does so in its place.
denies(door) if {
	door.shield.actions == ["fixed-response"]
	door.shield.status == "403"
}

denies(door) if {
	door.protocol == "HTTP"
	door.shield.actions == ["redirect"]
}

# One that is idle neither sends nor serves anything.
live := {distribution | some distribution in distributions; not idle(distribution)}

# A network load balancer of which everything is passed on to other load balancers.
passes_on if {
	input.configuration.Type == "network"
	count(doors) > 0
	every door in doors { count(door.balancers) > 0 }
}

# Why it is not known that no distribution has it as an origin, where none is known to.
doubts_of_none contains why if {
	count(distributions) == 0
	some why in doubts
}
