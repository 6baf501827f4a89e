package konecta.alb.health_check_test

import rego.v1

import data.konecta.alb.health_check as control

blueprint := {"alb": {"health_path": "/health", "health_matcher": "200"}}

good := {
	"Protocol": "HTTP",
	"TargetType": "ip",
	"HealthCheckEnabled": true,
	"HealthCheckProtocol": "HTTP",
	"HealthCheckPath": "/health",
	"HealthCheckIntervalSeconds": 30,
	"UnhealthyThresholdCount": 2,
	"Matcher": {"HttpCode": "200"},
}

group(changed) := {"configuration": object.union(good, changed)}

test_good_check_passes if {
	control.pass with input as group({}) with data.blueprint as blueprint
	count(control.violations) == 0 with input as group({}) with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as group({}) with data.blueprint as blueprint
}

test_each_setting_is_judged if {
	expected := {
		{"path": "HealthCheckPath", "actual": "/", "expected": "/health"},
		{"path": "HealthCheckProtocol", "actual": "TCP", "expected": ["HTTP", "HTTPS"]},
		{"path": "Matcher.HttpCode", "actual": "200-499", "expected": "200"},
		{"path": "UnhealthyThresholdCount", "actual": "10 checks, 60 s apart", "expected": "at most 120 s in all"},
	}
	bad := group({
		"HealthCheckPath": "/",
		"HealthCheckProtocol": "TCP",
		"Matcher": {"HttpCode": "200-499"},
		"HealthCheckIntervalSeconds": 60,
		"UnhealthyThresholdCount": 10,
	})
	control.violations == expected with input as bad with data.blueprint as blueprint
	not control.pass with input as bad with data.blueprint as blueprint
}

test_check_switched_off_fails if {
	control.violations == {{"path": "HealthCheckEnabled", "actual": false, "expected": true}} with input as group({"HealthCheckEnabled": false})
		with data.blueprint as blueprint
	not control.pass with input as group({"HealthCheckEnabled": false}) with data.blueprint as blueprint
}

test_anything_missing_is_unknown if {
	every name, _ in object.remove(good, ["TargetType"]) {
		short := {"configuration": object.remove(good, [name])}
		not control.pass with input as short with data.blueprint as blueprint
		count(control.violations) == 0 with input as short with data.blueprint as blueprint
	}
}

test_network_target_group_is_not_applicable if {
	control.not_applicable == {"its targets speak TCP, not HTTP"} with input as group({"Protocol": "TCP", "HealthCheckPath": "/"}) with data.blueprint as blueprint
	not control.pass with input as group({"Protocol": "TCP"}) with data.blueprint as blueprint
}

test_function_is_not_applicable if {
	control.not_applicable == {"its target is a function"} with input as {"configuration": {"TargetType": "lambda", "HealthCheckEnabled": false}}
		with data.blueprint as blueprint
}
