# What the loss of an availability zone does to each part of the stack, by the links of the fact `zones`.
package konecta.lib.zones

import rego.v1

# What is asked of each load balancer, found out once: the zones of the nodes, and whether those are all nodes.
nodes(links) := {
	"zones": {link.value.zone | some link in links; link.part == "nodes"},
	"open": count([link | some link in links; link.part == "nodes"; link.kind == "unknown"]),
}

# It goes on whichever zone is lost.
steady(all_nodes, link) if {
	link.part == "load balancer"
	count(_serving(all_nodes, link)) > 1
}

steady(_, link) if {
	link.part == "nodes"
	is_string(link.value.zone)
	every nat in link.value.nats { _beside(nat, link.value.zone) }
}

# New nodes come up only once their Auto Scaling group has noticed.
steady(_, link) if {
	link.setting == "running"
	count({zone | some zone in link.value.zones}) > 1
}

steady(_, link) if {
	link.part == "database"
	link.value.multi_az == true
}

# A regional NAT gateway is in every zone.
_beside(nat, zone) if nat.zone == zone

_beside(nat, _) if nat.regional == true

# What of it goes with a zone, in words.
lost(all_nodes, link, zone) := {"has no zone left in which nodes stand" |
	is_array(link.value)
	not link.why
	count(all_nodes.zones) > 0
	count(_serving(all_nodes, link) - {zone}) == 0
	all_nodes.open == 0
} if {
	link.part == "load balancer"
}

lost(_, link, zone) := {"loses every node that runs now" |
	link.setting == "running"
	{one | some one in link.value.zones} == {zone}
} | {sprintf("(%s) has no way out, for %s stands in %s", [link.value.zone, nat.nat, zone]) |
	some nat in link.value.nats
	nat.zone == zone
	link.value.zone != zone
} if {
	link.part == "nodes"
}

lost(_, link, zone) := {"has no standby in another zone" |
	link.value.multi_az == false
	object.get(link.value, "zone", null) in {zone, null}
} if {
	link.part == "database"
}

# The zones in which a load balancer and nodes stand: it sends nothing to a zone that it is not in.
_serving(all_nodes, link) := {zone | some zone in link.value; zone in all_nodes.zones}

# Every zone in which a part is known to stand.
all(links) := {zone | some link in links; some zone in _of(link)}

_of(link) := {zone | some zone in link.value; is_string(zone)} if link.part == "load balancer"

_of(link) := {zone | zone := link.value.zone; is_string(zone)} if link.part in {"nodes", "database"}

# Where a part stands.
stands(link) := sprintf("%s in %s", [link.place, concat(", ", sort(zones))]) if {
	zones := _of(link)
	count(zones) > 0
}
