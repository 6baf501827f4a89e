package konecta.rds.copy_tags_test

import rego.v1

import data.konecta.rds.copy_tags as control

alone(value) := {"configuration": {"DBClusterIdentifier": null, "CopyTagsToSnapshot": value}}

# What a member says of itself does not count where the cluster decides.
member := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"DBClusterIdentifier": "konecta-cluster", "CopyTagsToSnapshot": true},
}

clusters(value) := {"db_clusters": {"123456789012/us-east-1/konecta-cluster": {"CopyTagsToSnapshot": value}}}

test_on_passes if {
	control.pass with input as alone(true)
	count(control.violations) == 0 with input as alone(true)
}

test_off_fails if {
	control.violations == {{"path": "DBInstance.CopyTagsToSnapshot", "actual": false, "expected": true}} with input as alone(false)
	not control.pass with input as alone(false)
}

test_member_takes_what_the_cluster_says if {
	control.pass with input as member with data.index as clusters(true)
	not control.pass with input as member with data.index as clusters(false)
	control.violations == {{
		"path": "DBCluster[konecta-cluster].CopyTagsToSnapshot",
		"actual": false,
		"expected": true,
	}} with input as member with data.index as clusters(false)
}

test_member_of_an_unlisted_cluster_is_unknown if {
	not control.pass with input as member with data.index as {}
	count(control.violations) == 0 with input as member with data.index as {}
}

test_not_sent_is_unknown if {
	not control.pass with input as {"configuration": {"DBClusterIdentifier": null}}
	count(control.violations) == 0 with input as {"configuration": {"DBClusterIdentifier": null}}
}
