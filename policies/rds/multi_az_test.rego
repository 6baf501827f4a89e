package konecta.rds.multi_az_test

import rego.v1

import data.konecta.rds.multi_az as control

alone(multi_az) := {"configuration": {"DBClusterIdentifier": null, "MultiAZ": multi_az}}

# AWS says false of the members of an Aurora cluster, whatever the cluster spans.
member := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"DBClusterIdentifier": "konecta-cluster", "MultiAZ": false},
}

clusters(multi_az) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": {"MultiAZ": multi_az}}}

test_standby_passes if {
	control.pass with input as alone(true)
	count(control.violations) == 0 with input as alone(true)
}

test_single_zone_fails if {
	control.violations == {{"path": "DBInstance.MultiAZ", "actual": false, "expected": true}} with input as alone(false)
	not control.pass with input as alone(false)
}

test_member_takes_the_clusters_zones if {
	control.pass with input as member with data.index as clusters(true)
	count(control.violations) == 0 with input as member with data.index as clusters(true)
	control.violations == {{
		"path": "DBCluster[konecta-cluster].MultiAZ",
		"actual": false,
		"expected": true,
	}} with input as member with data.index as clusters(false)
}

test_member_of_an_unlisted_cluster_is_unknown if {
	not control.pass with input as member with data.index as {}
	count(control.violations) == 0 with input as member with data.index as {}
}

test_missing_flag_is_unknown if {
	not control.pass with input as {"configuration": {"DBClusterIdentifier": null}}
	count(control.violations) == 0 with input as {"configuration": {"DBClusterIdentifier": null}}
	not control.pass with input as {"configuration": {"MultiAZ": true}}
}
