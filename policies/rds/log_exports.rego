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

import data.konecta.lib.logs
import data.konecta.lib.rds

pass if {
	count(_wanted) > 0
	count(_wanted - _exported) == 0
}

violations contains {"path": path, "actual": sort(_exported), "expected": sort(_wanted)} if {
	count(_wanted - _exported) > 0
	path := sprintf("%s.EnabledCloudwatchLogsExports", [rds.owner.path])
}

not_applicable contains sprintf("the log types promised are those of %s, and this is %s", [data.blueprint.rds.engine, engine]) if {
	engine := input.configuration.Engine
	is_string(engine)
	not engine in logs.exports_engines
}

_wanted := logs.exports_wanted(input.configuration.Engine)

_exported := logs.exported(rds.owner.settings.EnabledCloudwatchLogsExports)
