package konecta.rds.private_subnets_test

import rego.v1

import data.konecta.rds.private_subnets as control

instance(subnets) := {"configuration": {"DBSubnetGroup": {"DBSubnetGroupName": "konecta", "Subnets": subnets}}}

subnet(id, zone) := {"SubnetIdentifier": id, "SubnetAvailabilityZone": {"Name": zone}}

two_zones := instance([subnet("subnet-a", "us-east-1a"), subnet("subnet-b", "us-east-1b")])

index(a, b) := {"subnets": {
	"subnet-a": {"internet": a, "proof": ["subnet-a → rtb-1", "rtb-1: 0.0.0.0/0 → igw-1"]},
	"subnet-b": {"internet": b, "proof": ["subnet-b → rtb-2"]},
}}

test_private_subnets_in_two_zones_pass if {
	control.pass with input as two_zones with data.index as index(false, false)
	count(control.violations) == 0 with input as two_zones with data.index as index(false, false)
}

test_one_public_subnet_fails_with_its_route if {
	control.violations == {{
		"path": "DBSubnetGroup.Subnets[subnet-a].internet",
		"actual": true,
		"expected": false,
		"proof": ["the DB subnet group has subnet-a", "subnet-a → rtb-1", "rtb-1: 0.0.0.0/0 → igw-1"],
	}} with input as two_zones with data.index as index(true, false)
	not control.pass with input as two_zones with data.index as index(true, false)
}

test_two_subnets_of_one_zone_fail if {
	one_zone := instance([subnet("subnet-a", "us-east-1a"), subnet("subnet-b", "us-east-1a")])
	control.violations == {{
		"path": "DBSubnetGroup.Subnets",
		"actual": ["us-east-1a"],
		"expected": "subnets in at least 2 availability zones",
	}} with input as one_zone with data.index as index(false, false)
	not control.pass with input as one_zone with data.index as index(false, false)
}

test_subnet_with_unknown_route_is_unknown if {
	half := {"subnets": {"subnet-a": {"internet": false, "proof": []}, "subnet-b": {"proof": []}}}
	not control.pass with input as two_zones with data.index as half
	count(control.violations) == 0 with input as two_zones with data.index as half
}

test_unlisted_subnet_is_unknown if {
	not control.pass with input as two_zones with data.index as {}
	count(control.violations) == 0 with input as two_zones with data.index as {}
}

test_unknown_zone_is_unknown if {
	odd := instance([subnet("subnet-a", "us-east-1a"), {"SubnetIdentifier": "subnet-b"}])
	not control.pass with input as odd with data.index as index(false, false)
	count(control.violations) == 0 with input as odd with data.index as index(false, false)
}

test_no_subnets_are_unknown if {
	not control.pass with input as instance([])
	count(control.violations) == 0 with input as instance([])
	not control.pass with input as {"configuration": {}}
	count(control.violations) == 0 with input as {"configuration": {}}
}

db_cluster := {
	"resourceType": "AWS::RDS::DBCluster", "accountId": "123456789012", "region": "us-east-1",
	"configuration": {"DBSubnetGroup": "erp"},
}

of_cluster(subnets, index) := {
	"subnets": index,
	"db_subnet_groups": {"123456789012/us-east-1/erp": [{"SubnetIdentifier": id, "SubnetAvailabilityZone": {"Name": zone}} |
		some id, zone in subnets
	]},
}

test_a_cluster_names_a_group_whose_subnets_are_judged if {
	subnets := {"subnet-a": "us-east-1a", "subnet-b": "us-east-1b"}
	closed := {id: {"internet": false, "proof": []} | some id, _ in subnets}
	control.pass with input as db_cluster with data.index as of_cluster(subnets, closed)
	open := object.union(closed, {"subnet-b": {"internet": true, "proof": ["rtb-1: 0.0.0.0/0 → igw-1"]}})
	not control.pass with input as db_cluster with data.index as of_cluster(subnets, open)
	{one.path | some one in control.violations} == {"DBSubnetGroup.Subnets[subnet-b].internet"} with input as db_cluster
		with data.index as of_cluster(subnets, open)
	one_zone := {"subnet-a": "us-east-1a"}
	{one.path | some one in control.violations} == {"DBSubnetGroup.Subnets"} with input as db_cluster
		with data.index as of_cluster(one_zone, closed)
}

test_a_cluster_whose_group_is_in_no_listing_is_unknown if {
	not control.pass with input as db_cluster with data.index as {"subnets": {}, "db_subnet_groups": {}}
	count(control.violations) == 0 with input as db_cluster with data.index as {"subnets": {}, "db_subnet_groups": {}}
}
