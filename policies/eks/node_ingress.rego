# METADATA
# title: Nodes admit the load balancer, the cluster, each other and the bastion, and nobody else
# description: >-
#   The security groups of the nodes are what keeps the pods behind the load balancer. Any address range in them, and any group that is not
#   part of the system, is a way to the services that goes past CloudFront and its checks. The bastion may come in on SSH and on nothing else.
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
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#     - ec2:DescribeSubnets
#   facts: [parts, ingress]
#   claims: [eks-sg]
package konecta.eks.node_ingress

import rego.v1

ssh := 22
welcome := {"alb", "cluster", "node"}

_facts := data.facts[input.arn]

pass if {
	"node" in _facts.parts
	every source in _facts.ingress {
		_admitted(source)
	}
}

violations contains {"path": path, "actual": source, "expected": "the load balancer, the cluster, nodes, or SSH from the bastion"} if {
	"node" in _facts.parts
	some source in _facts.ingress
	_foreign(source)
	path := sprintf("ingress[%s]", [source.rule])
}

not_applicable contains "the group belongs to no node" if {
	is_array(_facts.parts)
	not "node" in _facts.parts
}

_admitted(source) if source.source.id == input.configuration.GroupId

_admitted(source) if {
	some part in source.source.parts
	part in welcome
}

_admitted(source) if {
	"bastion" in source.source.parts
	[source.protocol, source.from, source.to] == ["tcp", ssh, ssh]
}

_foreign(source) if source.kind in {"cidr", "prefix_list"}

_foreign(source) if {
	_stranger(source)
	not "bastion" in source.source.parts
}

_foreign(source) if {
	_stranger(source)
	some key, wanted in {"protocol": "tcp", "from": ssh, "to": ssh}
	source[key] != wanted
}

# A group that is known to be neither this one nor part of the system, but perhaps the bastion's.
_stranger(source) if {
	source.kind == "security_group"
	source.source.id != input.configuration.GroupId
	is_array(source.source.parts)
	count(welcome & {part | some part in source.source.parts}) == 0
}
