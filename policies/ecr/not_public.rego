# METADATA
# title: The repository lets in neither everybody nor a foreign account
# description: >-
#   Whoever may pull an image reads its code and the configuration baked into it; whoever may push one runs code in the cluster. A policy for
#   everybody without a condition that names an account, an organization or a VPC, or one for an account that nobody declared, gives that away.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/set-repository-policy.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
# custom:
#   id: KA-ECR-006
#   severity: critical
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Name the principals that need the repository instead of everybody, and remove the foreign account from the policy, or declare it among the
#     trusted accounts of the blueprint.
#   reads: [ecr:DescribeRepositories, ecr:GetRepositoryPolicy]
#   fix: ecr.repository_policy
package konecta.ecr.not_public

import rego.v1

import data.konecta.lib.ecr

pass if input.supplement.repositoryPolicy == null

pass if {
	count(ecr.statements) > 0
	every statement in ecr.statements {
		ecr.is_harmless(statement)
	}
}

violations contains {"path": path, "actual": "*", "expected": _expected} if {
	some at in _open
	count(ecr.pins(ecr.statements[at])) == 0
	path := sprintf("repositoryPolicy.Statement[%d].Principal[*]", [at])
}

violations contains {"path": path, "actual": account, "expected": _expected} if {
	some at in _open
	statement := ecr.statements[at]
	count(ecr.pins(statement)) > 0
	not ecr.is_pinned(statement)
	some pin in ecr.pins(statement)
	some account in ecr.accounts(pin) - ecr.trusted
	path := sprintf("repositoryPolicy.Statement[%d].Condition[%s]", [at, account])
}

violations contains {"path": path, "actual": id, "expected": _expected} if {
	some at in _allowing
	some principal in ecr.principals(ecr.statements[at])
	id := principal.id
	account := ecr.account_of(id)
	not account in ecr.trusted
	path := sprintf("repositoryPolicy.Statement[%d].Principal[%s]", [at, id])
}

violations contains {"path": path, "actual": "everybody else", "expected": _expected} if {
	some at in _allowing
	ecr.statements[at].NotPrincipal
	path := sprintf("repositoryPolicy.Statement[%d].NotPrincipal", [at])
}

_expected := sprintf("principals of %v", [sort(ecr.trusted)])

# By their place in the policy, so that a violation says which it is.
_allowing contains at if {
	some at, statement in ecr.statements
	statement.Effect == "Allow"
}

_open contains at if {
	some at in _allowing
	{"kind": "AWS", "id": "*"} in ecr.principals(ecr.statements[at])
}
