# METADATA
# title: Nodes admit their load balancer, the cluster, each other and the bastion, and nobody else
# description: >-
#   The security groups of the nodes are what keeps the pods behind the load balancer. Any address range in them, and any group that is not
#   part of the system, is a way to the services that goes past CloudFront and its checks. A group lets in all who carry it, so each of them
#   has to be of the nodes' own cluster. The bastion may come in on SSH and on nothing else; the load balancer has to come in on its target port.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
# custom:
#   id: KA-SG-005
#   severity: high
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.node_ingress
#   remediation: Replace the named rule by one that admits the security group of the load balancer, the cluster or the bastion, or remove it.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - ec2:DescribeInstances
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeLaunchTemplateVersions
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeTargetGroups
#     - iam:GetAccountAuthorizationDetails
#     - rds:DescribeDBInstances
#     - ec2:DescribeSubnets
#   facts: [parts, ingress, balancer_way, carried_by_nodes]
#   joins: [group_carriers]
#   claims: [eks-sg]
package konecta.eks.node_ingress

import rego.v1

import data.konecta.lib.groups

_ssh := "tcp 22"

expected := "the load balancer, nodes, pods and control plane of the same cluster, or SSH from the bastion"

_facts := data.facts[input.arn]

_clusters := {cluster | some cluster in _facts.carried_by_nodes.clusters}

_wanted := groups.of_clusters({"node", "cluster", "pod", "alb"}, _clusters)

_applies if "node" in _facts.parts

_applies if count(_clusters) > 0

pass if {
	_applies
	_facts.balancer_way.open == true
	every source in _facts.ingress {
		groups.welcome(source, _wanted_on(source))
	}
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	_applies
	some source in _facts.ingress
	source.kind in {"cidr", "prefix_list"}
	actual := groups.stranger(source, _wanted)
	path := sprintf("ingress[%s]", [source.rule])
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	count(_clusters) > 0
	some source in _facts.ingress
	source.kind == "security_group"
	actual := sprintf("%s, on %s", [groups.stranger(source, _wanted_on(source)), groups.ports(source)])
	path := sprintf("ingress[%s]", [source.rule])
}

violations contains {"path": "ingress", "actual": "no rule of the nodes' groups admits it", "expected": sprintf("load balancer %s", [way])} if {
	_applies
	some way in _facts.balancer_way.closed
}

not_applicable contains "the group belongs to no node" if {
	is_array(_facts.parts)
	not "node" in _facts.parts
	_facts.carried_by_nodes == {"clusters": [], "launches": false}
}

unknown contains reason if {
	some source in _facts.ingress
	some reason in groups.doubts(source)
}

_wanted_on(source) := _wanted | {"bastion"} if groups.ports(source) == _ssh

_wanted_on(source) := _wanted if groups.ports(source) != _ssh
