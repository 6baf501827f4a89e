# METADATA
# title: Nodes have no public address
# description: >-
#   A public IPv4 address, an Elastic IP on any of its interfaces or a global IPv6 address makes a node reachable past CloudFront and the
#   load balancer as soon as one route and one rule allow it. Nodes go out through NAT and are reached from inside.
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
#     - eks:DescribeCluster
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   facts: [parts, node_template]
#   claims: [eks-private]
#   frameworks: {fsbp: [EC2.9]}
#   fix: none
#   fix_reason: An address given at launch stays with the instance; the node has to be replaced.
package konecta.eks.nodes_no_public_ip

import rego.v1

_instance := input.configuration

_parts := data.facts[input.arn].parts

_node if {
	"node" in _parts
	_instance.State.Name != "terminated"
}

pass if {
	_node
	_instance.PublicIpAddress == null
	_instance.Ipv6Address == null
	count(_instance.NetworkInterfaces) > 0
	every interface in _instance.NetworkInterfaces {
		_inside(interface)
	}
	_template_inside
}

violations contains {"path": key, "actual": address, "expected": "no public address"} if {
	_node
	some key in ["PublicIpAddress", "Ipv6Address"]
	address := _instance[key]
	is_string(address)
}

# Elastic IPs of secondary addresses and IPv6 addresses stand at their interface only.
violations contains {"path": path, "actual": sort(addresses), "expected": "no public address"} if {
	_node
	some interface in _instance.NetworkInterfaces
	addresses := _addresses(interface) - {_instance.PublicIpAddress, _instance.Ipv6Address}
	count(addresses) > 0
	path := sprintf("NetworkInterfaces[%s]", [interface.NetworkInterfaceId])
}

# The next node comes from the template, whatever this one has.
violations contains {"path": path, "actual": true, "expected": false, "proof": template.proof} if {
	_node
	template := data.facts[input.arn].node_template
	template.public_address == true
	path := sprintf("LaunchTemplate[%s].NetworkInterfaces.AssociatePublicIpAddress", [template.id])
}

not_applicable contains "the instance is no node of a node group" if {
	is_array(_parts)
	not "node" in _parts
}

not_applicable contains "the instance is terminated" if _instance.State.Name == "terminated"

_template_inside if data.facts[input.arn].node_template == null

_template_inside if data.facts[input.arn].node_template.public_address == false

_inside(interface) if {
	interface.Association == null
	interface.Ipv6Addresses == []
	every private in interface.PrivateIpAddresses {
		private.Association == null
	}
}

_addresses(interface) := union({
	{address | address := interface.Association.PublicIp},
	{private.Association.PublicIp | some private in interface.PrivateIpAddresses},
	{address.Ipv6Address | some address in interface.Ipv6Addresses},
})
