package konecta.eks.api_endpoint_test

import rego.v1

import data.konecta.eks.api_endpoint as control

cluster(public, cidrs) := {"arn": "cluster", "configuration": {"resourcesVpcConfig": {
	"endpointPublicAccess": public,
	"endpointPrivateAccess": true,
	"publicAccessCidrs": cidrs,
}}}

facts(open, cidrs) := {"cluster": {"public_endpoint": {"open": open, "cidrs": cidrs, "share": 1}}}

silent if {
	not control.pass
	count(control.violations) == 0
}

test_private_endpoint_passes if {
	control.pass with input as cluster(false, ["0.0.0.0/0"]) with data.facts as {}
	count(control.violations) == 0 with input as cluster(false, []) with data.facts as facts(false, [])
}

test_public_for_the_office_passes if {
	office := ["203.0.113.0/24"]
	control.pass with input as cluster(true, office) with data.facts as facts(false, office)
	count(control.violations) == 0 with input as cluster(true, office) with data.facts as facts(false, office)
}

test_halves_of_the_internet_fail if {
	halves := ["0.0.0.0/1", "128.0.0.0/1"]
	control.violations == {{
		"path": "resourcesVpcConfig.publicAccessCidrs",
		"actual": halves,
		"expected": "private access only, or ranges that together are not of internet size",
	}} with input as cluster(true, halves) with data.facts as facts(true, halves)
	not control.pass with input as cluster(true, halves) with data.facts as facts(true, halves)
}

test_uncounted_ranges_are_unknown if silent with input as cluster(true, ["203.0.113.0/24"]) with data.facts as {}

test_unknown_switch_is_unknown if {
	unclear := {"arn": "cluster", "configuration": {"resourcesVpcConfig": {"publicAccessCidrs": ["0.0.0.0/0"]}}}
	silent with input as unclear with data.facts as facts(false, [])
	silent with input as unclear with data.facts as facts(true, ["0.0.0.0/0"])
}
