# Policy documents: what may be one thing or a list of them, what they allow without naming it, and what is left of that for a role.
package konecta.lib.iam

import rego.v1

# A document is one text: what it does not say, it does not say. Only a document as a whole can be unknown.
statements(document) := listed(document.Statement)

listed(value) := value if is_array(value)

listed(value) := [value] if is_string(value)

listed(value) := [value] if is_object(value)

# `*`, `*:*`, `s3:*` and `s3:?*` leave nothing out.
is_wildcard(action) if regex.match(`^\*+$|:[*?]*\*[*?]*$`, action)

# What a statement speaks of without naming it: `*`, `s3:*`, or all that a NotAction does not name.
wildcards(statement) := {_normal(action) | some action in listed(statement.Action); is_wildcard(action)} if statement.Action

wildcards(statement) := {"NotAction"} if statement.NotAction

# IAM does not look at the case.
_normal(action) := "*" if startswith(action, "*")

_normal(action) := sprintf("%s:*", [lower(split(action, ":")[0])]) if not startswith(action, "*")

is_everywhere(statement) if {
	some resource in listed(statement.Resource)
	regex.match(`^\*+$`, resource)
}

is_everywhere(statement) if statement.NotResource

# The wildcards that a document allows on every resource.
broad(document) := {wildcard |
	some statement in statements(document)
	statement.Effect == "Allow"
	is_everywhere(statement)
	some wildcard in wildcards(statement)
} if document.Statement

is_understood(document) if {
	count(statements(document)) > 0
	every statement in statements(document) {
		statement.Effect in {"Allow", "Deny"}
		is_set(wildcards(statement))
		_names_resources(statement)
	}
}

_names_resources(statement) if statement.Resource

_names_resources(statement) if statement.NotResource

is_narrow(document) if {
	is_understood(document)
	count(broad(document)) == 0
}

is_of_aws(arn) if regex.match(`^arn:aws[a-z-]*:iam::aws:policy/`, arn)

name_of(arn) := regex.find_n(`[^/]+$`, arn, 1)[0]

# The policies of the role that is judged, by the path of their place.
documents[path] := document if {
	some policy in input.configuration.AttachedManagedPolicies
	path := sprintf("AttachedManagedPolicies[%s]", [policy.PolicyArn])
	document := data.index.managed_policies[policy.PolicyArn]
}

documents[path] := policy.PolicyDocument if {
	some policy in input.configuration.RolePolicyList
	path := sprintf("RolePolicyList[%s]", [policy.PolicyName])
}

role_understood if {
	is_set(ceiling)
	count(documents) == count(input.configuration.AttachedManagedPolicies) + count(input.configuration.RolePolicyList)
	every document in documents {
		is_understood(document)
	}
}

# The wildcards that the permissions boundary leaves standing: all of them where there is none.
ceiling := {"*"} if input.configuration.PermissionsBoundary == null

ceiling := _allowed(_boundary) if is_understood(_boundary)

_boundary := data.index.managed_policies[input.configuration.PermissionsBoundary.PermissionsBoundaryArn]

_allowed(document) := {wildcard |
	some statement in statements(document)
	statement.Effect == "Allow"
	some wildcard in wildcards(statement)
}

# What is left after boundary and denials.
effective contains {"path": path, "wildcard": wildcard} if {
	some path, document in documents
	some wildcard in _within(document) - _denied
	not "*" in _denied
	not "NotAction" in _denied
}

_within(document) := {wildcard |
	some allowed in _allowed(document)
	some bound in ceiling
	some wildcard in {allowed, bound}
	_is_meet(allowed, bound, wildcard)
}

_is_meet(allowed, bound, wildcard) if {
	bound == "*"
	wildcard == allowed
}

_is_meet(allowed, bound, wildcard) if {
	allowed == "*"
	wildcard == bound
}

_is_meet(allowed, bound, _) if allowed == bound

_denied := {wildcard |
	some document in _judged
	some statement in statements(document)
	statement.Effect == "Deny"
	is_everywhere(statement)
	not "Condition" in object.keys(statement)
	some wildcard in wildcards(statement)
}

_judged contains document if some document in documents

_judged contains _boundary

# A NotAction against named services: whether they meet would have to be computed action by action.
undecided if {
	some document in documents
	some allowed in _allowed(document) - _denied
	some bound in ceiling
	"NotAction" in {allowed, bound}
	not allowed in ceiling
	not "*" in {allowed, bound}
}

undecided if {
	"NotAction" in _denied
	some document in documents
	count(_allowed(document)) > 0
}
