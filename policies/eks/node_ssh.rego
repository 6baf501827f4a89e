# METADATA
# title: SSH to the nodes is off, or open to the bastion only
# description: >-
#   A node group that is given an SSH key and no source security group opens port 22 of its nodes to the whole internet: that is what EKS
#   does with an empty list. SSH is either not there, or comes from the bastion.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html
# custom:
#   id: KA-NG-004
#   severity: high
#   resource: AWS::EKS::Nodegroup
#   remediation: >-
#     Create a node group without remote access (Session Manager needs none), or with the bastion's security group as its only source, move
#     the pods to it, then delete the old one.
#   reads:
#     - eks:DescribeNodegroup
#     - eks:DescribeCluster
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeInstances
#     - autoscaling:DescribeAutoScalingGroups
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   joins: [security_groups]
#   claims: [eks-bastion]
#   fix: none
#   fix_reason: The remote access of a managed node group is fixed when it is created.
package konecta.eks.node_ssh

import rego.v1

_access := input.configuration.remoteAccess

_parts(group) := data.index.security_groups[group].parts

pass if _access == null

pass if {
	is_array(_access.sourceSecurityGroups)
	_access.sourceSecurityGroups != []
	every group in _access.sourceSecurityGroups {
		"bastion" in _parts(group)
	}
}

violations contains {"path": "remoteAccess.sourceSecurityGroups", "actual": "0.0.0.0/0", "expected": expected} if {
	is_string(_access.ec2SshKey)
	_access.sourceSecurityGroups in {null, []}
	expected := "the security group of the bastion: an empty list opens SSH to the internet"
}

violations contains {"path": path, "actual": _parts(group), "expected": ["bastion"]} if {
	is_string(_access.ec2SshKey)
	is_array(_access.sourceSecurityGroups)
	some group in _access.sourceSecurityGroups
	is_array(_parts(group))
	not "bastion" in _parts(group)
	path := sprintf("remoteAccess.sourceSecurityGroups[%s]", [group])
}
