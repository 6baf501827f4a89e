package konecta.eks.control_plane_logs_test

import rego.v1

import data.konecta.eks.control_plane_logs as control

five := ["api", "audit", "authenticator", "controllerManager", "scheduler"]

blueprint := {"eks": {"log_types": five}}

cluster(setups) := {"configuration": {"logging": {"clusterLogging": setups}}}

paths(setups) := {violation.path | some violation in violations} if {
	violations := control.violations with input as cluster(setups) with data.blueprint as blueprint
}

passes(setups) if control.pass with input as cluster(setups) with data.blueprint as blueprint

test_all_five_pass if {
	passes([{"types": five, "enabled": true}])
	count(paths([{"types": five, "enabled": true}])) == 0
}

test_five_in_two_entries_pass if {
	passes([{"types": ["audit"], "enabled": true}, {"types": ["api", "authenticator", "controllerManager", "scheduler"], "enabled": true}])
}

test_disabled_types_fail_one_by_one if {
	setups := [{"types": ["api", "authenticator", "audit"], "enabled": true}, {"types": ["controllerManager", "scheduler"], "enabled": false}]
	paths(setups) == {"logging.clusterLogging[controllerManager].enabled", "logging.clusterLogging[scheduler].enabled"}
	not passes(setups)
}

test_type_that_is_not_named_is_off if {
	setups := [{"types": ["api", "authenticator", "controllerManager", "scheduler"], "enabled": true}]
	control.violations == {{
		"path": "logging.clusterLogging[audit].enabled",
		"actual": false,
		"expected": true,
	}} with input as cluster(setups) with data.blueprint as blueprint
}

test_audit_is_mandatory_whatever_is_declared if {
	lax := {"eks": {"log_types": ["api"]}}
	setups := [{"types": ["api"], "enabled": true}]
	not control.pass with input as cluster(setups) with data.blueprint as lax
	found := {violation.path | some violation in control.violations} with input as cluster(setups) with data.blueprint as lax
	found == {"logging.clusterLogging[audit].enabled"}
}

test_unknown_switch_is_unknown if {
	setups := [{"types": five}]
	not passes(setups)
	count(paths(setups)) == 0
	not passes([{"types": null, "enabled": true}])
	not passes(null)
	count(paths(null)) == 0
}

test_unread_logging_is_unknown if {
	not control.pass with input as {"configuration": {}} with data.blueprint as blueprint
	count(control.violations) == 0 with input as {"configuration": {}} with data.blueprint as blueprint
	not control.pass with input as cluster([{"types": five, "enabled": true}]) with data.blueprint as {}
}
