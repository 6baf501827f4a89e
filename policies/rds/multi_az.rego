# METADATA
# title: The database stands in more than one availability zone
# description: >-
#   A Multi-AZ database keeps a standby in a second availability zone and moves over to it by itself. Without one, the loss of a zone, and every
#   patch that needs a restart, is an outage of the whole application until somebody restores a backup.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html
# custom:
#   id: KA-RDS-006
#   severity: medium
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Convert the DB instance to Multi-AZ, in a maintenance window and knowing that it doubles the price of the instance; give an Aurora cluster a
#     reader in a second availability zone.
#   fix: rds.multi_az
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   claims: [multi-az, failover]
#   frameworks: {fsbp: [RDS.5]}
package konecta.rds.multi_az

import rego.v1

import data.konecta.lib.rds

pass if rds.owner.settings.MultiAZ == true

violations contains {"path": path, "actual": false, "expected": true} if {
	rds.owner.settings.MultiAZ == false
	path := sprintf("%s.MultiAZ", [rds.owner.path])
}
