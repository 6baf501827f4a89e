package konecta.ecr.encryption_test

import rego.v1

import data.konecta.ecr.encryption as control

repository(type) := {"configuration": {"encryptionConfiguration": {"encryptionType": type}}}

declared(type) := {"ecr": {"encryption": type}}

test_declared_encryption_passes if {
	control.pass with input as repository("AES256") with data.blueprint as declared("AES256")
	count(control.violations) == 0 with input as repository("AES256") with data.blueprint as declared("AES256")
	control.pass with input as repository("KMS") with data.blueprint as declared("KMS")
}

test_two_layers_keep_the_promise_of_one if {
	control.pass with input as repository("KMS_DSSE") with data.blueprint as declared("KMS")
	not control.pass with input as repository("KMS") with data.blueprint as declared("KMS_DSSE")
}

test_other_encryption_fails if {
	control.violations == {{
		"path": "encryptionConfiguration.encryptionType",
		"actual": "AES256",
		"expected": "KMS",
	}} with input as repository("AES256") with data.blueprint as declared("KMS")
	not control.pass with input as repository("AES256") with data.blueprint as declared("KMS")
	actuals := {violation.actual | some violation in control.violations} with input as repository("KMS") with data.blueprint as declared("AES256")
	actuals == {"KMS"}
}

test_missing_encryption_is_unknown if {
	not control.pass with input as {"configuration": {}} with data.blueprint as declared("AES256")
	count(control.violations) == 0 with input as {"configuration": {}} with data.blueprint as declared("AES256")
}
