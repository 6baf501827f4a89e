package konecta.network.no_auto_public_ip_test

import rego.v1

import data.konecta.network.no_auto_public_ip as control

test_switched_off_passes if {
	subnet := {"configuration": {"MapPublicIpOnLaunch": false}}
	control.pass with input as subnet
	count(control.violations) == 0 with input as subnet
}

test_switched_on_fails if {
	subnet := {"configuration": {"MapPublicIpOnLaunch": true}}
	control.violations == {{"path": "MapPublicIpOnLaunch", "actual": true, "expected": false}} with input as subnet
	not control.pass with input as subnet
}

test_not_sent_is_unknown if {
	subnet := {"configuration": {"SubnetId": "subnet-1"}}
	not control.pass with input as subnet
	count(control.violations) == 0 with input as subnet
}
