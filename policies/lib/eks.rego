# The subnets that a cluster or a node group names, as the index `subnets` knows them.
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
