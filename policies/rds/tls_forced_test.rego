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
	two := instance("postgres", null, [
		{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"},
		{"DBParameterGroupName": "other", "ParameterApplyStatus": "in-sync"},
	])
	not control.pass with input as two with data.index as index("1")
}

test_other_engine_is_not_applicable if {
	mysql := instance("mysql", null, [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"}])
	control.not_applicable == {"rds.force_ssl is a parameter of PostgreSQL and SQL Server, and this is mysql"} with input as mysql with data.index as index("0")
	not control.pass with input as mysql with data.index as index("1")
	count(control.violations) == 0 with input as mysql with data.index as index("0")
}

test_sql_server_has_the_parameter_too if {
	server := instance("sqlserver-se", null, [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"}])
	control.pass with input as server with data.index as index("1")
	count(control.violations) == 1 with input as server with data.index as index("0")
}

# Its own group does not decide, and its own status neither.
member := instance("aurora-postgresql", "konecta-cluster", [{"DBParameterGroupName": "konecta-pg", "ParameterApplyStatus": "in-sync"}])

members := [{"DBInstanceIdentifier": "a", "DBClusterParameterGroupStatus": "in-sync"}, {"DBInstanceIdentifier": "b", "DBClusterParameterGroupStatus": "in-sync"}]

settings := {"Engine": "aurora-postgresql", "DBClusterParameterGroup": "konecta-cpg", "DBClusterMembers": members}

clusters(settings, value) := object.union(index("0"), {
	"db_clusters": {"123456789012/us-east-1/konecta-cluster": settings},
	"cluster_parameter_groups": {"123456789012/us-east-1/konecta-cpg": {"rds.force_ssl": value}},
})

test_member_takes_the_group_of_its_cluster if {
	control.pass with input as member with data.index as clusters(settings, "1")
	count(control.violations) == 0 with input as member with data.index as clusters(settings, "1")
	control.violations == {{
		"path": "DBClusterParameterGroup[konecta-cpg].rds.force_ssl",
		"actual": "0",
		"expected": "1",
	}} with input as member with data.index as clusters(settings, "0")
	not control.pass with input as member with data.index as clusters(settings, "0")
}

test_cluster_that_a_member_has_not_followed_fails if {
	behind := object.union(settings, {"DBClusterMembers": [members[0], {"DBInstanceIdentifier": "b", "DBClusterParameterGroupStatus": "pending-reboot"}]})
	actuals := {violation.actual | some violation in control.violations} with input as member with data.index as clusters(behind, "1")
	actuals == {"pending-reboot"}
	not control.pass with input as member with data.index as clusters(behind, "1")
}

test_member_is_unknown_while_the_clusters_group_is_not_read if {
	every less in [{}, index("1"), object.remove(clusters(settings, "1"), ["cluster_parameter_groups"]), clusters(object.remove(settings, ["DBClusterMembers"]), "1")] {
		not control.pass with input as member with data.index as less
		count(control.violations) == 0 with input as member with data.index as less
		count(control.not_applicable) == 0 with input as member with data.index as less
	}
	statusless := object.union(settings, {"DBClusterMembers": [members[0], {"DBInstanceIdentifier": "b"}]})
	not control.pass with input as member with data.index as clusters(statusless, "1")
}

test_cluster_is_judged_itself if {
	headless := object.union(settings, {"DBClusterIdentifier": "konecta-cluster", "DBClusterMembers": []})
	cluster := {"resourceType": "AWS::RDS::DBCluster", "accountId": "123456789012", "region": "us-east-1", "configuration": headless}
	control.pass with input as cluster with data.index as clusters({}, "1")
	count(control.violations) == 1 with input as cluster with data.index as clusters({}, "0")
}

test_unknown_engine_or_cluster_is_unknown if {
	not control.pass with input as {"configuration": {}} with data.index as index("1")
	count(control.violations) == 0 with input as {"configuration": {}} with data.index as index("1")
	count(control.not_applicable) == 0 with input as {"configuration": {}}
}
