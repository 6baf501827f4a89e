# METADATA
# title: The cluster stands in private subnets of several availability zones
# description: >-
#   EKS puts the control plane's network interfaces into the subnets that the cluster names, and load balancers and nodes follow them. A
#   public subnet among them takes the cluster out of its isolation; a single zone takes the API away with that zone.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html
# custom:
#   id: KA-EKS-008
#   severity: medium
#   resource: AWS::EKS::Cluster
#   remediation: >-
#     Name private subnets in at least the declared number of zones. `UpdateClusterConfig` can change the subnets only within the zones that
#     the cluster was created in; more zones need a new cluster.
#   reads:
#     - eks:DescribeCluster
#     - ec2:DescribeSubnets
#     - ec2:DescribeRouteTables
#     - ec2:DescribeInternetGateways
#     - ec2:DescribeInstances
#     - ec2:DescribeNatGateways
#     - ec2:GetManagedPrefixListEntries
#     - eks:DescribeNodegroup
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   joins: [subnets]
#   claims: [eks-private, multi-az]
#   fix: none
#   fix_reason: The zones of a cluster are fixed when it is created, and moving its network interfaces interrupts the API.
package konecta.eks.cluster_subnets

import rego.v1

import data.konecta.lib.eks

_ids := input.configuration.resourcesVpcConfig.subnetIds

_least := data.blueprint.eks.minimum_zones

pass if {
	eks.all_private(_ids)
	count(eks.zones(_ids)) >= _least
}

violations contains {"path": path, "actual": "public", "expected": "private", "proof": subnet.proof} if {
	some subnet in eks.public_subnets(_ids)
	path := sprintf("resourcesVpcConfig.subnetIds[%s]", [subnet.id])
}

violations contains {"path": "resourcesVpcConfig.subnetIds", "actual": sort(zones), "expected": expected} if {
	zones := eks.zones(_ids)
	count(zones) < _least
	expected := sprintf("subnets in at least %d availability zones", [_least])
}
