# METADATA
# title: The database is not publicly accessible
# description: >-
#   The endpoint of a publicly accessible DB instance resolves to a public address, so that one mistaken rule in a security group lets the
#   internet try passwords against the data itself. The flag alone decides here: what security groups and routes still hold back today they
#   need not hold back tomorrow.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-instance-public-access-check.html
# custom:
#   id: KA-RDS-001
#   severity: critical
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Modify the DB instance to be not publicly accessible; whoever used the public endpoint then comes in through the VPC.
#   fix: rds.not_public
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   claims: [rds-private]
#   frameworks: {fsbp: [RDS.2]}
package konecta.rds.not_public

import rego.v1

import data.konecta.lib.rds

pass if {
	rds.decides_access
	input.configuration.PubliclyAccessible == false
}

violations contains {"path": "PubliclyAccessible", "actual": true, "expected": false} if {
	rds.decides_access
	input.configuration.PubliclyAccessible == true
}

not_applicable contains "each member of an Aurora cluster is publicly accessible, or is not, by itself" if {
	rds.is_cluster
	startswith(input.configuration.Engine, "aurora")
}
