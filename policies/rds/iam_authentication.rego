# METADATA
# title: People and programs can sign in to the database with IAM
# description: >-
#   A password of the database lives in configuration files and is rarely changed. With IAM database authentication a role signs in with a token
#   that lasts for minutes, and IAM decides who may; passwords are then needed by nobody but the master user.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-instance-iam-authentication-enabled.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.RDS_Fea_Regions_DB-eng.Feature.IamDatabaseAuthentication.html
# custom:
#   id: KA-RDS-013
#   severity: medium
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Switch IAM database authentication on; passwords go on working until their users are granted `rds_iam`.
#   fix: rds.iam_authentication
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   joins: [db_clusters]
#   frameworks: {fsbp: [RDS.10, RDS.12]}
package konecta.rds.iam_authentication

import rego.v1

import data.konecta.lib.rds

engines := {"postgres", "mysql", "mariadb", "aurora-postgresql", "aurora-mysql"}

# RDS for Db2, Oracle and SQL Server do not have it (second page above); of any other engine it is not known here.
without := {"db2-", "oracle-", "sqlserver-", "custom-oracle-", "custom-sqlserver-"}

pass if {
	rds.owner.settings.IAMDatabaseAuthenticationEnabled == true
	input.configuration.Engine in engines
}

violations contains {"path": path, "actual": false, "expected": true} if {
	rds.owner.settings.IAMDatabaseAuthenticationEnabled == false
	input.configuration.Engine in engines
	path := sprintf("%s.IAMDatabaseAuthenticationEnabled", [rds.owner.path])
}

not_applicable contains sprintf("%s has no IAM database authentication", [engine]) if {
	engine := input.configuration.Engine
	some prefix in without
	startswith(engine, prefix)
}
