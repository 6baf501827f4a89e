# METADATA
# title: The database's security group admits the stack's nodes, cluster and pods on the database port only
# description: >-
#   A security group of a database that admits an address range, a prefix list, a foreign group or more ports than the database's own opens the
#   data to machines that nobody thought of. Addresses are never right here: they say where a packet comes from, not who sent it. A group lets
#   in all who carry it, so each of them has to be of the cluster that the blueprint names, or of the database's own replicas.
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
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeLaunchTemplateVersions
#     - rds:DescribeDBInstances
#     - ec2:DescribeInstances
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - elasticloadbalancing:DescribeTargetGroups
#     - iam:GetAccountAuthorizationDetails
#     - eks:DescribeNodegroup
#   facts: [parts, ingress, database_ports]
#   joins: [group_carriers]
#   claims: [rds-sg]
package konecta.rds.database_ingress

import rego.v1

import data.konecta.lib.groups
import data.konecta.lib.rds

expected := "only nodes, pods and the control plane of the stack's cluster"

pass if {
	_applies
	is_array(_facts.ingress)
	every source in _facts.ingress {
		groups.welcome(source, _wanted)
		rds.on_port(source, _facts.database_ports)
	}
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	_applies
	some source in _facts.ingress
	actual := groups.stranger(source, _wanted)
	path := sprintf("ingress[%s].source", [source.rule])
}

violations contains {"path": path, "actual": groups.ports(source), "expected": sprintf("tcp %v", [concat(", ", _ports)])} if {
	_applies
	count(_ports) > 0
	some source in _facts.ingress
	groups.welcome(source, _wanted)
	rds.off_port(source, _facts.database_ports)
	path := sprintf("ingress[%s].ports", [source.rule])
}

not_applicable contains "it is not a security group of a database" if {
	is_array(_facts.parts)
	not "database" in _facts.parts
}

unknown contains reason if {
	some source in _facts.ingress
	some reason in groups.doubts(source)
}

_applies if "database" in _facts.parts

_facts := data.facts[input.arn]

_ports := [sprintf("%v", [port]) | some port in _facts.database_ports]

_wanted := rds.welcome | rds.family(input.configuration.GroupId)
