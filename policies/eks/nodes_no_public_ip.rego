# METADATA
# title: Nodes have no public address
# description: >-
#   A public IPv4 address or an Elastic IP on any of its interfaces makes a node reachable past CloudFront and the load balancer as soon as one
#   route and one rule allow it; an IPv6 address does where the subnet has a route to an internet gateway (one behind an egress-only gateway
#   lets nobody in). The next node comes from the launch template, from those that override it, and from the subnet where they are silent.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/creating-a-vpc.html
# custom:
#   id: KA-EC2-004
#   severity: high
#   resource: AWS::EC2::Instance
#   remediation: >-
#     Turn automatic public addresses off in the subnets and the launch template of the node group, then replace its nodes; release
#     Elastic IPs that somebody attached.
#   reads:
#     - ec2:DescribeInstances
#     - eks:DescribeNodegroup
#     - autoscaling:DescribeAutoScalingGroups
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSubnets
#     - ec2:DescribeLaunchTemplateVersions
#     - ec2:DescribeRouteTables
#     - ec2:DescribeInternetGateways
#     - ec2:DescribeNatGateways
#     - ec2:GetManagedPrefixListEntries
#     - eks:DescribeCluster
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   facts: [parts, node_template]
#   joins: [subnets]
#   claims: [eks-private]
#   frameworks: {fsbp: [EC2.9]}
#   fix: none
#   fix_reason: An address given at launch stays with the instance; the node has to be replaced.
package konecta.eks.nodes_no_public_ip

import rego.v1

import data.konecta.lib.eks

_instance := input.configuration

_parts := data.facts[input.arn].parts

_templates := data.facts[input.arn].node_template

_node if {
	"node" in _parts
	_instance.State.Name != "terminated"
}

pass if {
	_node
	_instance.PublicIpAddress == null
	count(_instance.NetworkInterfaces) > 0
	every interface in _instance.NetworkInterfaces { eks.inside(interface) }
	_templates_inside
}

violations contains {"path": "PublicIpAddress", "actual": _instance.PublicIpAddress, "expected": "no public address"} if {
	_node
	is_string(_instance.PublicIpAddress)
}

# Elastic IPs of secondary addresses and IPv6 addresses stand at their interface only.
violations contains {"path": path, "actual": concat(", ", sort(addresses)), "expected": "no public address", "proof": proof} if {
	_node
	some interface in _instance.NetworkInterfaces
	addresses := eks.public_addresses(interface) - {_instance.PublicIpAddress}
	count(addresses) > 0
	path := sprintf("NetworkInterfaces[%s]", [interface.NetworkInterfaceId])
	proof := eks.proof(interface)
}

# The next node comes from the template, whatever this one has.
violations contains {"path": path, "actual": "public addresses", "expected": "none", "proof": template.proof} if {
	_node
	is_array(_templates)
	some template in _templates
	template.public_address == true
	path := sprintf("LaunchTemplate[%s].NetworkInterfaces.AssociatePublicIpAddress", [template.id])
}

not_applicable contains "the instance is not a node of a cluster" if {
	is_array(_parts)
	not "node" in _parts
}

not_applicable contains "the instance is terminated" if _instance.State.Name == "terminated"

unknown contains reason if {
	is_array(_templates)
	some template in _templates
	reason := template.why
}

unknown contains reason if {
	some interface in _instance.NetworkInterfaces
	some reason in eks.doubts(interface)
}

unknown contains "no network interface of it was sent" if _instance.NetworkInterfaces == []

unknown contains "no launch template of its Auto Scaling group is known" if _templates == []

_templates_inside if _templates == null

_templates_inside if {
	is_array(_templates)
	count(_templates) > 0
	every template in _templates { template.public_address == false }
}
