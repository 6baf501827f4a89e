# Who may open a connection to a load balancer, and whether that is CloudFront or a peer that the blueprint declares.
package konecta.lib.path

import rego.v1

# The group that CloudFront's VPC origins carry. AWS makes it, and keeps names of this pattern for itself.
_vpc_origins_group := "CloudFront-VPCOrigins-Service-SG"

admitted(source) if cloudfronts(source)

admitted(source) if {
	source.kind == "prefix_list"
	every cidr in source.prefixList.cidrs { _is_peer(cidr) }
}

admitted(source) if {
	source.kind == "cidr"
	_is_peer(source.cidr)
}

# A group that is certainly deleted lets nobody in.
admitted(source) if {
	source.kind == "security_group"
	source.source.gone == true
}

# CloudFront itself: its published addresses, or its VPC origins.
cloudfronts(source) if {
	source.kind == "prefix_list"
	source.prefixList.cloudfront == true
}

cloudfronts(source) if {
	source.kind == "security_group"
	data.index.security_groups[source.source.id].GroupName == _vpc_origins_group
	count(_guests(source)) == 0
}

# A name is no proof: machines and parts of the stack that carry the group are not CloudFront, whose interfaces hang on no instance.
_guests(source) := {name |
	some carrier in data.index.group_carriers[source.source.id]
	some name in carrier.names
	_is_guest(carrier.kind, name)
}

_is_guest(kind, _) if kind in {"node", "cluster", "pod", "alb", "bastion", "database"}

_is_guest("other", name) if contains(name, "instance i-")

# Why it is not known who comes by a source.
doubts(source) := {sprintf("%s: whose prefix list %s is, and what stands in it, is not known", [source.rule, source.prefixList.id]) |
	not admitted(source)
	not stranger(source)
} if {
	source.kind == "prefix_list"
}

doubts(source) := {sprintf("%s: security group %s is in no listing", [source.rule, source.source.id]) |
	not admitted(source)
	not stranger(source)
} if {
	source.kind == "security_group"
}

# A source that is known to be somebody else.
stranger(source) if {
	source.kind == "prefix_list"
	source.prefixList.cloudfront == false
	some cidr in source.prefixList.cidrs
	not _is_peer(cidr)
}

stranger(source) if {
	source.kind == "cidr"
	is_string(source.cidr)
	not _is_peer(source.cidr)
}

stranger(source) if {
	source.kind == "security_group"
	is_string(data.index.security_groups[source.source.id].GroupName)
	not admitted(source)
}

# A group of an account that is none of ours.
stranger(source) if {
	source.kind == "security_group"
	source.source.stranger == true
	not admitted(source)
}

_is_peer(cidr) if {
	net.cidr_is_valid(cidr)
	some peer in data.blueprint.alb.peers
	net.cidr_is_valid(peer)
	net.cidr_contains(peer, cidr)
}

# A source in words: what it may open, and who it is.
described(source) := sprintf("%s from %s", [_opened(source), _who(source)])

_opened(source) := sprintf("%s %v", [source.protocol, source.from]) if source.from == source.to

_opened(source) := sprintf("%s %v-%v", [source.protocol, source.from, source.to]) if source.from != source.to

_opened(source) := "everything" if not source.from

_who(source) := source.cidr if source.kind == "cidr"

_who(source) := source.prefixList.id if source.kind == "prefix_list"

_who(source) := source.source.id if source.kind == "security_group"

# Who may come, in words.
expected := "only CloudFront's prefix list or a declared peer"

# Where a source stands in a load balancer; one without a rule stands for all: AWS lets everyone in where there is no group.
place(source) := sprintf("SecurityGroups[%s].IpPermissions[%s]", [source.group, source.rule]) if is_string(source.rule)

place(source) := "SecurityGroups" if source.rule == null
