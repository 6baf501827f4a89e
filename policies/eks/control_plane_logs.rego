# METADATA
# title: All declared control-plane logs are on, the audit log in any case
# description: >-
#   EKS keeps no control-plane log unless told to. Without the audit log nobody can say afterwards who read a secret or bound a role, and
#   without the others a failed login or a pod that is not scheduled stays a riddle.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html
#   - https://docs.aws.amazon.com/eks/latest/APIReference/API_LogSetup.html
# custom:
#   id: KA-EKS-004
#   severity: medium
#   resource: AWS::EKS::Cluster
#   remediation: Enable the named log types of the cluster; CloudWatch charges for what they write.
#   reads: [eks:DescribeCluster]
#   claims: [monitoring]
#   frameworks: {fsbp: [EKS.8]}
#   fix: eks.control_plane_logs
package konecta.eks.control_plane_logs

import rego.v1

import data.konecta.lib.logs

_setups := input.configuration.logging.clusterLogging

pass if count(logs.control_plane_types - logs.control_plane_on(_setups)) == 0

violations contains {"path": path, "actual": false, "expected": true} if {
	some type in logs.control_plane_off(_setups)
	path := sprintf("logging.clusterLogging[%s].enabled", [type])
}
