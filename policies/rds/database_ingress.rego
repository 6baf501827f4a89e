# METADATA
# title: The database's security group admits nodes and the cluster on the database port only
# description: >-
#   A security group of a database that admits an address range, a prefix list, a foreign group or more ports than the database's own opens the
#   data to machines that nobody thought of. Addresses are never right here: they say where a packet comes from, not who sent it.
# custom:
#   id: KA-SG-006
#   severity: critical
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.database_ingress
#   remediation: >-
#     Replace the named rule by one that admits the security group of the nodes or of the cluster on the database port, then remove it.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - rds:DescribeDBInstances
#     - ec2:DescribeInstances
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#   facts: [parts, ingress, database_ports]
#   claims: [rds-sg]
package konecta.rds.database_ingress

import rego.v1

import data.konecta.lib.rds

pass if {
	_applies
	is_array(_facts.ingress)
	every source in _facts.ingress {
		rds.is_eks(source)
		_is_database_port(source)
	}
}

violations contains {"path": path, "actual": actual, "expected": "a security group of nodes or the cluster"} if {
	_applies
	some source in _facts.ingress
	actual := rds.stranger(source)
	path := sprintf("ingress[%s].source", [source.rule])
}

violations contains {"path": path, "actual": actual, "expected": sprintf("tcp %v", [_ports])} if {
	_applies
	count(_ports) > 0
	some source in _facts.ingress
	rds.is_eks(source)
	_is_other_port(source)
	actual := object.filter(source, ["protocol", "from", "to"])
	path := sprintf("ingress[%s].ports", [source.rule])
}

not_applicable contains "it is not a security group of a database" if {
	is_array(_facts.parts)
	not "database" in _facts.parts
}

_applies if "database" in _facts.parts

_facts := data.facts[input.arn]

_ports := _facts.database_ports

_is_database_port(source) if {
	source.protocol == "tcp"
	source.from == source.to
	source.from in _ports
}

_is_other_port(source) if source.protocol != "tcp"

_is_other_port(source) if source.from != source.to

_is_other_port(source) if {
	is_number(source.from)
	not source.from in _ports
}
