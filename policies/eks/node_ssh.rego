# METADATA
# title: SSH to the nodes is off, or open to the bastion only
# description: >-
#   A node group that is given an SSH key and no source security group opens port 22 of its nodes to the whole internet: that is what EKS
#   does with an empty list. SSH is either not there, or comes from a group that the bastion carries and nothing else.
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
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeLaunchTemplateVersions
#     - elasticloadbalancing:DescribeTargetGroups
#     - iam:GetAccountAuthorizationDetails
#     - autoscaling:DescribeAutoScalingGroups
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   joins: [group_carriers]
#   claims: [eks-bastion]
#   fix: none
#   fix_reason: The remote access of a managed node group is fixed when it is created.
package konecta.eks.node_ssh

import rego.v1

import data.konecta.lib.groups

_access := input.configuration.remoteAccess

pass if _access == null

pass if {
	is_array(_access.sourceSecurityGroups)
	_access.sourceSecurityGroups != []
	every group in _access.sourceSecurityGroups {
		groups.welcome({"kind": "security_group", "source": {"id": group}}, {"bastion"})
	}
}

violations contains {"path": "remoteAccess.sourceSecurityGroups", "actual": "0.0.0.0/0", "expected": expected} if {
	is_string(_access.ec2SshKey)
	_access.sourceSecurityGroups in {null, []}
	expected := "the security group of the bastion: an empty list opens SSH to the internet"
}

violations contains {"path": path, "actual": actual, "expected": "a security group that only the bastion carries"} if {
	is_string(_access.ec2SshKey)
	is_array(_access.sourceSecurityGroups)
	some group in _access.sourceSecurityGroups
	actual := groups.unwanted(group, {"bastion"})
	path := sprintf("remoteAccess.sourceSecurityGroups[%s]", [group])
}

unknown contains reason if {
	is_array(_access.sourceSecurityGroups)
	some group in _access.sourceSecurityGroups
	some reason in groups.open(group)
}
