# The subnets that a cluster or a node group names, as the index `subnets` knows them; and which addresses of a node are public.
package konecta.lib.eks

import rego.v1

# There are some, and each is known to have no route to an internet gateway.
all_private(ids) if {
	is_array(ids)
	ids != []
	every id in ids {
		data.index.subnets[id].internet == false
	}
}

# Those that are known to have one, with the hops.
public_subnets(ids) := [{"id": id, "proof": proof} |
	is_array(ids)
	some id in ids
	data.index.subnets[id].internet == true
	proof := data.index.subnets[id].proof
]

# The availability zones they stand in; undefined while the zone of one is not known.
zones(ids) := {data.index.subnets[id].availabilityZone | some id in ids} if {
	is_array(ids)
	every id in ids {
		is_string(data.index.subnets[id].availabilityZone)
	}
}

# An interface that nobody outside can reach: without public IPv4 addresses, and with IPv6 addresses only where they lead nowhere.
inside(interface) if {
	interface.Association == null
	_ipv6_inside(interface)
	every private in interface.PrivateIpAddresses {
		private.Association == null
	}
}

# Its public addresses. An IPv6 address is one where the subnet has a route for IPv6 to an internet gateway.
public_addresses(interface) := union({
	{address | address := interface.Association.PublicIp},
	{private.Association.PublicIp | some private in interface.PrivateIpAddresses},
	{address.Ipv6Address |
		data.index.subnets[interface.SubnetId].ipv6 == true
		some address in interface.Ipv6Addresses
	},
})

# Where its IPv6 addresses lead.
proof(interface) := [hop |
	count(interface.Ipv6Addresses) > 0
	some hop in data.index.subnets[interface.SubnetId].proof
]

_ipv6_inside(interface) if interface.Ipv6Addresses == []

_ipv6_inside(interface) if {
	is_array(interface.Ipv6Addresses)
	data.index.subnets[interface.SubnetId].ipv6 == false
}

# Why it is not known whether its IPv6 addresses are public.
doubts(interface) := {sprintf("it is not known whether a route from the internet leads to the IPv6 addresses of %s, in %s", [interface.NetworkInterfaceId, interface.SubnetId]) |
	count(interface.Ipv6Addresses) > 0
	not _is_led(interface)
}

# Where the routes for IPv6 of an interface's subnet lead is known.
_is_led(interface) if is_boolean(data.index.subnets[interface.SubnetId].ipv6)
