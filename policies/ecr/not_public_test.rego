package konecta.ecr.not_public_test

import rego.v1

import data.konecta.ecr.not_public as control

blueprint := {"stack": {"trusted_accounts": ["210987654321"]}}

subject := {"arn": "arn:aws:ecr:us-east-1:123456789012:repository/hr", "accountId": "123456789012"}

facts(found) := {subject.arn: {"strangers": found}}

stranger := {"kind": "stranger", "path": "repositoryPolicy.Statement[0].Principal[*]", "who": "everybody"}

open := {"kind": "unknown", "path": "registryPolicy", "why": "the policy of the registry was not read"}

violations(known) := found if {
	found := control.violations with input as subject with data.facts as known with data.blueprint as blueprint
}

test_no_stranger_passes if {
	control.pass with input as subject with data.facts as facts([])
	count(violations(facts([]))) == 0
}

test_stranger_fails_whatever_else_is_not_known if {
	violations(facts([open, stranger])) == {{
		"path": "repositoryPolicy.Statement[0].Principal[*]",
		"actual": "open to everybody",
		"expected": "only principals of 123456789012, 210987654321",
	}}
	not control.pass with input as subject with data.facts as facts([open, stranger])
}

test_what_is_not_known_is_unknown_and_says_why if {
	not control.pass with input as subject with data.facts as facts([open])
	count(violations(facts([open]))) == 0
	control.unknown == {"the policy of the registry was not read"} with input as subject with data.facts as facts([open])
	not control.pass with input as subject with data.facts as {}
}
