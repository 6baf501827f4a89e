# Whom the policy of a repository lets in, which images its lifecycle policy keeps, which filters of the registry match it.
package konecta.lib.ecr

import rego.v1

import data.konecta.lib.iam

statements := iam.statements(input.supplement.repositoryPolicy)

trusted := {input.accountId} | {account | some account in data.blueprint.stack.trusted_accounts}

principals(statement) := [{"kind": "AWS", "id": "*"}] if statement.Principal == "*"

principals(statement) := [{"kind": kind, "id": id} |
	some kind, ids in statement.Principal
	some id in iam.listed(ids)
] if is_object(statement.Principal)

is_harmless(statement) if statement.Effect == "Deny"

is_harmless(statement) if {
	statement.Effect == "Allow"
	count(principals(statement)) > 0
	every principal in principals(statement) {
		_is_known(principal, statement)
	}
}

is_pinned(statement) if {
	some pin in pins(statement)
	count(accounts(pin) - trusted) == 0
}

_is_known(principal, _) if {
	principal.kind == "Service"
	principal.id != "*"
}

_is_known(principal, _) if {
	principal.kind == "AWS"
	account_of(principal.id) in trusted
}

_is_known(principal, statement) if {
	principal == {"kind": "AWS", "id": "*"}
	is_pinned(statement)
}

account_of(id) := id if regex.match(`^[0-9]{12}$`, id)

account_of(id) := split(id, ":")[4] if regex.match(`^arn:[^:]+:(iam|sts)::[0-9]{12}:`, id)

# The conditions that leave no stranger, whoever the principal is: of the statement itself, or of a Deny upon all the others.
pins(statement) := {condition | some condition in _conditions(statement); _is_pin(condition, holding)} | _fences

# The accounts that such a condition lets in.
accounts(pin) := {account |
	pin.key in {"aws:principalaccount", "aws:sourceaccount", "aws:principalarn"}
	some value in pin.values
	some account in regex.find_n(`[0-9]{12}`, value, 1)
}

holding := {
	"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike",
	"foranyvalue:stringequals", "foranyvalue:stringlike",
}

excluding := {"stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"}

_shapes := {
	"aws:principalaccount": `^[0-9]{12}$`,
	"aws:sourceaccount": `^[0-9]{12}$`,
	"aws:principalarn": `^arn:[^:*?]+:(iam|sts)::[0-9]{12}:`,
	"aws:principalorgid": `^o-[a-z0-9]+$`,
	"aws:principalorgpaths": `^o-[a-z0-9]+/`,
	"aws:sourceorgid": `^o-[a-z0-9]+$`,
	"aws:sourcevpc": `^vpc-[0-9a-f]+$`,
	"aws:sourcevpce": `^vpce-[0-9a-f]+$`,
}

_conditions(statement) := {{"operator": lower(operator), "key": lower(key), "values": iam.listed(values)} |
	some operator, keys in statement.Condition
	some key, values in keys
}

_is_pin(condition, operators) if {
	condition.operator in operators
	count(condition.values) > 0
	every value in condition.values {
		regex.match(_shapes[condition.key], value)
	}
}

_fences contains condition if {
	some statement in statements
	statement.Effect == "Deny"
	{"kind": "AWS", "id": "*"} in principals(statement)
	some action in iam.listed(statement.Action)
	lower(action) in {"*", "ecr:*"}
	conditions := {one | some one in _conditions(statement); one.key != "aws:principalisawsservice"}
	count(conditions) == 1
	some condition in conditions
	_is_pin(condition, excluding)
}

_rules := input.supplement.lifecyclePolicy.rules

rules_understood if {
	is_array(_rules)
	every rule in _rules {
		is_number(rule.rulePriority)
		rule.selection.tagStatus in {"any", "tagged", "untagged"}
		rule.selection.countType in _by_age | {"imageCountMoreThan"}
		is_number(rule.selection.countNumber)
		rule.action.type in {"expire", "transition"}
	}
}

_by_age := {"sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"}

# The rules that expire any image beyond a number, and those among them that keep the declared number.
counting contains rule if {
	some rule in _rules
	rule.action.type == "expire"
	rule.selection.countType == "imageCountMoreThan"
	object.get(rule.selection, "storageClass", "standard") == "standard"
	_covers_all(rule.selection)
}

keeping contains rule if {
	some rule in counting
	rule.selection.countNumber == data.blueprint.ecr.keep_images
}

_covers_all(selection) if selection.tagStatus == "any"

# Several patterns select only the images that match them all.
_covers_all(selection) if {
	selection.tagStatus == "tagged"
	count(selection.tagPatternList) > 0
	every pattern in selection.tagPatternList {
		pattern == "*"
	}
}

# The rules that may take one of the last images before a keeping rule can hold it.
hasty contains rule if {
	some rule in _rules
	rule.action.type == "expire"
	_takes_recent(rule.selection)
	_comes_first(rule)
}

# An image that matches a rule's tags cannot be expired by a later one.
_comes_first(rule) if rule.rulePriority < min({kept.rulePriority | some kept in keeping})

# The archive has rules of its own: harmless while only old images get there.
_comes_first(rule) if {
	rule.selection.countType == "sinceImageTransitioned"
	some other in _rules
	other.action.type == "transition"
	_takes_recent(other.selection)
}

_takes_recent(selection) if {
	selection.tagStatus in {"any", "tagged"}
	selection.countType in _by_age
}

_takes_recent(selection) if {
	selection.tagStatus in {"any", "tagged"}
	selection.countType == "imageCountMoreThan"
	selection.countNumber < data.blueprint.ecr.keep_images
}

# Without a wildcard a filter matches every name that contains it.
filter_matches(filter, name) if contains(name, filter)

filter_matches(filter, name) if regex.match(sprintf("^%s$", [replace(replace(filter, ".", "\\."), "*", ".*")]), name)
