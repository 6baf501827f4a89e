package konecta.iam.password_policy_test

import rego.v1

import data.konecta.iam.password_policy as control

blueprint := {"iam": {"password_length": 14, "password_memory": 24}}

account(policy) := {"configuration": {"PasswordPolicy": policy}}

passes(subject) if {
	control.pass with input as subject with data.blueprint as blueprint
	count(violations(subject)) == 0
}

fails(subject) := violations(subject) if {
	not control.pass with input as subject with data.blueprint as blueprint
}

violations(subject) := found if {
	found := control.violations with input as subject with data.blueprint as blueprint
}

test_declared_policy_passes if {
	passes(account({"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}))
	passes(account({"MinimumPasswordLength": 64, "PasswordReusePrevention": 24}))
}

test_no_policy_fails if {
	fails(account(null)) == {{
		"path": "PasswordPolicy", "actual": null,
		"expected": "a policy that asks for 14 characters and remembers 24 passwords",
	}}
}

test_each_member_fails_by_itself if {
	fails(account({"MinimumPasswordLength": 13, "PasswordReusePrevention": 24})) == {{
		"path": "PasswordPolicy.MinimumPasswordLength", "actual": 13, "expected": "at least 14",
	}}
	fails(account({"MinimumPasswordLength": 14, "PasswordReusePrevention": null})) == {{
		"path": "PasswordPolicy.PasswordReusePrevention", "actual": null, "expected": "at least 24",
	}}
	count(fails(account({"MinimumPasswordLength": 8, "PasswordReusePrevention": 5}))) == 2
}

test_what_was_not_told_is_unknown if {
	count(fails({"configuration": {}})) == 0
	count(fails(account({"MinimumPasswordLength": 14}))) == 0
}
