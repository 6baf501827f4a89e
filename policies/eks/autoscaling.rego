# METADATA
# title: Node groups can grow and shrink, and something makes them
# description: >-
#   A node group scales by itself only if there is room between its sizes and if something changes them: the Cluster Autoscaler, which finds
#   its groups by two tags, or EKS Auto Mode or Karpenter. Without it, or with no room left, pods wait for nodes that never come.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/autoscaling.html
# custom:
#   id: KA-NG-002
#   severity: medium
#   resource: AWS::EKS::Nodegroup
#   remediation: >-
#     Raise the maximum size above the desired and the minimum size, and tag the Auto Scaling group with
#     `k8s.io/cluster-autoscaler/enabled` and `k8s.io/cluster-autoscaler/<cluster>` for the Cluster Autoscaler, or use EKS Auto Mode.
#   reads: [eks:DescribeNodegroup, eks:DescribeCluster, autoscaling:DescribeAutoScalingGroups]
#   facts: [autoscaler]
#   claims: [eks-autoscaling]
#   fix: eks.scaling_limits
package konecta.eks.autoscaling

import rego.v1

_sizes := input.configuration.scalingConfig

_scaler := data.facts[input.arn].autoscaler

pass if {
	is_number(_sizes.maxSize)
	_sizes.minSize < _sizes.maxSize
	_sizes.desiredSize < _sizes.maxSize
	_driven
}

violations contains {"path": path, "actual": size, "expected": expected} if {
	some key in ["minSize", "desiredSize"]
	size := _sizes[key]
	is_number(_sizes.maxSize)
	size >= _sizes.maxSize
	path := sprintf("scalingConfig.%s", [key])
	expected := sprintf("less than maxSize, which is %v", [_sizes.maxSize])
}

violations contains {"path": path, "actual": "not tagged", "expected": "tagged for the Cluster Autoscaler", "proof": proof} if {
	_scaler.karpenter_or_auto == false
	some group in _scaler.groups
	group.cluster_autoscaler == false
	path := sprintf("autoscaler[%s]", [group.name])
	proof := [sprintf("node group %s → Auto Scaling group %s", [input.configuration.nodegroupName, group.name])]
}

violations contains {"path": "autoscaler", "actual": "no Auto Scaling group", "expected": "an autoscaler"} if {
	_scaler.karpenter_or_auto == false
	_scaler.groups == []
}

_driven if _scaler.karpenter_or_auto == true

_driven if {
	count(_scaler.groups) > 0
	every group in _scaler.groups {
		group.cluster_autoscaler == true
	}
}
