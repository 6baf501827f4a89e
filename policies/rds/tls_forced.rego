# METADATA
# title: The database refuses connections without TLS
# description: >-
#   PostgreSQL on RDS offers TLS but takes plain connections too unless `rds.force_ssl` is 1 in the parameter group and the group has reached the
#   instance. A client with the wrong `sslmode` then sends its password and every row in the clear, and nobody notices.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-postgres-instance-encrypted-in-transit.html
# custom:
#   id: KA-RDS-008
#   severity: high
#   resource: AWS::RDS::DBInstance
#   remediation: >-
#     Make sure that every client connects with TLS, then set `rds.force_ssl` to 1 in a custom parameter group; reboot the instance where the group
#     is pending a reboot.
#   fix: rds.tls_forced
#   reads: [rds:DescribeDBInstances, rds:DescribeDBParameters]
#   joins: [parameter_groups]
#   claims: [in-transit]
package konecta.rds.tls_forced

import rego.v1

import data.konecta.lib.rds

families := {"postgres", "aurora-postgresql"}

pass if {
	_applies
	count(_groups) > 0
	every group in _groups {
		_force_ssl(group) == "1"
		group.ParameterApplyStatus == "in-sync"
	}
}

violations contains {"path": path, "actual": value, "expected": "1"} if {
	_applies
	some group in _groups
	value := _force_ssl(group)
	value != "1"
	path := sprintf("DBParameterGroups[%s].rds.force_ssl", [group.DBParameterGroupName])
}

violations contains {"path": path, "actual": status, "expected": "in-sync"} if {
	_applies
	some group in _groups
	status := group.ParameterApplyStatus
	status != "in-sync"
	path := sprintf("DBParameterGroups[%s].ParameterApplyStatus", [group.DBParameterGroupName])
}

not_applicable contains sprintf("rds.force_ssl is a parameter of PostgreSQL, and this is %s", [engine]) if {
	engine := input.configuration.Engine
	is_string(engine)
	not engine in families
}

not_applicable contains sprintf("it is a member of %s, whose own parameter group decides", [name]) if {
	name := input.configuration.DBClusterIdentifier
	is_string(name)
}

_applies if {
	input.configuration.Engine in families
	input.configuration.DBClusterIdentifier == null
}

_groups := input.configuration.DBParameterGroups

_force_ssl(group) := data.index.parameter_groups[rds.key(group.DBParameterGroupName)]["rds.force_ssl"]
