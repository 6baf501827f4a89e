# METADATA
# title: Node groups stand in private subnets of several availability zones
# description: >-
#   Nodes run every service of the system. In a subnet with a route to an internet gateway they are one public address and one open port
#   away from the internet; in a single zone they all go when that zone goes.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/creating-a-vpc.html
# custom:
#   id: KA-NG-001
#   severity: high
#   resource: AWS::EKS::Nodegroup
#   remediation: >-
#     Create a node group in private subnets of at least the declared number of zones, move the pods to it, then delete the old one; or
#     take the route to the internet gateway out of the subnet's route table.
#   reads:
#     - eks:DescribeNodegroup
#     - ec2:DescribeSubnets
#     - ec2:DescribeRouteTables
#     - ec2:DescribeInternetGateways
#     - ec2:DescribeInstances
#     - ec2:DescribeNatGateways
#     - ec2:GetManagedPrefixListEntries
#     - eks:DescribeCluster
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   joins: [subnets]
#   claims: [eks-private, eks-autoscaling]
#   fix: none
#   fix_reason: The subnets of a managed node group are fixed when it is created.
package konecta.eks.node_subnets

import rego.v1

import data.konecta.lib.eks

_ids := input.configuration.subnets

_least := data.blueprint.eks.minimum_zones

pass if {
	eks.all_private(_ids)
	count(eks.zones(_ids)) >= _least
}

violations contains {"path": path, "actual": "public", "expected": "private", "proof": subnet.proof} if {
	some subnet in eks.public_subnets(_ids)
	path := sprintf("subnets[%s]", [subnet.id])
}

violations contains {"path": "subnets", "actual": sort(zones), "expected": expected} if {
	zones := eks.zones(_ids)
	count(zones) < _least
	expected := sprintf("subnets in at least %d availability zones", [_least])
}
