package konecta.eks.cluster_subnets_test

import rego.v1

import data.konecta.eks.cluster_subnets as control

blueprint := {"eks": {"minimum_zones": 2}}

subject(ids) := {"configuration": {"resourcesVpcConfig": {"subnetIds": ids}}}

subnet(zone, internet) := {"availabilityZone": zone, "internet": internet, "proof": ["rtb-1: 0.0.0.0/0 → igw-1"]}

index(a, b) := {"subnets": {"subnet-a": a, "subnet-b": b}}

both := subject(["subnet-a", "subnet-b"])

silent if {
	not control.pass
	count(control.violations) == 0
}

test_two_private_zones_pass if {
	good := index(subnet("us-east-1a", false), subnet("us-east-1b", false))
	control.pass with input as both with data.index as good with data.blueprint as blueprint
	count(control.violations) == 0 with input as both with data.index as good with data.blueprint as blueprint
}

test_public_subnet_fails if {
	public := index(subnet("us-east-1a", false), subnet("us-east-1b", true))
	control.violations == {{
		"path": "resourcesVpcConfig.subnetIds[subnet-b]",
		"actual": "public",
		"expected": "private",
		"proof": ["rtb-1: 0.0.0.0/0 → igw-1"],
	}} with input as both with data.index as public with data.blueprint as blueprint
	not control.pass with input as both with data.index as public with data.blueprint as blueprint
}

test_one_zone_fails if {
	narrow := index(subnet("us-east-1a", false), subnet("us-east-1a", false))
	control.violations == {{
		"path": "resourcesVpcConfig.subnetIds",
		"actual": ["us-east-1a"],
		"expected": "subnets in at least 2 availability zones",
	}} with input as both with data.index as narrow with data.blueprint as blueprint
	not control.pass with input as both with data.index as narrow with data.blueprint as blueprint
}

test_unseen_subnet_is_unknown if {
	half := {"subnets": {"subnet-a": subnet("us-east-1a", false)}}
	silent with input as both with data.index as half with data.blueprint as blueprint
}

test_unknown_route_is_unknown if {
	vague := index(subnet("us-east-1a", false), object.remove(subnet("us-east-1b", false), ["internet"]))
	silent with input as both with data.index as vague with data.blueprint as blueprint
}

test_unread_subnets_are_unknown if {
	good := index(subnet("us-east-1a", false), subnet("us-east-1b", false))
	silent with input as {"configuration": {}} with data.index as good with data.blueprint as blueprint
	silent with input as subject(null) with data.index as good with data.blueprint as blueprint
}

test_two_zones_fail_where_three_are_declared if {
	good := index(subnet("us-east-1a", false), subnet("us-east-1b", false))
	three := {"eks": {"minimum_zones": 3}}
	some violation in control.violations with input as both with data.index as good with data.blueprint as three
	violation.actual == ["us-east-1a", "us-east-1b"]
	violation.expected == "subnets in at least 3 availability zones"
	not control.pass with input as both with data.index as good with data.blueprint as three
}
