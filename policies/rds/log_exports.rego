# METADATA
# title: The database's logs are exported to CloudWatch Logs
# description: >-
#   The logs of a DB instance are on the instance itself, for days, and gone with it. Exported, they outlive the instance, can be searched
#   beside those of the application, and can raise an alarm.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html
# custom:
#   id: KA-RDS-012
#   severity: medium
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Export the log types that `log_exports` in the blueprint names, for the DB cluster where the instance is a member of one.
#   claims: [monitoring]
#   fix: rds.log_exports
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   frameworks: {fsbp: [RDS.9]}
package konecta.rds.log_exports

import rego.v1

import data.konecta.lib.rds

pass if {
	_applies
	count(_wanted) > 0
	every type in _wanted {
		type in _exported
	}
}

violations contains {"path": path, "actual": sort(_exported), "expected": sort(_wanted)} if {
	_applies
	count(_wanted - _exported) > 0
	path := sprintf("%s.EnabledCloudwatchLogsExports", [rds.owner.path])
}

not_applicable contains sprintf("the log types promised are those of %s, and this is %s", [data.blueprint.rds.engine, engine]) if {
	engine := input.configuration.Engine
	is_string(engine)
	not engine in _families
}

# Aurora writes its upgrades into the log of the engine itself and has no type of its own for them.
_wanted := {type | some type in data.blueprint.rds.log_exports} if input.configuration.Engine == data.blueprint.rds.engine

_wanted := {type | some type in data.blueprint.rds.log_exports; type != "upgrade"} if {
	input.configuration.Engine == sprintf("aurora-%sql", [data.blueprint.rds.engine])
}

_families := {data.blueprint.rds.engine, sprintf("aurora-%sql", [data.blueprint.rds.engine])}

_applies if input.configuration.Engine in _families

_exported := {type | some type in rds.owner.settings.EnabledCloudwatchLogsExports} if {
	is_array(rds.owner.settings.EnabledCloudwatchLogsExports)
}

# Left out is how RDS says that nothing is exported.
_exported := {type | some type in []} if rds.owner.settings.EnabledCloudwatchLogsExports == null
