package konecta.rds.tls_forced_test

import rego.v1

import data.konecta.rds.tls_forced as control

instance(engine, cluster, groups) := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"Engine": engine, "DBClusterIdentifier": cluster, "DBParameterGroups": groups},
}

postgres(status) := instance("postgres", null, [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": status}])

index(value) := {"parameter_groups": {"123456789012/us-east-1/konecta-pg": {"rds.force_ssl": value}}}

test_forced_and_in_sync_passes if {
	control.pass with input as postgres("in-sync") with data.index as index("1")
	count(control.violations) == 0 with input as postgres("in-sync") with data.index as index("1")
	count(control.not_applicable) == 0 with input as postgres("in-sync") with data.index as index("1")
}

test_not_forced_fails if {
	control.violations == {{
		"path": "DBParameterGroups[konecta-pg].rds.force_ssl",
		"actual": "0",
		"expected": "1",
	}} with input as postgres("in-sync") with data.index as index("0")
	not control.pass with input as postgres("in-sync") with data.index as index("0")
}

test_parameter_that_the_group_lacks_fails if {
	actuals := {violation.actual | some violation in control.violations} with input as postgres("in-sync") with data.index as index(null)
	actuals == {null}
}

test_forced_but_pending_reboot_fails if {
	control.violations == {{
		"path": "DBParameterGroups[konecta-pg].ParameterApplyStatus",
		"actual": "pending-reboot",
		"expected": "in-sync",
	}} with input as postgres("pending-reboot") with data.index as index("1")
	not control.pass with input as postgres("pending-reboot") with data.index as index("1")
}

test_group_of_another_region_does_not_count if {
	elsewhere := {"parameter_groups": {"123456789012/eu-west-1/konecta-pg": {"rds.force_ssl": "1"}}}
	not control.pass with input as postgres("in-sync") with data.index as elsewhere
	count(control.violations) == 0 with input as postgres("in-sync") with data.index as elsewhere
}

test_unknown_parameter_status_or_groups_are_unknown if {
	not control.pass with input as postgres("in-sync") with data.index as {}
	count(control.violations) == 0 with input as postgres("in-sync") with data.index as {}
	silent := instance("postgres", null, [{"DBParameterGroupName": "konecta-pg"}])
	not control.pass with input as silent with data.index as index("1")
	count(control.violations) == 0 with input as silent with data.index as index("1")
	not control.pass with input as instance("postgres", null, []) with data.index as index("1")
}

test_other_engine_is_not_applicable if {
	mysql := instance("mysql", null, [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"}])
	control.not_applicable == {"rds.force_ssl is a parameter of PostgreSQL, and this is mysql"} with input as mysql with data.index as index("0")
	not control.pass with input as mysql with data.index as index("1")
	count(control.violations) == 0 with input as mysql with data.index as index("0")
}

test_member_of_a_cluster_is_not_applicable if {
	member := instance("aurora-postgresql", "konecta-cluster", [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"}])
	control.not_applicable == {"it is a member of konecta-cluster, whose own parameter group decides"} with input as member
	not control.pass with input as member with data.index as index("1")
	count(control.violations) == 0 with input as member with data.index as index("0")
}

test_unknown_engine_or_cluster_is_unknown if {
	not control.pass with input as {"configuration": {}} with data.index as index("1")
	count(control.violations) == 0 with input as {"configuration": {}} with data.index as index("1")
	count(control.not_applicable) == 0 with input as {"configuration": {}}
}
