# METADATA
# title: The database stands in private subnets of two zones
# description: >-
#   A DB instance or a member of a DB cluster can be moved into any subnet of its DB subnet group, at the next failover for instance. One subnet with a route to an internet
#   gateway is enough to put it within reach of the internet, and a group within one availability zone has nowhere to fail over to.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/rds-instance-subnet-igw-check.html
# custom:
#   id: KA-RDS-002
#   severity: high
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Create a DB subnet group of private subnets in two or more availability zones and move the DB instance into it; or take the route to the
#     internet gateway away from the named subnet if nothing else there needs it.
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters, rds:DescribeDBSubnetGroups, ec2:DescribeSubnets, ec2:DescribeRouteTables, ec2:DescribeInternetGateways]
#   joins: [subnets, db_subnet_groups]
#   claims: [rds-private]
#   frameworks: {fsbp: [RDS.46]}
#   fix: none
#   fix_reason: moving a DB instance to another subnet group re-creates its network interface and interrupts it; it is a migration to be planned
package konecta.rds.private_subnets

import rego.v1

import data.konecta.lib.rds

minimum_zones := 2

pass if {
	count(_subnets) > 0
	every subnet in _subnets {
		data.index.subnets[subnet.SubnetIdentifier].internet == false
	}
	count(_zones) >= minimum_zones
}

violations contains {"path": path, "actual": true, "expected": false, "proof": proof} if {
	some subnet in _subnets
	known := data.index.subnets[subnet.SubnetIdentifier]
	known.internet == true
	path := sprintf("DBSubnetGroup.Subnets[%s].internet", [subnet.SubnetIdentifier])
	proof := array.concat([sprintf("the DB subnet group has %s", [subnet.SubnetIdentifier])], known.proof)
}

violations contains {"path": "DBSubnetGroup.Subnets", "actual": sort(_zones), "expected": expected} if {
	count(_subnets) > 0
	every subnet in _subnets {
		is_string(subnet.SubnetAvailabilityZone.Name)
	}
	count(_zones) < minimum_zones
	expected := sprintf("subnets in at least %d availability zones", [minimum_zones])
}

_subnets := input.configuration.DBSubnetGroup.Subnets if not rds.is_cluster

# A DB cluster names its group only.
_subnets := data.index.db_subnet_groups[rds.key(input.configuration.DBSubnetGroup)] if rds.is_cluster

_zones contains name if {
	some subnet in _subnets
	name := subnet.SubnetAvailabilityZone.Name
	is_string(name)
}
