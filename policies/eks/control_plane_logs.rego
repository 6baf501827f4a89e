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

_setups := input.configuration.logging.clusterLogging

_required := {"audit"} | {type | some type in types} if types := data.blueprint.eks.log_types

_enabled contains type if {
	is_array(_setups)
	some setup in _setups
	is_array(setup.types)
	setup.enabled == true
	some type in setup.types
}

pass if count(_required - _enabled) == 0

# What an all-known list does not name as enabled is off.
violations contains {"path": path, "actual": false, "expected": true} if {
	is_array(_setups)
	every setup in _setups {
		is_boolean(setup.enabled)
		is_array(setup.types)
	}
	some type in _required - _enabled
	path := sprintf("logging.clusterLogging[%s].enabled", [type])
}
