# METADATA
# title: The Kubernetes API is private, or public for a few addresses only
# description: >-
#   EKS opens the API server to 0.0.0.0/0 unless told otherwise. Behind it stand IAM and RBAC, so a leaked token, a vulnerability of the API
#   server or one role binding too many is then usable from everywhere. Ranges that add up to most of the internet close nothing.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
# custom:
#   id: KA-EKS-001
#   severity: high
#   resource: AWS::EKS::Cluster
#   remediation: >-
#     Turn private access on first, so that the nodes keep their way to the API; then turn public access off, or narrow
#     `publicAccessCidrs` to the addresses that operate the cluster.
#   reads: [eks:DescribeCluster]
#   facts: [public_endpoint]
#   claims: [eks-private]
#   fix: eks.api_endpoint
package konecta.eks.api_endpoint

import rego.v1

_config := input.configuration.resourcesVpcConfig

# Whether the ranges together are of internet size is counted in Rust.
_endpoint := data.facts[input.arn].public_endpoint

pass if _config.endpointPublicAccess == false

pass if {
	_config.endpointPublicAccess == true
	_endpoint.open == false
}

violations contains {"path": "resourcesVpcConfig.publicAccessCidrs", "actual": cidrs, "expected": expected} if {
	_config.endpointPublicAccess == true
	_endpoint.open == true
	cidrs := _endpoint.cidrs
	expected := "private access only, or ranges that together are not of internet size"
}
