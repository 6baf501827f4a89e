# METADATA
# title: Passwords of IAM users are long and not used again
# description: >-
#   People with a password of their own choose a short one and take the last but one again unless the account forbids it. Without a policy of the
#   account's own, AWS asks for eight characters and forgets what was used before.
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
# custom:
#   id: KA-IAM-013
#   severity: medium
#   resource: AWS::IAM::AccountPasswordPolicy
#   remediation: Set the account's password policy to the declared length and memory; it holds from each user's next change of password on.
#   reads: [iam:GetAccountPasswordPolicy]
#   frameworks: {fsbp: [IAM.7]}
#   fix: iam.password_policy
package konecta.iam.password_policy

import rego.v1

_policy := input.configuration.PasswordPolicy

_declared := {
	"MinimumPasswordLength": data.blueprint.iam.password_length,
	"PasswordReusePrevention": data.blueprint.iam.password_memory,
}

pass if {
	every member, least in _declared {
		is_number(_policy[member])
		_policy[member] >= least
	}
}

violations contains {"path": "PasswordPolicy", "actual": null, "expected": expected} if {
	_policy == null
	expected := sprintf(
		"a policy that asks for %d characters and remembers %d passwords",
		[_declared.MinimumPasswordLength, _declared.PasswordReusePrevention],
	)
}

violations contains {"path": path, "actual": _policy[member], "expected": expected} if {
	some member, least in _declared
	_is_less(_policy[member], least)
	path := sprintf("PasswordPolicy.%s", [member])
	expected := sprintf("at least %d", [least])
}

_is_less(value, least) if {
	is_number(value)
	value < least
}

# A policy that remembers none says nothing of it.
_is_less(value, _) if value == null
