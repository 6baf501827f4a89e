# Which port ranges of a security group the internet may open, by the fact `open_ports`; which ranges lie within declared ones.
package konecta.lib.network

import rego.v1

_facts := data.facts[input.arn]

# What of these ranges is proven open: one find a range and address family, whatever rules open it together. Only ranges that some entry
# touches are looked at closer: most entries touch none of many.
exposed(ranges) := {find |
	some range in {touched | some entry in _facts.open_ports; some touched in _opened(entry, ranges)}
	some family in {"ipv4", "ipv6"}
	entries := [entry | some entry in _facts.open_ports; entry.family == family; count(_opened(entry, [range])) > 0]
	count(entries) > 0
	find := {"path": sprintf("ingress[%s %s]", [_name(range), family]), "told": told(entries)}
}

# Each entry there is is known to leave all these ranges alone, and so is each rule that is not fully understood.
closed(ranges) if {
	count(ranges) > 0
	every entry in array.concat(_facts.open_ports, _facts.open_ports_doubts) {
		_spares(entry, ranges)
	}
}

# Open ports in words, with the sources and the rules to blame.
told(entries) := concat("; ", [words |
	some entry in entries
	sources := [_source(source, entry) | some source in entry.sources]
	words := sprintf("open on %s to %s by %s", [_ports(entry), concat(", ", sources), concat(", ", entry.rules)])
])

_source(source, entry) := sprintf("%s (CloudFront: anybody's distribution)", [source]) if source in entry.cloudfront

_source(source, entry) := source if not source in object.get(entry, "cloudfront", [])

_ports(entry) := "all traffic" if entry.protocol == "all"

_ports(entry) := sprintf("%s %s", [entry.protocol, _name(entry)]) if entry.protocol in {"tcp", "udp"}

# Those of the ranges that an entry is proven to open, in part at least.
_opened(entry, ranges) := ranges if entry.protocol == "all"

_opened(entry, ranges) := _touched(entry, ranges) if entry.protocol in {"tcp", "udp"}

_touched(entry, ranges) := [range |
	is_number(entry.from)
	is_number(entry.to)
	some range in ranges
	is_number(range.from)
	is_number(range.to)
	entry.from <= range.to
	entry.to >= range.from
]

_spares(entry, _) if {
	is_string(entry.protocol)
	not entry.protocol in {"tcp", "udp", "all"}
}

_spares(entry, ranges) if {
	entry.protocol in {"tcp", "udp"}
	is_number(entry.from)
	is_number(entry.to)
	count([range | some range in ranges; is_number(range.from); is_number(range.to)]) == count(ranges)
	_touched(entry, ranges) == []
}

_name(range) := sprintf("%d", [range.from]) if range.from == range.to

_name(range) := sprintf("%d-%d", [range.from, range.to]) if range.from != range.to

# The range is one of the declared ones or a part of one.
within(cidr, declared) if {
	net.cidr_is_valid(cidr)
	some whole in declared
	net.cidr_is_valid(whole)
	net.cidr_contains(whole, cidr)
}

# It is a range, and lies in none of the declared ones.
beyond(cidr, declared) if {
	net.cidr_is_valid(cidr)
	is_array(declared)
	not within(cidr, declared)
}

# Whom a source lets in, by name.
named(source) := source.cidr if source.kind == "cidr"

named(source) := source.source.id if source.kind == "security_group"

named(source) := source.prefixList.id if source.kind == "prefix_list"

# A list may be empty.
somebody(source) if source.kind == "cidr"

somebody(source) if count(source.prefixList.cidrs) > 0

# Everybody whom a source lets in is within the declared ranges.
all_within(source, declared) if within(source.cidr, declared)

all_within(source, declared) if {
	every cidr in source.prefixList.cidrs {
		within(cidr, declared)
	}
}
