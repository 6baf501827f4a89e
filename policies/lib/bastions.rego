# Who can come to a bastion over SSH, and whether its address lets them.
package konecta.lib.bastions

import rego.v1

import data.konecta.lib.network

# Whoever comes from outside needs an address to come to; those of private ranges come over a network of their own.
reachable(bastion) if bastion.addressed == true

reachable(bastion) if {
	some source in bastion.ssh
	some cidr in _ranges(source)
	network.within(cidr, _private)
}

# Of every source of SSH its ranges are known.
sources_told(bastion) if {
	count(bastion.ssh) > 0
	every source in bastion.ssh { _ranges(source) }
}

_ranges(source) := {source.cidr} if source.kind == "cidr"

_ranges(source) := {cidr | some cidr in source.prefixList.cidrs} if {
	source.kind == "prefix_list"
	is_array(source.prefixList.cidrs)
}

_private := ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"]

# A source that lets in others than the declared ranges.
foreign(source, _) if source.kind == "security_group"

foreign(source, declared) if network.beyond(source.cidr, declared)

foreign(source, declared) if {
	some cidr in source.prefixList.cidrs
	network.beyond(cidr, declared)
}

# What of a bastion was not seen.
doubts(bastion) := {reason | some reason in bastion.why} | {reason |
	not is_boolean(object.get(bastion, "addressed", null))
	reason := sprintf("it was not all sent whether %s has an address that can be reached from outside", [bastion.instance])
}
