package konecta.ecr.not_public_test

import rego.v1

import data.konecta.ecr.not_public as control

nothing := {path | some path in []}

blueprint := {"stack": {"trusted_accounts": ["210987654321"]}}

repository(statements) := {"accountId": "123456789012", "supplement": {"repositoryPolicy": {"Statement": statements}}}

allow(principal) := {"Effect": "Allow", "Principal": principal, "Action": "ecr:BatchGetImage"}

allow_if(principal, condition) := object.union(allow(principal), {"Condition": condition})

expected := "principals of [\"123456789012\", \"210987654321\"]"

passes(statements) if {
	control.pass with input as repository(statements) with data.blueprint as blueprint
	count(control.violations) == 0 with input as repository(statements) with data.blueprint as blueprint
}

paths(statements) := {violation.path | some violation in found} if {
	not control.pass with input as repository(statements) with data.blueprint as blueprint
	found := control.violations with input as repository(statements) with data.blueprint as blueprint
}

test_no_policy_passes if {
	none := {"accountId": "123456789012", "supplement": {"repositoryPolicy": null}}
	control.pass with input as none with data.blueprint as blueprint
	count(control.violations) == 0 with input as none with data.blueprint as blueprint
}

test_own_and_trusted_accounts_pass if {
	passes([allow({"AWS": "arn:aws:iam::123456789012:root"})])
	passes([allow({"AWS": ["123456789012", "arn:aws:iam::210987654321:role/ci/push"]})])
	passes([allow({"AWS": "arn:aws:sts::123456789012:assumed-role/ci/session", "Service": "lambda.amazonaws.com"})])
}

test_single_statement_need_not_be_a_list if {
	passes(allow({"AWS": "123456789012"}))
	paths(allow("*")) == {"repositoryPolicy.Statement[0].Principal[*]"}
}

test_everybody_fails_in_each_form if {
	control.violations == {{
		"path": "repositoryPolicy.Statement[0].Principal[*]",
		"actual": "*",
		"expected": expected,
	}} with input as repository([allow("*")]) with data.blueprint as blueprint
	paths([allow({"AWS": "*"})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	paths([allow({"AWS": ["123456789012", "*"]})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
}

test_everybody_but_some_fails if {
	not_principal := {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "ecr:*"}
	control.violations == {{
		"path": "repositoryPolicy.Statement[0].NotPrincipal",
		"actual": "everybody else",
		"expected": expected,
	}} with input as repository([not_principal]) with data.blueprint as blueprint
}

test_foreign_account_fails if {
	control.violations == {{
		"path": "repositoryPolicy.Statement[0].Principal[arn:aws:iam::999999999999:root]",
		"actual": "arn:aws:iam::999999999999:root",
		"expected": expected,
	}} with input as repository([allow({"AWS": ["123456789012", "arn:aws:iam::999999999999:root"]})]) with data.blueprint as blueprint
	paths([allow({"AWS": "999999999999"})]) == {"repositoryPolicy.Statement[0].Principal[999999999999]"}
}

test_violation_names_the_statement if {
	paths([allow({"AWS": "123456789012"}), allow("*")]) == {"repositoryPolicy.Statement[1].Principal[*]"}
}

test_condition_that_pins_passes if {
	passes([allow_if("*", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})])
	passes([allow_if("*", {"StringEquals": {"AWS:principalaccount": ["123456789012", "210987654321"]}})])
	passes([allow_if({"AWS": "*"}, {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}})])
	passes([allow_if("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}})])
	passes([allow_if("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}})])
}

test_condition_that_does_not_pin_fails if {
	paths([allow_if("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	paths([allow_if("*", {"StringLike": {"aws:PrincipalOrgID": "*"}})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	paths([allow_if("*", {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-0a1b2c3d"}})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	paths([allow_if("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	paths([allow_if("*", {"StringEquals": {"aws:PrincipalAccount": []}})]) == {"repositoryPolicy.Statement[0].Principal[*]"}
}

test_condition_for_a_foreign_account_fails if {
	paths([allow_if("*", {"StringEquals": {"aws:PrincipalAccount": ["123456789012", "999999999999"]}})]) == {"repositoryPolicy.Statement[0].Condition[999999999999]"}
	passes([allow_if("*", {"StringEquals": {"aws:PrincipalAccount": "999999999999", "aws:PrincipalOrgID": "o-a1b2c3d4e5"}})])
}

test_deny_upon_all_others_passes if {
	fence := {
		"Effect": "Deny", "Principal": "*", "Action": "ecr:*",
		"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
	}
	passes([allow("*"), fence])
	narrow := object.union(fence, {"Action": "ecr:DeleteRepository"})
	paths([allow("*"), narrow]) == {"repositoryPolicy.Statement[0].Principal[*]"}
	half := object.union(fence, {"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-0a1b2c3d"}}})
	paths([allow("*"), half]) == {"repositoryPolicy.Statement[0].Principal[*]"}
}

test_principals_of_unknown_kind_are_unknown if {
	paths([allow({"Federated": "cognito-identity.amazonaws.com"})]) == nothing
	paths([allow({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})]) == nothing
	paths([allow({"Service": "*"})]) == nothing
	paths([allow({})]) == nothing
}

test_unread_policy_is_unknown if {
	not control.pass with input as {"accountId": "123456789012", "supplement": {}} with data.blueprint as blueprint
	count(control.violations) == 0 with input as {"accountId": "123456789012", "supplement": {}} with data.blueprint as blueprint
}

test_statement_without_effect_is_unknown if {
	paths([{"Principal": "*", "Action": "ecr:*"}]) == nothing
	paths([]) == nothing
}
