package konecta.rds.deletion_protection_test

import rego.v1

import data.konecta.rds.deletion_protection as control

alone(protected) := {"configuration": {"DBClusterIdentifier": null, "DeletionProtection": protected}}

# The flag of a member does not count: AWS keeps the protection at the cluster.
member := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"DBClusterIdentifier": "konecta-cluster", "DeletionProtection": false},
}

clusters(protected) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": {"DeletionProtection": protected}}}

test_protected_passes if {
	control.pass with input as alone(true)
	count(control.violations) == 0 with input as alone(true)
}

test_unprotected_fails if {
	control.violations == {{"path": "DBInstance.DeletionProtection", "actual": false, "expected": true}} with input as alone(false)
	not control.pass with input as alone(false)
}

test_member_takes_the_clusters_protection if {
	control.pass with input as member with data.index as clusters(true)
	count(control.violations) == 0 with input as member with data.index as clusters(true)
	control.violations == {{
		"path": "DBCluster[konecta-cluster].DeletionProtection",
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
	not control.pass with input as {"configuration": {"DeletionProtection": true}}
}
