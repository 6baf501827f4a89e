package konecta.iam.no_admin_test

import rego.v1

import data.konecta.iam.no_admin as control

arn := "arn:aws:iam::123456789012:role/konecta-erp-bastion"

own := "arn:aws:iam::123456789012:policy/konecta"

border := "arn:aws:iam::123456789012:policy/border"

facts := {arn: {"parts": ["bastion"]}}

allow(action) := {"Effect": "Allow", "Action": action, "Resource": "*"}

deny(action) := {"Effect": "Deny", "Action": action, "Resource": "*"}

all_but(effect, action) := {"Effect": effect, "NotAction": action, "Resource": "*"}

role(inline, boundary) := {"arn": arn, "configuration": {
	"AttachedManagedPolicies": [{"PolicyName": "konecta", "PolicyArn": own}],
	"RolePolicyList": [{"PolicyName": "extra", "PolicyDocument": {"Statement": inline}}],
	"PermissionsBoundary": boundary,
}}

bounded := {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": border}

index(managed, boundary) := {"managed_policies": {own: {"Statement": managed}, border: {"Statement": boundary}}}

harmless := [allow("s3:GetObject")]

# What an inline policy leaves within a boundary: the actual values, or `unknown`, or `pass`.
left(inline, boundary) := judged(role(inline, bounded), index(harmless, boundary))

unbounded(inline) := judged(role(inline, null), index(harmless, harmless))

judged(subject, policies) := "pass" if {
	control.pass with input as subject with data.facts as facts with data.index as policies
	count(violations(subject, policies)) == 0
}

judged(subject, policies) := "unknown" if {
	not control.pass with input as subject with data.facts as facts with data.index as policies
	count(violations(subject, policies)) == 0
}

judged(subject, policies) := [violation.actual | some violation in violations(subject, policies)] if {
	not control.pass with input as subject with data.facts as facts with data.index as policies
	count(violations(subject, policies)) > 0
}

violations(subject, policies) := found if {
	found := control.violations with input as subject with data.facts as facts with data.index as policies
}

test_named_actions_pass if {
	unbounded([allow(["ec2:Describe*", "ssm:StartSession"])]) == "pass"
	unbounded(allow("iam:*Policy*")) == "pass"
}

test_wildcards_fail_in_each_form if {
	violations(role([allow("*")], null), index(harmless, harmless)) == {{
		"path": "RolePolicyList[extra]",
		"actual": ["*"],
		"expected": "named actions",
	}}
	unbounded(allow(["s3:GetObject", "IAM:*"])) == [["iam:*"]]
	unbounded({"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::konecta"}) == [["s3:*"]]
	unbounded([all_but("Allow", "iam:*")]) == [["NotAction"]]
}

test_wildcard_of_a_managed_policy_fails if {
	violations(role(harmless, null), index([allow("*:*")], harmless)) == {{
		"path": sprintf("AttachedManagedPolicies[%s]", [own]),
		"actual": ["*"],
		"expected": "named actions",
	}}
}

test_boundary_lowers_what_it_does_not_allow if {
	left([allow("*")], [allow(["s3:GetObject", "ec2:Describe*"])]) == "pass"
	left([allow("iam:*")], [allow("s3:*")]) == "pass"
	left([all_but("Allow", "iam:*")], [allow("s3:GetObject")]) == "pass"
}

test_boundary_that_allows_the_wildcard_lowers_nothing if {
	left([allow("*")], [allow("*")]) == [["*"]]
	left([allow("*")], [allow("s3:*")]) == [["s3:*"]]
	left([allow("s3:*")], [allow("*")]) == [["s3:*"]]
	left([allow("s3:*")], [allow(["s3:*", "ec2:*"])]) == [["s3:*"]]
	left([allow("*")], [all_but("Allow", "iam:*")]) == [["NotAction"]]
	left([all_but("Allow", "iam:*")], [all_but("Allow", "iam:*")]) == [["NotAction"]]
}

test_denied_wildcard_is_gone if {
	left([allow("iam:*")], [allow("*"), deny("iam:*")]) == "pass"
	unbounded([allow("s3:*"), deny("*")]) == "pass"
	unbounded([allow("*"), deny("iam:*")]) == [["*"]]
	unbounded([allow("iam:*"), object.union(deny("iam:*"), {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})]) == [["iam:*"]]
	unbounded([allow("iam:*"), object.union(deny("iam:*"), {"Resource": "arn:aws:iam::123456789012:role/x"})]) == [["iam:*"]]
}

test_what_would_need_every_action_is_unknown if {
	left([allow("iam:*")], [all_but("Allow", "iam:*")]) == "unknown"
	left([all_but("Allow", "s3:*")], [allow("s3:*")]) == "unknown"
	unbounded([allow("*"), all_but("Deny", "s3:GetObject")]) == "unknown"
	unbounded([allow("s3:GetObject"), all_but("Deny", "s3:GetObject")]) == "pass"
}

test_unread_policy_or_boundary_is_unknown if {
	judged(role(harmless, null), {}) == "unknown"
	judged(role([allow("*")], bounded), {"managed_policies": {own: {"Statement": harmless}}}) == "unknown"
	boundless := json.remove(role([allow("*")], null), ["configuration/PermissionsBoundary"])
	judged(boundless, index(harmless, harmless)) == "unknown"
}

test_missing_lists_are_unknown if {
	judged({"arn": arn, "configuration": {"AttachedManagedPolicies": [], "PermissionsBoundary": null}}, {}) == "unknown"
	judged({"arn": arn, "configuration": {"RolePolicyList": [], "PermissionsBoundary": null}}, {}) == "unknown"
}

test_role_of_no_stack_is_not_applicable if {
	admin := role([allow("*")], null)
	control.not_applicable == {"it is no role of a stack"} with input as admin with data.facts as {arn: {"parts": []}}
	count(control.violations) == 0 with input as admin with data.facts as {arn: {"parts": []}} with data.index as index(harmless, harmless)
	count(control.not_applicable) == 0 with input as admin with data.facts as facts
}

test_unknown_part_is_unknown if {
	not control.pass with input as role(harmless, null) with data.facts as {} with data.index as index(harmless, harmless)
	count(control.not_applicable) == 0 with input as role(harmless, null) with data.facts as {}
}
