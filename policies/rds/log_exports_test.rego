package konecta.rds.log_exports_test

import rego.v1

import data.konecta.rds.log_exports as control

blueprint := {"rds": {"engine": "postgres", "log_exports": ["postgresql", "upgrade"]}}

alone(exports) := {"configuration": {"Engine": "postgres", "DBClusterIdentifier": null, "EnabledCloudwatchLogsExports": exports}}

member := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"Engine": "aurora-postgresql", "DBClusterIdentifier": "konecta-cluster"},
}

clusters(exports) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": {"EnabledCloudwatchLogsExports": exports}}}

test_both_exported_passes if {
	control.pass with input as alone(["upgrade", "postgresql"]) with data.blueprint as blueprint
	count(control.violations) == 0 with input as alone(["upgrade", "postgresql"]) with data.blueprint as blueprint
}

test_one_missing_fails if {
	control.violations == {{
		"path": "DBInstance.EnabledCloudwatchLogsExports",
		"actual": ["postgresql"],
		"expected": ["postgresql", "upgrade"],
	}} with input as alone(["postgresql"]) with data.blueprint as blueprint
	not control.pass with input as alone(["postgresql"]) with data.blueprint as blueprint
}

test_none_exported_fails if {
	count(control.violations) == 1 with input as alone(null) with data.blueprint as blueprint
	not control.pass with input as alone(null) with data.blueprint as blueprint
}

test_aurora_has_no_upgrade_log if {
	control.pass with input as member with data.index as clusters(["postgresql"]) with data.blueprint as blueprint
	count(control.violations) == 1 with input as member with data.index as clusters([]) with data.blueprint as blueprint
	not control.pass with input as member with data.index as clusters([]) with data.blueprint as blueprint
}

test_another_engine_is_not_applicable if {
	count(control.not_applicable) == 1 with input as {"configuration": {"Engine": "mysql"}} with data.blueprint as blueprint
	not control.pass with input as {"configuration": {"Engine": "mysql"}} with data.blueprint as blueprint
}

test_not_sent_is_unknown if {
	some_input := {"configuration": {"Engine": "postgres", "DBClusterIdentifier": null}}
	not control.pass with input as some_input with data.blueprint as blueprint
	count(control.violations) == 0 with input as some_input with data.blueprint as blueprint
	not control.pass with input as member with data.index as {} with data.blueprint as blueprint
}
