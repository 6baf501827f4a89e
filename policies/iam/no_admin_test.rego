package konecta.iam.no_admin_test

import rego.v1

import data.konecta.iam.no_admin as control

subject := {"arn": "arn:aws:iam::123456789012:role/konecta-erp-bastion"}

facts(parts, grants) := {subject.arn: {"parts": parts, "grants": grants}}

policy(left) := {"kind": "policy", "path": "RolePolicyList[extra]", "everywhere": left, "left": left}

unbound := {"kind": "unknown", "path": "PermissionsBoundary", "why": "the boundary was not read"}

status(known) := "pass" if {
	control.pass with input as subject with data.facts as known
	count(violations(known)) == 0
}

status(known) := "fail" if {
	not control.pass with input as subject with data.facts as known
	count(violations(known)) > 0
}

status(known) := "unknown" if {
	not control.pass with input as subject with data.facts as known
	count(violations(known)) == 0
}

violations(known) := found if found := control.violations with input as subject with data.facts as known

test_policies_without_wildcards_pass if {
	status(facts(["bastion"], [policy([]), policy([])])) == "pass"
	status(facts(["node"], [])) == "pass"
}

test_wildcards_that_are_left_fail if {
	violations(facts(["bastion"], [policy(["*", "s3:*"]), policy([])])) == {{
		"path": "RolePolicyList[extra]",
		"actual": "a policy that allows *, s3:*",
		"expected": "only actions that are named",
	}}
	status(facts(["cluster"], [policy(["*"]), unbound])) == "fail"
}

test_what_is_not_known_is_unknown_and_says_why if {
	known := facts(["bastion"], [policy([]), unbound])
	status(known) == "unknown"
	control.unknown == {"the boundary was not read"} with input as subject with data.facts as known
	status(facts(["bastion"], [object.remove(policy([]), ["left"])])) == "unknown"
	status(facts(["bastion"], null)) == "unknown"
	status({subject.arn: {"parts": ["bastion"]}}) == "unknown"
}

test_role_of_no_stack_is_not_applicable if {
	known := facts([], [policy(["*"])])
	control.not_applicable == {"it is not a role of a stack"} with input as subject with data.facts as known
	status(known) == "unknown"
	count(control.not_applicable) == 0 with input as subject with data.facts as facts(["node"], [])
}

test_unknown_part_is_unknown if {
	status({subject.arn: {"grants": [policy(["*"])]}}) == "unknown"
	count(control.not_applicable) == 0 with input as subject with data.facts as {}
}
