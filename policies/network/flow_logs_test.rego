package konecta.network.flow_logs_test

import rego.v1

import data.konecta.network.flow_logs as control

arn := "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"

good := {"id": "fl-1", "status": "ACTIVE", "delivery": "SUCCESS", "traffic": "ALL"}

passes(logs) if {
	control.pass with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
	count(control.violations) == 0 with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
}

fails(logs, told) if {
	expected := "an active flow log of all traffic, or of both accepted and rejected"
	control.violations == {{"path": "flow_logs", "actual": told, "expected": expected}} with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
	not control.pass with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
}

unknown(logs) if {
	not control.pass with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
	count(control.violations) == 0 with input as {"arn": arn} with data.facts as {arn: {"flow_logs": logs}}
}

test_one_log_of_all_passes if passes([good])

test_two_logs_of_one_half_each_pass if passes([object.union(good, {"traffic": "ACCEPT"}), object.union(good, {"traffic": "REJECT"})])

test_none_fails if fails([], "none")

test_half_fails if fails([object.union(good, {"traffic": "REJECT"})], "fl-1 of traffic REJECT")

test_a_log_that_is_not_delivered_fails if fails([object.union(good, {"delivery": "FAILED"})], "fl-1, of which fl-1 cannot deliver")

test_a_log_that_is_not_active_fails if fails([object.union(good, {"status": "INACTIVE"})], "fl-1, of which fl-1 cannot deliver")

test_a_broken_log_beside_a_good_one_passes if passes([good, object.union(good, {"delivery": "FAILED"})])

test_what_was_not_sent_is_unknown if {
	every key in ["status", "delivery", "traffic"] {
		unknown([object.remove(good, [key])])
	}
}

test_logs_that_were_not_listed_are_unknown if {
	not control.pass with input as {"arn": arn} with data.facts as {}
	count(control.violations) == 0 with input as {"arn": arn} with data.facts as {}
}
