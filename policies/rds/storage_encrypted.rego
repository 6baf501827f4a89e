# METADATA
# title: The storage of the database is encrypted
# description: >-
#   Encryption at rest covers the storage of a DB instance together with its automated backups, snapshots, logs and read replicas. Without it
#   every copy that leaves the instance, a shared snapshot for instance, is readable by whoever gets hold of it.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-storage-encrypted.html
# custom:
#   id: KA-RDS-003
#   severity: critical
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Take a snapshot, copy it with encryption switched on, restore a new DB instance from the copy and let the application use that one.
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   claims: [rds-encrypted, at-rest]
#   frameworks: {fsbp: [RDS.3]}
#   fix: rds.storage_encrypted
package konecta.rds.storage_encrypted

import rego.v1

import data.konecta.lib.encryption

pass if _encrypted

violations contains {"path": "StorageEncrypted", "actual": false, "expected": true} if {
	input.configuration.StorageEncrypted == false
	not _encrypted
}

_encrypted if input.configuration.StorageEncrypted == true

_encrypted if input.configuration.StorageEncryptionType in encryption.storage_types
