package konecta.rds.storage_encrypted_test

import rego.v1

import data.konecta.rds.storage_encrypted as control

test_encrypted_passes if {
	encrypted := {"configuration": {"StorageEncrypted": true, "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/1"}}
	control.pass with input as encrypted
	count(control.violations) == 0 with input as encrypted
}

test_encrypted_without_key_passes if {
	control.pass with input as {"configuration": {"StorageEncrypted": true}}
}

test_key_of_aws_passes if {
	owned := {"configuration": {"StorageEncrypted": false, "StorageEncryptionType": "sse-rds"}}
	control.pass with input as owned
	count(control.violations) == 0 with input as owned
}

test_plain_fails if {
	plain := {"configuration": {"StorageEncrypted": false, "StorageEncryptionType": "none"}}
	control.violations == {{"path": "StorageEncrypted", "actual": false, "expected": true}} with input as plain
	not control.pass with input as plain
}

test_plain_without_type_fails if {
	plain := {"configuration": {"StorageEncrypted": false}}
	control.violations == {{"path": "StorageEncrypted", "actual": false, "expected": true}} with input as plain
}

test_missing_flag_is_unknown if {
	not control.pass with input as {"configuration": {}}
	count(control.violations) == 0 with input as {"configuration": {}}
}

test_cluster_without_members_fails if {
	cluster := {"resourceType": "AWS::RDS::DBCluster", "configuration": {"DBClusterIdentifier": "konecta-cluster", "StorageEncrypted": false, "DBClusterMembers": []}}
	control.violations == {{"path": "StorageEncrypted", "actual": false, "expected": true}} with input as cluster
	not control.pass with input as cluster
}
