# METADATA
# title: The database is backed up and can be restored to a recent moment
# description: >-
#   Automated backups kept for too short a time, or backups that stopped without anybody noticing, show on the day they are needed. So the
#   retention must be as long as promised, a backup window must be set, and the latest restorable time must be recent.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html
# custom:
#   id: KA-RDS-004
#   severity: high
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Set the backup retention period to the promised number of days (raising it from 0 interrupts the instance for a moment); where the latest
#     restorable time lags behind, look at the events of the instance for failing backups.
#   fix: rds.backups
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   claims: [rds-backups]
#   frameworks: {fsbp: [RDS.11]}
package konecta.rds.backups

import rego.v1

import data.konecta.lib.rds

pass if {
	_is_source
	is_number(rds.owner.settings.BackupRetentionPeriod)
	rds.owner.settings.BackupRetentionPeriod >= data.blueprint.rds.backup_retention_days
	is_string(rds.owner.settings.PreferredBackupWindow)
	rds.owner.settings.PreferredBackupWindow != ""
	_age_in_hours <= data.blueprint.rds.restorable_within_hours
}

violations contains {"path": path, "actual": days, "expected": sprintf("at least %d days", [promised])} if {
	_is_source
	days := rds.owner.settings.BackupRetentionPeriod
	is_number(days)
	promised := data.blueprint.rds.backup_retention_days
	days < promised
	path := sprintf("%s.BackupRetentionPeriod", [rds.owner.path])
}

violations contains {"path": path, "actual": "", "expected": "a daily backup window"} if {
	_is_source
	rds.owner.settings.PreferredBackupWindow == ""
	path := sprintf("%s.PreferredBackupWindow", [rds.owner.path])
}

violations contains {"path": path, "actual": time, "expected": sprintf("within %d hours of the scan", [promised])} if {
	_is_source
	not _is_stopped
	time := _latest
	promised := data.blueprint.rds.restorable_within_hours
	_age_in_hours > promised
	path := sprintf("%s.LatestRestorableTime", [rds.owner.path])
}

not_applicable contains sprintf("it is a read replica of %s, which is what gets backed up", [source]) if {
	source := input.configuration.ReadReplicaSourceDBInstanceIdentifier
	is_string(source)
}

not_applicable contains sprintf("it is a read replica of the DB cluster %s, which is what gets backed up", [source]) if {
	source := rds.replicated_cluster
}

unknown contains "it is stopped: nothing is written that could be backed up, and since when is not known" if _is_stopped

# While a database is stopped its latest restorable time stands still, and so does what is in it.
_is_stopped if input.configuration.DBInstanceStatus == "stopped"

_is_stopped if {
	rds.is_cluster
	input.configuration.Status == "stopped"
}

_is_source if {
	rds.is_cluster
	not rds.replicated_cluster
}

_is_source if {
	input.configuration.ReadReplicaSourceDBInstanceIdentifier == null
	not rds.replicated_cluster
}

# Absent while there is nothing yet to restore from: a fresh instance is unknown, not well backed up.
_age_in_hours := (now - latest) / 3600000000000 if {
	now := time.parse_rfc3339_ns(data.now)
	latest := time.parse_rfc3339_ns(_latest)
}

_latest := input.configuration.LatestRestorableTime if not rds.cluster

_latest := data.index.db_clusters[rds.key(rds.cluster)].LatestRestorableTime
