# METADATA
# title: SSH to the nodes is off, or open to the bastion only
# description: >-
#   A node group that is given an SSH key and no source security group opens port 22 of its nodes to the whole internet: that is what EKS
#   does with an empty list. SSH is either not there, or comes from a group that the bastion carries and nothing else. A node group with a launch
#   template of its own takes key and groups from it: there the rules of those groups are looked at, whoever holds the key.
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
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - ec2:DescribeInstances
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeLaunchTemplateVersions
#     - elasticloadbalancing:DescribeTargetGroups
#     - iam:GetAccountAuthorizationDetails
#     - autoscaling:DescribeAutoScalingGroups
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#     - ec2:DescribeManagedPrefixLists
#     - eks:DescribeAccessEntry
#     - eks:ListAccessEntries
#     - eks:ListClusters
#     - eks:ListNodegroups
#   facts: [ssh]
#   joins: [group_carriers]
#   claims: [eks-bastion]
#   fix: none
#   fix_reason: The remote access of a managed node group is fixed when it is created.
package konecta.eks.node_ssh

import rego.v1

import data.konecta.lib.groups

_access := input.configuration.remoteAccess

# With a launch template of one's own EKS takes no remote access: who may come stands in the groups of the template.
_by_template if {
	is_object(input.configuration.launchTemplate)
	_access == null
}

_sources := data.facts[input.arn].ssh

_wanted := {"bastion"} | groups.of_clusters({"node", "cluster", "pod"}, {input.configuration.clusterName})

pass if {
	_access == null
	not _by_template
}

pass if {
	_by_template
	is_array(_sources)
	every source in _sources { groups.welcome(source, _wanted) }
}

violations contains {"path": path, "actual": actual, "expected": "only the bastion, and the cluster itself"} if {
	_by_template
	some source in _sources
	actual := groups.stranger(source, _wanted)
	path := sprintf("launchTemplate.ssh[%s]", [source.rule])
}

unknown contains reason if {
	_by_template
	some source in _sources
	some reason in groups.doubts(source)
}

unknown contains "which groups its launch template gives the nodes, and who may come by them, was not all seen" if {
	_by_template
	not _sources
}

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
