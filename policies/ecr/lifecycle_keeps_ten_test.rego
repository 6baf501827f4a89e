package konecta.ecr.lifecycle_keeps_ten_test

import rego.v1

import data.konecta.ecr.lifecycle_keeps_ten as control

blueprint := {"ecr": {"keep_images": 10}}

arn := "arn:aws:ecr:us-east-1:123456789012:repository/hr"

repository(policy) := {"arn": arn, "supplement": {"lifecyclePolicy": policy}}

facts(faults) := {arn: {"lifecycle_faults": faults}}

fault := {"path": "lifecyclePolicy.rules[1].selection", "actual": "these are kept", "expected": "only the last 10"}

violations(subject, known) := found if {
	found := control.violations with input as subject with data.facts as known with data.blueprint as blueprint
}

is_pass(subject, known) if control.pass with input as subject with data.facts as known

test_policy_without_fault_passes if {
	is_pass(repository({"rules": []}), facts([]))
	count(violations(repository({"rules": []}), facts([]))) == 0
}

test_faults_fail if {
	violations(repository({"rules": []}), facts([fault])) == {fault}
	not is_pass(repository({"rules": []}), facts([fault]))
}

test_no_policy_fails if {
	violations(repository(null), {}) == {{
		"path": "lifecyclePolicy",
		"actual": "no lifecycle policy",
		"expected": "a rule that expires images of any tag status by imageCountMoreThan 10",
	}}
	not is_pass(repository(null), {})
}

test_unread_policy_is_unknown if {
	not is_pass({"arn": arn, "supplement": {}}, {})
	count(violations({"arn": arn, "supplement": {}}, {})) == 0
	not is_pass(repository({"rules": []}), {})
	count(violations(repository({"rules": []}), {})) == 0
}
