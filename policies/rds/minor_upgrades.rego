# METADATA
# title: The database takes minor engine upgrades by itself
# description: >-
#   Minor versions of PostgreSQL carry the fixes for known holes. With automatic minor upgrades off they wait for somebody to remember them;
#   with them on RDS installs those it has chosen in the maintenance window.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-automatic-minor-version-upgrade-enabled.html
# custom:
#   id: KA-RDS-010
#   severity: medium
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: Switch automatic minor version upgrades on; they are installed in the maintenance window.
#   fix: rds.minor_upgrades
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters]
#   frameworks: {fsbp: [RDS.13]}
package konecta.rds.minor_upgrades

import rego.v1

pass if input.configuration.AutoMinorVersionUpgrade == true

violations contains {"path": "AutoMinorVersionUpgrade", "actual": false, "expected": true} if {
	input.configuration.AutoMinorVersionUpgrade == false
}
