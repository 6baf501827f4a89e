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
#   reads: [ec2:DescribeSecurityGroups, ec2:DescribeSecurityGroupRules, ec2:GetManagedPrefixListEntries]
#   facts: [open_ports, open_ports_complete]
package konecta.network.no_all_ports_open

import rego.v1

# Half of the 65536 ports that TCP and UDP each have.
most := 32768

_facts := data.facts[input.arn]

pass if {
	_facts.open_ports_complete == true
	every entry in _facts.open_ports {
		_measured(entry)
	}
	count(violations) == 0
}

violations contains {"path": path, "actual": entries, "expected": "single ports, or none"} if {
	some family in {"ipv4", "ipv6"}
	some protocol in {"all", "tcp", "udp"}
	entries := [entry | some entry in _facts.open_ports; entry.family == family; entry.protocol == protocol]
	_wide(protocol, entries)
	path := sprintf("ingress[%s %s]", [protocol, family])
}

_wide("all", entries) if count(entries) > 0

# The ranges of one protocol and family do not overlap: the fact counts each port once.
_wide(protocol, entries) if {
	protocol != "all"
	sum([ports | some entry in entries; ports := (entry.to - entry.from) + 1]) > most
}

_measured(entry) if {
	entry.family in {"ipv4", "ipv6"}
	entry.protocol in {"tcp", "udp"}
	entry.to >= entry.from
}

# Protocols without ports.
_measured(entry) if {
	is_string(entry.protocol)
	not entry.protocol in {"tcp", "udp", "all"}
}
