# METADATA
# title: Node groups can grow and shrink, and something makes them
# description: >-
#   A node group scales by itself only if there is room between its sizes and if something changes them: a scaling policy, or the Cluster
#   Autoscaler, which finds its groups by two tags. Without it, or with no room left, pods wait for nodes that never come. EKS sets these tags itself, so they do not
#   show that the autoscaler runs: it is a deployment in the cluster, which the AWS API does not show. EKS Auto Mode and Karpenter scale nodes
#   of their own, never a node group.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/autoscaling.html
# custom:
#   id: KA-NG-002
#   severity: medium
#   resource: AWS::EKS::Nodegroup
#   remediation: >-
#     Raise the maximum size above the desired and the minimum size, and tag the Auto Scaling group with
#     `k8s.io/cluster-autoscaler/enabled` and `k8s.io/cluster-autoscaler/<cluster>` for the Cluster Autoscaler; look in the cluster whether it runs.
#   reads: [eks:DescribeNodegroup, autoscaling:DescribeAutoScalingGroups]
#   facts: [autoscaler]
#   claims: [eks-autoscaling]
#   fix: eks.scaling_limits
package konecta.eks.autoscaling

import rego.v1

_sizes := input.configuration.scalingConfig

_scaler := data.facts[input.arn].autoscaler

# The tags alone prove nothing: EKS sets them, and whether the autoscaler runs cannot be seen through the AWS API.
pass if {
	is_number(_sizes.maxSize)
	_below_maximum(_sizes.minSize)
	_below_maximum(_sizes.desiredSize)
	count(_scaler.groups) > 0
	every group in _scaler.groups {
		count(group.policies) > 0
	}
}

violations contains {"path": path, "actual": size, "expected": expected} if {
	some key in ["minSize", "desiredSize"]
	size := _sizes[key]
	is_number(size)
	is_number(_sizes.maxSize)
	size >= _sizes.maxSize
	path := sprintf("scalingConfig.%s", [key])
	expected := sprintf("less than maxSize, which is %v", [_sizes.maxSize])
}

violations contains {"path": path, "actual": "not tagged", "expected": "tagged for the Cluster Autoscaler", "proof": proof} if {
	some group in _scaler.groups
	group.cluster_autoscaler == false
	object.get(group, "policies", []) == []
	path := sprintf("autoscaler[%s]", [group.name])
	proof := [sprintf("node group %s → Auto Scaling group %s", [input.configuration.nodegroupName, group.name])]
}

violations contains {"path": "autoscaler", "actual": "no Auto Scaling group", "expected": "an autoscaler"} if {
	_scaler.groups == []
}

_below_maximum(size) if {
	is_number(size)
	size < _sizes.maxSize
}

unknown contains reason if {
	some group in _scaler.groups
	group.cluster_autoscaler == true
	reason := sprintf("the tags by which the Cluster Autoscaler finds %s are EKS's own; whether it runs in the cluster cannot be seen through the AWS API", [group.name])
}
