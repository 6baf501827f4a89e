package konecta.rds.backups_test

import rego.v1

import data.konecta.rds.backups as control

now := "2026-11-23T12:00:00Z"

blueprint := {"rds": {"backup_retention_days": 7, "restorable_within_hours": 24}}

settings(days, window, latest) := {
	"BackupRetentionPeriod": days,
	"PreferredBackupWindow": window,
	"LatestRestorableTime": latest,
}

resource(configuration) := {"accountId": "123456789012", "region": "us-east-1", "configuration": configuration}

alone(days, window, latest) := resource(object.union(
	{"DBClusterIdentifier": null, "ReadReplicaSourceDBInstanceIdentifier": null},
	settings(days, window, latest),
))

good := alone(7, "03:00-04:00", "2026-11-23T11:55:00+00:00")

test_kept_and_restorable_passes if {
	control.pass with input as good with data.blueprint as blueprint with data.now as now
	count(control.violations) == 0 with input as good with data.blueprint as blueprint with data.now as now
}

test_short_retention_fails if {
	short := alone(1, "03:00-04:00", "2026-11-23T11:55:00+00:00")
	control.violations == {{
		"path": "DBInstance.BackupRetentionPeriod",
		"actual": 1,
		"expected": "at least 7 days",
	}} with input as short with data.blueprint as blueprint with data.now as now
	not control.pass with input as short with data.blueprint as blueprint with data.now as now
}

# Retention 0 switches backups off; AWS then sends no latest restorable time.
test_no_backups_fail if {
	off := resource({
		"DBClusterIdentifier": null, "ReadReplicaSourceDBInstanceIdentifier": null,
		"BackupRetentionPeriod": 0, "PreferredBackupWindow": "03:00-04:00",
	})
	actuals := {violation.actual | some violation in control.violations} with input as off with data.blueprint as blueprint with data.now as now
	actuals == {0}
}

test_no_window_fails if {
	windowless := alone(7, "", "2026-11-23T11:55:00+00:00")
	control.violations == {{
		"path": "DBInstance.PreferredBackupWindow",
		"actual": "",
		"expected": "a daily backup window",
	}} with input as windowless with data.blueprint as blueprint with data.now as now
	not control.pass with input as windowless with data.blueprint as blueprint with data.now as now
}

test_stale_restorable_time_fails if {
	stale := alone(7, "03:00-04:00", "2026-11-22T11:59:59+00:00")
	control.violations == {{
		"path": "DBInstance.LatestRestorableTime",
		"actual": "2026-11-22T11:59:59+00:00",
		"expected": "within 24 hours of the scan",
	}} with input as stale with data.blueprint as blueprint with data.now as now
	not control.pass with input as stale with data.blueprint as blueprint with data.now as now
}

test_last_second_of_the_day_passes if {
	control.pass with input as alone(7, "03:00-04:00", "2026-11-22T12:00:00+00:00")
		with data.blueprint as blueprint
		with data.now as now
}

test_fresh_instance_is_unknown if {
	fresh := json.remove(good, ["configuration/LatestRestorableTime"])
	not control.pass with input as fresh with data.blueprint as blueprint with data.now as now
	count(control.violations) == 0 with input as fresh with data.blueprint as blueprint with data.now as now
}

test_read_replica_is_not_applicable if {
	replica := resource({"DBClusterIdentifier": null, "ReadReplicaSourceDBInstanceIdentifier": "konecta", "BackupRetentionPeriod": 0})
	control.not_applicable == {"it is a read replica of konecta, which is what gets backed up"} with input as replica
	not control.pass with input as replica with data.blueprint as blueprint with data.now as now
	count(control.violations) == 0 with input as replica with data.blueprint as blueprint with data.now as now
	count(control.not_applicable) == 0 with input as good
}

test_not_knowing_whether_it_is_a_replica_is_unknown if {
	odd := json.remove(alone(0, "03:00-04:00", now), ["configuration/ReadReplicaSourceDBInstanceIdentifier"])
	count(control.violations) == 0 with input as odd with data.blueprint as blueprint with data.now as now
	not control.pass with input as odd with data.blueprint as blueprint with data.now as now
}

member := resource({
	"DBClusterIdentifier": "konecta-cluster", "ReadReplicaSourceDBInstanceIdentifier": null,
	"BackupRetentionPeriod": 7, "PreferredBackupWindow": "03:00-04:00",
})

clusters(days) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": settings(days, "03:00-04:00", "2026-11-23T11:55:00+00:00")}}

test_member_takes_the_clusters_backups if {
	control.pass with input as member with data.blueprint as blueprint with data.now as now with data.index as clusters(14)
	paths := {violation.path | some violation in control.violations} with input as member
		with data.blueprint as blueprint
		with data.now as now
		with data.index as clusters(1)
	paths == {"DBCluster[konecta-cluster].BackupRetentionPeriod"}
}

test_member_of_an_unlisted_cluster_is_unknown if {
	not control.pass with input as member with data.blueprint as blueprint with data.now as now with data.index as {}
	count(control.violations) == 0 with input as member with data.blueprint as blueprint with data.now as now with data.index as {}
}

test_replica_of_a_cluster_is_not_applicable if {
	replica := resource(object.union(good.configuration, {"ReadReplicaSourceDBClusterIdentifier": "konecta-multi-az", "BackupRetentionPeriod": 0}))
	control.not_applicable == {"it is a read replica of the DB cluster konecta-multi-az, which is what gets backed up"} with input as replica with data.blueprint as blueprint with data.now as now
	count(control.violations) == 0 with input as replica with data.blueprint as blueprint with data.now as now
	not control.pass with input as replica with data.blueprint as blueprint with data.now as now
}

cluster(engine, source, days) := object.union(
	resource(object.union(
		{"DBClusterIdentifier": "konecta-cluster", "Engine": engine, "ReplicationSourceIdentifier": source},
		settings(days, "03:00-04:00", "2026-11-23T11:55:00+00:00"),
	)),
	{"resourceType": "AWS::RDS::DBCluster"},
)

test_cluster_is_judged_itself if {
	control.pass with input as cluster("aurora-postgresql", null, 7) with data.blueprint as blueprint with data.now as now
	paths := {violation.path | some violation in control.violations} with input as cluster("aurora-postgresql", null, 1) with data.blueprint as blueprint with data.now as now
	paths == {"DBCluster.BackupRetentionPeriod"}
}

test_cluster_that_is_a_replica_has_no_backups_but_in_aurora if {
	count(control.not_applicable) == 1 with input as cluster("postgres", "arn:main", 0) with data.blueprint as blueprint with data.now as now
	count(control.violations) == 0 with input as cluster("postgres", "arn:main", 0) with data.blueprint as blueprint with data.now as now
	control.pass with input as cluster("aurora-postgresql", "arn:main", 7) with data.blueprint as blueprint with data.now as now
	count(control.violations) == 1 with input as cluster("aurora-postgresql", "arn:main", 1) with data.blueprint as blueprint with data.now as now
}

test_what_is_no_number_proves_nothing if {
	every days in ["text", null, []] {
		odd := alone(days, "03:00-04:00", "2026-11-23T11:55:00+00:00")
		not control.pass with input as odd with data.blueprint as blueprint with data.now as now
		count(control.violations) == 0 with input as odd with data.blueprint as blueprint with data.now as now
	}
}

test_a_stopped_database_is_not_blamed_for_an_old_restorable_time if {
	stopped := {"configuration": {
		"DBInstanceStatus": "stopped", "DBClusterIdentifier": null, "ReadReplicaSourceDBInstanceIdentifier": null,
		"BackupRetentionPeriod": 7, "PreferredBackupWindow": "02:00-03:00", "LatestRestorableTime": "2026-11-01T00:00:00Z",
	}}
	promised := {"rds": {"backup_retention_days": 7, "restorable_within_hours": 24}}
	count(control.violations) == 0 with input as stopped with data.blueprint as promised with data.now as "2026-11-23T12:00:00Z"
	count(control.unknown) == 1 with input as stopped with data.blueprint as promised with data.now as "2026-11-23T12:00:00Z"
	not control.pass with input as stopped with data.blueprint as promised with data.now as "2026-11-23T12:00:00Z"
	brief := json.patch(stopped, [{"op": "replace", "path": "/configuration/BackupRetentionPeriod", "value": 1}])
	count(control.violations) == 1 with input as brief with data.blueprint as promised with data.now as "2026-11-23T12:00:00Z"
	cluster := {"resourceType": "AWS::RDS::DBCluster", "configuration": {"Status": "stopped"}}
	count(control.unknown) == 1 with input as cluster
}
