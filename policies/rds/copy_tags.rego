# METADATA
# title: Snapshots carry the tags of their database
# description: >-
#   Tags say whose data a snapshot is and how long it must be kept. A snapshot without them falls out of every rule that goes by tags: cost
#   reports, backup plans, access conditions and clean-up jobs.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
# custom:
#   id: KA-RDS-017
#   severity: low
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Switch copying of tags to snapshots on; it holds for snapshots taken from then on.
#   fix: rds.copy_tags
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   frameworks: {fsbp: [RDS.16, RDS.17]}
package konecta.rds.copy_tags

import rego.v1

import data.konecta.lib.rds

pass if rds.owner.settings.CopyTagsToSnapshot == true

violations contains {"path": path, "actual": false, "expected": true} if {
	rds.owner.settings.CopyTagsToSnapshot == false
	path := sprintf("%s.CopyTagsToSnapshot", [rds.owner.path])
}
