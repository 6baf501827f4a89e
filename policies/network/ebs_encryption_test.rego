package konecta.network.ebs_encryption_test

import rego.v1

import data.konecta.network.ebs_encryption as control

test_on_passes if {
	region := {"configuration": {"EbsEncryptionByDefault": true}}
	control.pass with input as region
	count(control.violations) == 0 with input as region
}

test_off_fails if {
	region := {"configuration": {"EbsEncryptionByDefault": false}}
	control.violations == {{"path": "EbsEncryptionByDefault", "actual": false, "expected": true}} with input as region
	not control.pass with input as region
}

test_not_sent_is_unknown if {
	region := {"configuration": {}}
	not control.pass with input as region
	count(control.violations) == 0 with input as region
}
