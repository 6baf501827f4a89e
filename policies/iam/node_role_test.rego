package konecta.iam.node_role_test

import rego.v1

import data.konecta.iam.node_role as control

arn := "arn:aws:iam::123456789012:role/konecta-erp-node"

facts := {arn: {"parts": ["node"]}}

blueprint := {"iam": {"node_policies": ["AmazonEKSWorkerNodePolicy", "AmazonSSMManagedInstanceCore"]}}

role(attached, inline) := {"arn": arn, "configuration": {
	"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": policy} | some policy in attached],
	"RolePolicyList": inline,
}}

inline(statement) := [{"PolicyName": "extra", "PolicyDocument": {"Statement": statement}}]

allow(action, resource) := {"Effect": "Allow", "Action": action, "Resource": resource}

worker := "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"

own := "arn:aws:iam::123456789012:policy/AmazonEKSWorkerNodePolicy"

index(statement) := {"managed_policies": {own: {"Statement": statement}}}

passes(subject, policies) if {
	control.pass with input as subject with data.facts as facts with data.blueprint as blueprint with data.index as policies
	count(violations(subject, policies)) == 0
}

is_unknown(subject, policies) if {
	not control.pass with input as subject with data.facts as facts with data.blueprint as blueprint with data.index as policies
	count(violations(subject, policies)) == 0
}

violations(subject, policies) := found if {
	found := control.violations with input as subject with data.facts as facts with data.blueprint as blueprint with data.index as policies
}

test_declared_policies_of_aws_pass if {
	passes(role([worker, "arn:aws:iam::aws:policy/service-role/AmazonSSMManagedInstanceCore"], []), {})
	passes(role(["arn:aws-cn:iam::aws:policy/AmazonEKSWorkerNodePolicy"], []), {})
}

test_other_policy_of_aws_fails if {
	violations(role([worker, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"], []), {}) == {{
		"path": "AttachedManagedPolicies[arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess]",
		"actual": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
		"expected": ["AmazonEKSWorkerNodePolicy", "AmazonSSMManagedInstanceCore"],
	}}
}

test_own_policy_of_the_same_name_is_judged_by_its_document if {
	violations(role([own], []), index([allow("s3:*", "*")])) == {{
		"path": sprintf("AttachedManagedPolicies[%s]", [own]),
		"actual": ["s3:*"],
		"expected": "named actions, or named resources",
	}}
	passes(role([own], []), index([allow("s3:GetObject", "*")]))
	is_unknown(role([own], []), {})
}

test_inline_wildcards_fail_in_each_form if {
	violations(role([worker], inline(allow("*", "*"))), {}) == {{
		"path": "RolePolicyList[extra]",
		"actual": ["*"],
		"expected": "named actions, or named resources",
	}}
	actuals([allow(["ec2:DescribeTags", "ECR:*"], ["arn:aws:s3:::b", "*"])]) == {["ecr:*"]}
	actuals([allow("sqs:?*", "*"), allow("*:*", "*")]) == {["*", "sqs:*"]}
	actuals([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]) == {["NotAction"]}
	actuals([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::secret"}]) == {["s3:*"]}
}

actuals(statement) := {violation.actual | some violation in violations(role([worker], inline(statement)), {})}

test_narrow_inline_policies_pass if {
	passes(role([worker], inline([allow("s3:*", "arn:aws:s3:::konecta-logs/*")])), {})
	passes(role([worker], inline([allow("ec2:Describe*", "*")])), {})
	passes(role([worker], inline([{"Effect": "Deny", "Action": "*", "Resource": "*"}])), {})
}

test_document_that_is_not_understood_is_unknown if {
	is_unknown(role([worker], inline([{"Action": "*", "Resource": "*"}])), {})
	is_unknown(role([worker], inline([{"Effect": "Allow", "Resource": "*"}])), {})
	is_unknown(role([worker], inline([{"Effect": "Allow", "Action": "s3:*"}])), {})
	is_unknown(role([worker], [{"PolicyName": "extra"}]), {})
	is_unknown(role([worker], inline([])), {})
}

test_missing_lists_are_unknown if {
	is_unknown({"arn": arn, "configuration": {"AttachedManagedPolicies": []}}, {})
	is_unknown({"arn": arn, "configuration": {"RolePolicyList": []}}, {})
}

test_other_role_is_not_applicable if {
	admin := role(["arn:aws:iam::aws:policy/AdministratorAccess"], [])
	control.not_applicable == {"it is not the role of a node"} with input as admin with data.facts as {arn: {"parts": ["cluster"]}}
	count(control.violations) == 0 with input as admin with data.facts as {arn: {"parts": []}} with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as admin with data.facts as facts
}

test_unknown_part_is_unknown if {
	not control.pass with input as role([worker], []) with data.facts as {} with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as role([worker], []) with data.facts as {}
	count(control.violations) == 0 with input as role([worker], []) with data.facts as {} with data.blueprint as blueprint
}
