package konecta.network.subnet_roles_test

import rego.v1

import data.konecta.network.subnet_roles as control

subnet := {"arn": "subnet"}

facts(role, open) := {"subnet": {
	"internet_route": {"open": open, "proof": ["subnet-1 → rtb-1", "rtb-1: 0.0.0.0/0 → igw-1"]},
	"subnet_role": {"role": role, "proof": ["node group ng uses it"]},
}}

silent if {
	not control.pass
	count(control.violations) == 0
	count(control.not_applicable) == 0
}

test_roles_and_routes_that_agree_pass if {
	control.pass with input as subnet with data.facts as facts("private", false)
	control.pass with input as subnet with data.facts as facts("public", true)
	count(control.violations) == 0 with input as subnet with data.facts as facts("public", true)
}

test_private_subnet_with_internet_gateway_fails if {
	control.violations == {{
		"path": "internet_route",
		"actual": "a route to an internet gateway",
		"expected": "no route to an internet gateway, because the subnet is private",
		"proof": ["node group ng uses it", "subnet-1 → rtb-1", "rtb-1: 0.0.0.0/0 → igw-1"],
	}} with input as subnet with data.facts as facts("private", true)
	not control.pass with input as subnet with data.facts as facts("private", true)
}

test_public_subnet_without_internet_gateway_fails if {
	found := control.violations with input as subnet with data.facts as facts("public", false)
	{violation.expected | some violation in found} == {"a route to an internet gateway, because the subnet is public"}
	{violation.actual | some violation in found} == {"no route to an internet gateway"}
}

test_subnet_without_a_role_is_not_judged if {
	reasons := {"neither wiring nor the declared tag gives this subnet a role"}
	control.not_applicable == reasons with input as subnet with data.facts as facts(null, true)
	not control.pass with input as subnet with data.facts as facts(null, false)
	count(control.violations) == 0 with input as subnet with data.facts as facts(null, true)
}

test_unknown_route_or_role_is_unknown if {
	no_route := {"subnet": {"subnet_role": {"role": "private", "proof": []}}}
	silent with input as subnet with data.facts as no_route
	unclear := {"subnet": {"subnet_role": {"role": "private", "proof": []}, "internet_route": {"proof": []}}}
	silent with input as subnet with data.facts as unclear
	no_role := {"subnet": {"internet_route": {"open": false, "proof": []}}}
	silent with input as subnet with data.facts as no_role
}

test_a_route_that_is_not_known_is_told if {
	firewall := {"subnet": {
		"internet_route": {"proof": [], "why": ["rtb-1: 0.0.0.0/0 → vpce-1, and why"]},
		"subnet_role": {"role": "private", "proof": []},
	}}
	not control.pass with input as subnet with data.facts as firewall
	control.unknown == {"rtb-1: 0.0.0.0/0 → vpce-1, and why"} with input as subnet with data.facts as firewall
}
