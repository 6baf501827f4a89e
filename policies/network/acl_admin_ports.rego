# METADATA
# title: No network ACL lets the internet open an administration port
# description: >-
#   A network ACL is the fence behind every security group of its subnets: one group opened in a hurry stays shut if the fence is. Entries are
#   tried by their number and the first that fits decides, for IPv4 and IPv6 each; a deny with a higher number than the allow does nothing.
# related_resources:
#   - https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
# custom:
#   id: KA-VPC-007
#   severity: medium
#   resource: AWS::EC2::NetworkAcl
#   fix: ec2.acl_admin_ports
#   remediation: Remove the named entry, or put a deny for the port before it; what the bastion and the VPC itself need is allowed before that.
#   reads: [ec2:DescribeNetworkAcls, ec2:DescribeSubnets]
#   facts: [acl_open_ports, acl_subnets]
#   frameworks: {fsbp: [EC2.21]}
package konecta.network.acl_admin_ports

import rego.v1

_facts := data.facts[input.arn]

_ports := data.blueprint.network.admin_ports

_in_force if count(_facts.acl_subnets) > 0

pass if {
	_in_force
	every range in _facts.acl_open_ports {
		every port in _ports {
			_spares(range, port)
		}
	}
}

violations contains {"path": path, "actual": actual, "expected": "not open to the internet"} if {
	_in_force
	some range in _facts.acl_open_ports
	some port in _ports
	is_number(range.from)
	is_number(range.to)
	range.from <= port
	port <= range.to
	actual := sprintf("open to the internet by entry %s", [concat(", ", [sprintf("%d", [number]) | some number in range.entries])])
	path := sprintf("entries[%d %s]", [port, range.family])
}

not_applicable contains "it is in force on no subnet" if _facts.acl_subnets == []

_spares(range, port) if {
	is_number(range.from)
	port < range.from
}

_spares(range, port) if {
	is_number(range.to)
	port > range.to
}
