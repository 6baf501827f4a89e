package konecta.rds.minor_upgrades_test

import rego.v1

import data.konecta.rds.minor_upgrades as control

test_on_passes if {
	control.pass with input as {"configuration": {"AutoMinorVersionUpgrade": true}}
	count(control.violations) == 0 with input as {"configuration": {"AutoMinorVersionUpgrade": true}}
}

test_off_fails if {
	control.violations == {{"path": "AutoMinorVersionUpgrade", "actual": false, "expected": true}} with input as {"configuration": {"AutoMinorVersionUpgrade": false}}
	not control.pass with input as {"configuration": {"AutoMinorVersionUpgrade": false}}
}

test_not_sent_is_unknown if {
	not control.pass with input as {"configuration": {}}
	count(control.violations) == 0 with input as {"configuration": {}}
}

test_a_cluster_is_judged_itself if {
	on := {"resourceType": "AWS::RDS::DBCluster", "configuration": {"Engine": "aurora-postgresql", "AutoMinorVersionUpgrade": true}}
	control.pass with input as on
	off := {"resourceType": "AWS::RDS::DBCluster", "configuration": {"Engine": "postgres", "AutoMinorVersionUpgrade": false}}
	count(control.violations) == 1 with input as off
	not control.pass with input as off
}
