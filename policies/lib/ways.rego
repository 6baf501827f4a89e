# Ways to a load balancer past CloudFront: over a load balancer before it, Global Accelerator, IPv6 through an internet gateway.
package konecta.lib.ways

import rego.v1

import data.konecta.lib.path

ways := all if {
	all := data.facts[input.arn].ways.ways
	is_array(all)
}

doubts := all if {
	all := data.facts[input.arn].ways.doubts
	is_array(all)
}

# Nobody else comes by any of them.
closed if {
	_all_known
	every way in ways {
		every source in way.sources { path.admitted(source) }
	}
}

_all_known if count(doubts) == 0

# Where its own groups let in nothing but CloudFront, nobody else comes over whatever stands before it.
_all_known if {
	every source in data.facts[input.arn].entrances.sources { path.cloudfronts(source) }
}

# Who else comes by a way that certainly leads to it, and by which.
trespassers contains {"source": source, "proof": way.proof} if {
	some way in ways
	way.certain == true
	some source in way.sources
	path.stranger(source)
}

# Why it is not known who comes.
whys contains why if some why in doubts

whys contains why if {
	some way in ways
	some source in way.sources
	why := source.why
}

whys contains why if {
	some way in ways
	not way.certain
	some hop in way.proof
	why := sprintf("it is not known whether this way leads to it: %s", [hop])
}
