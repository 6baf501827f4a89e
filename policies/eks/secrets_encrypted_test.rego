package konecta.eks.secrets_encrypted_test

import rego.v1

import data.konecta.eks.secrets_encrypted as control

key := "arn:aws:kms:us-east-1:123456789012:key/1"

cluster(config) := {"configuration": {"encryptionConfig": config}}

encrypting(resources) := cluster([{"resources": resources, "provider": {"keyArn": key}}])

index(state) := {"keys": {key: {"KeyState": state}}}

silent if {
	not control.pass
	count(control.violations) == 0
}

test_enabled_key_passes if {
	control.pass with input as encrypting(["secrets"]) with data.index as index("Enabled")
	count(control.violations) == 0 with input as encrypting(["secrets"]) with data.index as index("Enabled")
}

test_no_configuration_fails if {
	none := {{"path": "encryptionConfig", "actual": null, "expected": "a KMS key for secrets"}}
	control.violations == none with input as cluster(null) with data.index as {}
	not control.pass with input as cluster(null) with data.index as {}
}

test_empty_configuration_fails if {
	empty := {{"path": "encryptionConfig", "actual": "none for secrets", "expected": "a KMS key for secrets"}}
	control.violations == empty with input as cluster([]) with data.index as {}
	not control.pass with input as cluster([]) with data.index as {}
}

test_configuration_for_something_else_fails if {
	paths := {violation.path | some violation in control.violations} with input as encrypting(["other"])
	paths == {"encryptionConfig"}
	not control.pass with input as encrypting(["other"]) with data.index as index("Enabled")
}

test_key_awaiting_deletion_fails if {
	found := {{
		"path": "encryptionConfig[secrets].provider.keyArn.KeyState",
		"actual": "PendingDeletion",
		"expected": "Enabled",
		"proof": [key],
	}}
	control.violations == found with input as encrypting(["secrets"]) with data.index as index("PendingDeletion")
	not control.pass with input as encrypting(["secrets"]) with data.index as index("PendingDeletion")
}

test_unread_key_is_unknown if silent with input as encrypting(["secrets"]) with data.index as {"keys": {}}

test_unread_configuration_is_unknown if {
	silent with input as {"configuration": {}} with data.index as index("Enabled")
	silent with input as cluster([{"provider": {"keyArn": key}}]) with data.index as index("Enabled")
}
