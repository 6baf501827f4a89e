# METADATA
# title: No security group is open to the internet on all ports
# description: >-
#   A rule for all traffic, or for the whole range of TCP or UDP ports, makes a public machine of whatever carries the group, and every
#   service that is ever started on it. A range with a hole is no better: more than half of all ports counts as all of them, in one rule
#   or in several together.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/vpc-sg-open-only-to-authorized-ports.html
# custom:
#   id: KA-SG-002
#   severity: critical
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.no_all_ports_open
#   remediation: Remove the named rules; open the one port that is needed to the sources that need it.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - elasticloadbalancing:DescribeListeners
#   facts: [open_ports, open_ports_doubts]
package konecta.network.no_all_ports_open

import rego.v1

import data.konecta.lib.network

# Half of the 65536 ports that TCP and UDP each have.
most := 32768

_facts := data.facts[input.arn]

# What is open and what may be: counted together, a port may count twice, which is no better.
_all := array.concat(_facts.open_ports, _facts.open_ports_doubts)

pass if {
	every entry in _all {
		_measured(entry)
	}
	every protocol in ["tcp", "udp"] {
		every family in ["ipv4", "ipv6"] {
			not _wide(protocol, [entry | some entry in _all; entry.protocol == protocol; object.get(entry, "family", family) == family])
		}
	}
}

violations contains {"path": path, "actual": network.told(entries), "expected": "single ports, or none"} if {
	some family in {"ipv4", "ipv6"}
	some protocol in {"all", "tcp", "udp"}
	entries := [entry | some entry in _facts.open_ports; entry.family == family; entry.protocol == protocol]
	_wide(protocol, entries)
	path := sprintf("ingress[%s %s]", [protocol, family])
}

unknown contains doubt.why if some doubt in data.facts[input.arn].open_ports_doubts

_wide("all", entries) if count(entries) > 0

# The ranges of one protocol and family do not overlap: the fact counts each port once.
_wide(protocol, entries) if {
	protocol != "all"
	sum([ports | some entry in entries; ports := (entry.to - entry.from) + 1]) > most
}

_measured(entry) if {
	object.get(entry, "family", "ipv4") in {"ipv4", "ipv6"}
	entry.protocol in {"tcp", "udp"}
	is_number(entry.from)
	is_number(entry.to)
	entry.to >= entry.from
}

# Protocols without ports.
_measured(entry) if {
	is_string(entry.protocol)
	not entry.protocol in {"tcp", "udp", "all"}
}
