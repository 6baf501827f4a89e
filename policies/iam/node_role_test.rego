package konecta.iam.node_role_test

import rego.v1

import data.konecta.iam.node_role as control

arn := "arn:aws:iam::123456789012:role/konecta-erp-node"

blueprint := {"iam": {"node_policies": ["AmazonEKSWorkerNodePolicy", "AmazonSSMManagedInstanceCore"]}}

role(attached) := {"arn": arn, "configuration": {"AttachedManagedPolicies": [{"PolicyArn": policy} | some policy in attached]}}

facts(grants) := {arn: {"parts": ["node"], "grants": grants}}

worker := "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"

own := "arn:aws:iam::123456789012:policy/AmazonEKSWorkerNodePolicy"

attached(policy, everywhere) := {
	"kind": "policy", "arn": policy, "everywhere": everywhere, "left": [],
	"path": sprintf("AttachedManagedPolicies[%s]", [policy]),
}

inline(everywhere) := {"kind": "policy", "path": "RolePolicyList[extra]", "everywhere": everywhere, "left": everywhere}

unread(path) := {"kind": "unknown", "path": path, "why": "it was not read"}

status(subject, known) := "pass" if {
	control.pass with input as subject with data.facts as known with data.blueprint as blueprint
	count(violations(subject, known)) == 0
}

status(subject, known) := "fail" if {
	not control.pass with input as subject with data.facts as known with data.blueprint as blueprint
	count(violations(subject, known)) > 0
}

status(subject, known) := "unknown" if {
	not control.pass with input as subject with data.facts as known with data.blueprint as blueprint
	count(violations(subject, known)) == 0
}

violations(subject, known) := found if {
	found := control.violations with input as subject with data.facts as known with data.blueprint as blueprint
}

test_what_may_be_the_role_of_a_node_is_unknown if {
	why := "not all access entries of the clusters were read"
	open := {arn: {"parts": ["bastion", {"kind": "unknown", "why": why}], "grants": [attached(worker, [])]}}
	status(role([worker]), open) == "unknown"
	count(control.not_applicable) == 0 with input as role([worker]) with data.facts as open with data.blueprint as blueprint
	control.unknown == {why} with input as role([worker]) with data.facts as open with data.blueprint as blueprint
	known := {arn: {"parts": ["bastion"], "grants": []}}
	count(control.not_applicable) == 1 with input as role([worker]) with data.facts as known with data.blueprint as blueprint
}

test_declared_policies_of_aws_pass if {
	core := "arn:aws:iam::aws:policy/service-role/AmazonSSMManagedInstanceCore"
	status(role([worker, core]), facts([attached(worker, []), attached(core, [])])) == "pass"
	china := "arn:aws-cn:iam::aws:policy/AmazonEKSWorkerNodePolicy"
	status(role([china]), facts([unread(sprintf("AttachedManagedPolicies[%s]", [china]))])) == "pass"
}

test_other_policy_of_aws_fails if {
	reader := "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
	violations(role([worker, reader]), facts([attached(worker, []), attached(reader, [])])) == {{
		"path": "AttachedManagedPolicies[arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]",
		"actual": "attached to the role",
		"expected": "of AWS's policies only AmazonEKSWorkerNodePolicy, AmazonSSMManagedInstanceCore",
	}}
	status(role([reader]), facts([attached(reader, [])])) == "fail"
}

test_own_policy_of_the_same_name_is_judged_by_its_document if {
	status(role([own]), facts([attached(own, ["s3:*"])])) == "fail"
	status(role([own]), facts([attached(own, [])])) == "pass"
	status(role([own]), facts([unread(sprintf("AttachedManagedPolicies[%s]", [own]))])) == "unknown"
}

test_inline_wildcards_fail if {
	violations(role([worker]), facts([attached(worker, []), inline(["*", "s3:*"])])) == {{
		"path": "RolePolicyList[extra]",
		"actual": "a policy that allows *, s3:* everywhere",
		"expected": "only named actions, or named resources",
	}}
	status(role([worker]), facts([inline([])])) == "pass"
}

test_what_was_not_read_is_unknown_and_says_why if {
	known := facts([attached(worker, []), unread("RolePolicyList")])
	status(role([worker]), known) == "unknown"
	control.unknown == {"it was not read"} with input as role([worker]) with data.facts as known with data.blueprint as blueprint
	status(role([worker]), facts(null)) == "unknown"
	status(role([worker]), facts([attached(worker, []), unread("PermissionsBoundary")])) == "pass"
}

test_other_role_is_not_applicable if {
	known := {arn: {"parts": ["cluster"], "grants": [inline(["*"])]}}
	control.not_applicable == {"it is not the role of a node"} with input as role([]) with data.facts as known
	status(role(["arn:aws:iam::aws:policy/AdministratorAccess"]), known) == "unknown"
	count(control.not_applicable) == 0 with input as role([]) with data.facts as facts([])
}

test_unknown_part_is_unknown if {
	status(role([worker]), {}) == "unknown"
	count(control.not_applicable) == 0 with input as role([worker]) with data.facts as {}
}
