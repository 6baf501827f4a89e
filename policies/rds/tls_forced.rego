# METADATA
# title: The database refuses connections without TLS
# description: >-
#   PostgreSQL and SQL Server on RDS offer TLS but take plain connections too unless `rds.force_ssl` is 1 in the parameter group (of the DB
#   cluster, where there is one) and the group has reached the database. A client with the wrong `sslmode` then sends its password and every row in the clear, and nobody notices.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/SQLServer.Concepts.General.SSL.Using.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-postgres-instance-encrypted-in-transit.html
# custom:
#   id: KA-RDS-008
#   severity: high
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Make sure that every client connects with TLS, then set `rds.force_ssl` to 1 in a custom parameter group; reboot the instance where the group
#     is pending a reboot.
#   fix: rds.tls_forced
#   reads: [rds:DescribeDBInstances, rds:DescribeDBParameters, rds:DescribeDBClusters, rds:DescribeDBClusterParameters]
#   joins: [parameter_groups, db_clusters, cluster_parameter_groups]
#   claims: [in-transit]
package konecta.rds.tls_forced

import rego.v1

import data.konecta.lib.encryption
import data.konecta.lib.rds

pass if {
	_applies
	count(_groups) > 0
	every group in _groups {
		encryption.forced(_value(group), _states(group))
	}
}

violations contains {"path": path, "actual": value, "expected": "1"} if {
	_applies
	some group in _groups
	value := _value(group)
	value in encryption.optional
	path := sprintf("%s.rds.force_ssl", [_path(group)])
}

violations contains {"path": path, "actual": state, "expected": "in-sync"} if {
	_applies
	some group in _groups
	some state in _states(group)
	state in encryption.behind
	path := sprintf("%s.ParameterApplyStatus", [_path(group)])
}

not_applicable contains sprintf("rds.force_ssl is a parameter of PostgreSQL and SQL Server, and this is %s", [engine]) if {
	engine := input.configuration.Engine
	is_string(engine)
	not engine in encryption.forcing_engines
}

_applies if input.configuration.Engine in encryption.forcing_engines

_groups := input.configuration.DBParameterGroups if {
	not rds.is_cluster
	input.configuration.DBClusterIdentifier == null
}

# A DB cluster has one group for all its members.
_groups := [{"OfCluster": name, "Members": rds.owner.settings.DBClusterMembers}] if {
	name := rds.owner.settings.DBClusterParameterGroup
}

_path(group) := sprintf("DBParameterGroups[%s]", [group.DBParameterGroupName])

_path(group) := sprintf("DBClusterParameterGroup[%s]", [group.OfCluster])

_value(group) := data.index.parameter_groups[rds.key(group.DBParameterGroupName)]["rds.force_ssl"]

_value(group) := data.index.cluster_parameter_groups[rds.key(group.OfCluster)]["rds.force_ssl"]

_states(group) := [group.ParameterApplyStatus]

# A status that was not sent is none that is good.
_states(group) := [object.get(member, "DBClusterParameterGroupStatus", "") | some member in group.Members] if {
	is_array(group.Members)
}
