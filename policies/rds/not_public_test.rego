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
