# METADATA
# title: Private subnets have no route to an internet gateway, public ones have
# description: >-
#   A subnet is public by its effective route table (its own, else the main one) and by nothing else: not by its name and not by its tag. A
#   route from a "private" subnet to an internet gateway puts nodes or the database one address and one open port away from the internet; a
#   "public" subnet without that route leaves the load balancer or the bastion unreachable.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/creating-a-vpc.html
# custom:
#   id: KA-VPC-003
#   severity: high
#   resource: AWS::EC2::Subnet
#   fix: ec2.subnet_roles
#   remediation: >-
#     Give a private subnet a route table of its own whose default route leads to a NAT gateway or nowhere; give a public one a default
#     route to the internet gateway of its VPC. If the subnet serves another purpose than it is declared for, correct its tag.
#   reads:
#     - ec2:DescribeSubnets
#     - ec2:DescribeRouteTables
#     - ec2:DescribeInternetGateways
#     - ec2:DescribeNatGateways
#     - ec2:DescribeInstances
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#     - elasticloadbalancing:DescribeLoadBalancers
#     - ec2:GetManagedPrefixListEntries
#     - rds:DescribeDBInstances
#   facts: [internet_route, subnet_role]
#   claims: [eks-private]
package konecta.network.subnet_roles

import rego.v1

# Whether the internet gateway must be routed to, by role.
routed := {"private": false, "public": true}

_facts := data.facts[input.arn]

pass if _facts.internet_route.open == routed[_facts.subnet_role.role]

violations contains {"path": "internet_route", "actual": _told[found], "expected": expected, "proof": proof} if {
	found := _facts.internet_route.open
	wanted := routed[_facts.subnet_role.role]
	is_boolean(found)
	found != wanted
	expected := sprintf("%s, because the subnet is %s", [_told[wanted], _facts.subnet_role.role])
	proof := array.concat(_facts.subnet_role.proof, _facts.internet_route.proof)
}

_told := {true: "a route to an internet gateway", false: "no route to an internet gateway"}

not_applicable contains "neither wiring nor the declared tag gives this subnet a role" if _facts.subnet_role.role == null

unknown contains reason if some reason in _facts.internet_route.why
