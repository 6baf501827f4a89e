# Who carries the security group that a rule lets in, and whether all of them are welcome: one answer for every control.
package konecta.lib.groups

import rego.v1

# The roles of clusters' own parts: `node/<cluster>` and so on, as `data.index.group_carriers` spells them.
of_clusters(kinds, clusters) := {sprintf("%s/%s", [kind, cluster]) | some kind in kinds; some cluster in clusters}

# Everything that carries the group is wanted or opens no connection, and something is wanted.
welcome(source, wanted) if {
	source.kind == "security_group"
	carriers := data.index.group_carriers[source.source.id]
	some carrier in carriers
	_is(carrier, wanted)
	every one in carriers {
		_is(one, wanted | {"idle"})
	}
}

# The peering over which the group was named is no more.
welcome(source, _) if source.source.gone == true

# Who comes in unwanted, in words; undefined where nobody is known to.
stranger(source, _) := source.cidr if source.kind == "cidr"

stranger(source, _) := source.prefixList.id if source.kind == "prefix_list"

stranger(source, _) := sprintf("%s of account %s, which is not of this stack", [source.source.id, source.source.account]) if {
	source.kind == "security_group"
	source.source.stranger == true
	not source.source.gone
}

stranger(source, wanted) := unwanted(source.source.id, wanted) if {
	source.kind == "security_group"
	object.get(source.source, "stranger", false) == false
	not source.source.gone
}

# What carries a group and is not wanted, in words.
unwanted(id, wanted) := sprintf("%s, which %s %s", [id, concat(", ", sort(names)), _carries(names)]) if {
	names := {name |
		some carrier in data.index.group_carriers[id]
		is_array(carrier.roles)
		not _is(carrier, wanted | {"idle"})
		some name in carrier.names
	}
	count(names) > 0
}

unwanted(id, _) := sprintf("%s, which nothing carries: whatever is put into it comes in", [id]) if {
	data.index.group_carriers[id] == []
}

# Why it is not known whether all who come in by a rule are welcome.
doubts(source) := {sprintf("%s: %s", [source.rule, source.why])} if source.kind == "unknown"

doubts(source) := open(source.source.id) if source.kind == "security_group"

# What is not known of those who carry a group.
open(id) := {reason |
	some carrier in data.index.group_carriers[id]
	is_string(carrier.why)
	reason := sprintf("%s: %s", [concat(", ", array.concat([id], carrier.names)), carrier.why])
} if {
	data.index.group_carriers[id]
}

open(id) := {sprintf("what carries %s is not seen from here: no listing shows it", [id])} if not data.index.group_carriers[id]

# The ports of a rule, in words.
ports(source) := "all protocols" if source.protocol == "all"

ports(source) := sprintf("%s %v", [source.protocol, source.from]) if {
	source.protocol != "all"
	source.from == source.to
}

ports(source) := sprintf("%s %v to %v", [source.protocol, source.from, source.to]) if {
	source.protocol != "all"
	source.from != source.to
}

ports(source) := source.protocol if {
	not source.protocol in {"all", "tcp", "udp"}
	object.get(source, "from", "none") == "none"
}

_is(carrier, wanted) if {
	some role in carrier.roles
	role in wanted
}

_carries(names) := "carries" if count(names) == 1

_carries(names) := "carry" if count(names) > 1
