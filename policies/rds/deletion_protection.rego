# METADATA
# title: The database is protected against deletion
# description: >-
#   Without deletion protection one call, one script or one `terraform destroy` in the wrong directory removes the database and, where no final
#   snapshot is asked for, its automated backups with it.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html
# custom:
#   id: KA-RDS-007
#   severity: medium
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Switch deletion protection on, for the DB cluster where the instance is a member of one; it takes effect at once.
#   fix: rds.deletion_protection
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   frameworks: {fsbp: [RDS.7, RDS.8]}
package konecta.rds.deletion_protection

import rego.v1

import data.konecta.lib.rds

pass if rds.owner.settings.DeletionProtection == true

violations contains {"path": path, "actual": false, "expected": true} if {
	rds.owner.settings.DeletionProtection == false
	path := sprintf("%s.DeletionProtection", [rds.owner.path])
}
