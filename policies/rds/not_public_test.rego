package konecta.rds.not_public_test

import rego.v1

import data.konecta.rds.not_public as control

test_private_passes if {
	private := {"configuration": {"PubliclyAccessible": false}}
	control.pass with input as private
	count(control.violations) == 0 with input as private
}

# The flag itself fails, whatever security groups say.
test_public_fails if {
	public := {"configuration": {"PubliclyAccessible": true, "VpcSecurityGroups": []}}
	control.violations == {{"path": "PubliclyAccessible", "actual": true, "expected": false}} with input as public
	not control.pass with input as public
}

test_missing_flag_is_unknown if {
	not control.pass with input as {"configuration": {}}
	count(control.violations) == 0 with input as {"configuration": {}}
}

test_null_flag_is_unknown if {
	not control.pass with input as {"configuration": {"PubliclyAccessible": null}}
	count(control.violations) == 0 with input as {"configuration": {"PubliclyAccessible": null}}
}

cluster(settings) := {"resourceType": "AWS::RDS::DBCluster", "configuration": settings}

test_a_multi_az_cluster_is_judged_itself if {
	closed := cluster({"Engine": "postgres", "PubliclyAccessible": false})
	control.pass with input as closed
	open := cluster({"Engine": "postgres", "PubliclyAccessible": true})
	control.violations == {{"path": "PubliclyAccessible", "actual": true, "expected": false}} with input as open
	not control.pass with input as open
}

test_an_aurora_cluster_leaves_it_to_its_members if {
	every settings in [{"Engine": "aurora-postgresql"}, {"Engine": "aurora-mysql", "PubliclyAccessible": true}] {
		count(control.not_applicable) == 1 with input as cluster(settings)
		count(control.violations) == 0 with input as cluster(settings)
		not control.pass with input as cluster(settings)
	}
}

test_a_cluster_whose_engine_was_not_sent_is_unknown if {
	every flag in [true, false] {
		not control.pass with input as cluster({"PubliclyAccessible": flag})
		count(control.violations) == 0 with input as cluster({"PubliclyAccessible": flag})
		count(control.not_applicable) == 0 with input as cluster({"PubliclyAccessible": flag})
	}
}
