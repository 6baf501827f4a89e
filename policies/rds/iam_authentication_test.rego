package konecta.rds.iam_authentication_test

import rego.v1

import data.konecta.rds.iam_authentication as control

alone(value) := {"configuration": {"Engine": "postgres", "DBClusterIdentifier": null, "IAMDatabaseAuthenticationEnabled": value}}

# What a member says of itself does not count where the cluster decides.
member := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"Engine": "aurora-postgresql", "DBClusterIdentifier": "konecta-cluster", "IAMDatabaseAuthenticationEnabled": true},
}

clusters(value) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": {"IAMDatabaseAuthenticationEnabled": value}}}

test_on_passes if {
	control.pass with input as alone(true)
	count(control.violations) == 0 with input as alone(true)
}

test_off_fails if {
	control.violations == {{"path": "DBInstance.IAMDatabaseAuthenticationEnabled", "actual": false, "expected": true}} with input as alone(false)
	not control.pass with input as alone(false)
}

test_member_takes_what_the_cluster_says if {
	control.pass with input as member with data.index as clusters(true)
	not control.pass with input as member with data.index as clusters(false)
	control.violations == {{
		"path": "DBCluster[konecta-cluster].IAMDatabaseAuthenticationEnabled",
		"actual": false,
		"expected": true,
	}} with input as member with data.index as clusters(false)
}

test_member_of_an_unlisted_cluster_is_unknown if {
	not control.pass with input as member with data.index as {}
	count(control.violations) == 0 with input as member with data.index as {}
}

test_not_sent_is_unknown if {
	not control.pass with input as {"configuration": {"Engine": "postgres", "DBClusterIdentifier": null}}
	count(control.violations) == 0 with input as {"configuration": {"Engine": "postgres", "DBClusterIdentifier": null}}
}

test_engine_without_it_is_not_applicable if {
	every engine in ["sqlserver-ee", "oracle-se2", "db2-se", "custom-oracle-ee", "custom-sqlserver-se"] {
		server := {"configuration": {"Engine": engine, "DBClusterIdentifier": null, "IAMDatabaseAuthenticationEnabled": false}}
		control.not_applicable == {sprintf("%s has no IAM database authentication", [engine])} with input as server
		count(control.violations) == 0 with input as server
		not control.pass with input as server
	}
}

test_engine_that_is_not_known_here_is_unknown if {
	every value in [true, false] {
		other := {"configuration": {"Engine": "new-engine", "DBClusterIdentifier": null, "IAMDatabaseAuthenticationEnabled": value}}
		count(control.violations) == 0 with input as other
		not control.pass with input as other
		count(control.not_applicable) == 0 with input as other
	}
}

test_cluster_is_judged_itself if {
	cluster := {"resourceType": "AWS::RDS::DBCluster", "configuration": {
		"Engine": "aurora-postgresql", "DBClusterIdentifier": "konecta-cluster", "IAMDatabaseAuthenticationEnabled": false,
	}}
	control.violations == {{"path": "DBCluster.IAMDatabaseAuthenticationEnabled", "actual": false, "expected": true}} with input as cluster
}
