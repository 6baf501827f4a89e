# The rules of a web ACL in the order in which they are tried: its own, those of its own rule groups, and those that a Firewall Manager
# policy puts around them.
package konecta.lib.waf

import rego.v1

# Actions that keep a request out, or out until it shows a token.
stopping := {"Block", "Captcha", "Challenge"}

_places := {"PreProcessFirewallManagerRuleGroups": 0, "Rules": 1, "PostProcessFirewallManagerRuleGroups": 2}

# Every rule that is known, as it is described. A rule of a Firewall Manager policy has its statement under another name.
known contains entry.rule if some entry in _entries

# All rules, where all are known.
rules := known if whole

# No list of rules is left out.
whole if every member, _ in _places { _told(member) }

_told(member) if is_array(listed(input.configuration[member]))

_entries contains {"rule": _described(rule), "place": place} if {
	some member, place in _places
	some rule in listed(input.configuration[member])
}

_described(rule) := {} if not is_object(rule)

_described(rule) := rule if {
	is_object(rule)
	not _is_managed(rule)
}

_described(rule) := object.union(rule, {"Statement": rule.FirewallManagerStatement}) if is_object(rule.FirewallManagerStatement)

# A list that AWS leaves out where it is empty.
listed(list) := [] if list == null

listed(list) := list if is_array(list)

# The managed rule group of AWS that a rule runs.
managed_group(rule) := rule.Statement.ManagedRuleGroupStatement if rule.Statement.ManagedRuleGroupStatement.VendorName == "AWS"

# Of an object with one member: it is known, and not this one.
other_than(name, object) if {
	is_object(object)
	some member, _ in object
	member != name
}

# What an action does; `?` where that is not one known thing.
does(action) := name if {
	is_object(action)
	count(action) == 1
	some name, _ in action
} else := "?"

# One step a rule, and one a rule of an own rule group: what it does with what it matches, and between which places it is tried.
steps contains {"rule": entry.rule, "does": action, "from": _place(entry, -1), "to": _place(entry, 1e9)} if {
	some entry in _entries
	not _opened(entry.rule)
	action := _does(entry.rule)
}

steps contains {"rule": inner, "does": action, "from": from, "to": to} if {
	some entry in _entries
	_opened(entry.rule)
	some found in _inner(entry.rule)
	inner := _described(found)
	action := _overridden(entry.rule.Statement.RuleGroupReferenceStatement, inner)
	from := array.concat(_place(entry, -1), [_priority(inner, -1)])
	to := array.concat(_place(entry, 1e9), [_priority(inner, 1e9)])
}

_place(entry, absent) := [entry.place, _priority(entry.rule, absent)]

_priority(rule, absent) := rule.Priority if {
	is_number(rule.Priority)
} else := absent

_does(rule) := "Count" if {
	is_object(rule.OverrideAction.Count)
} else := "group" if {
	is_object(rule.OverrideAction.None)
	managed_group(rule)
} else := does(object.get(rule, "Action", null)) if {
	not _overrides(rule)
} else := "?"

# An own rule group whose rules are known and do what they say.
_opened(rule) if {
	is_object(rule.OverrideAction.None)
	some group in input.supplement.ruleGroups
	group.ARN == rule.Statement.RuleGroupReferenceStatement.ARN
	is_array(listed(group.Rules))
}

_inner(rule) := {inner |
	some group in input.supplement.ruleGroups
	group.ARN == rule.Statement.RuleGroupReferenceStatement.ARN
	some inner in listed(group.Rules)
}

_overridden(reference, inner) := action if {
	actions := {does(one.ActionToUse) | some one in listed(reference.RuleActionOverrides); one.Name == inner.Name} |
		{"Count" | some one in listed(reference.ExcludedRules); one.Name == inner.Name}
	count(actions) == 1
	some action in actions
} else := does(object.get(inner, "Action", null)) if {
	every one in array.concat(listed(reference.RuleActionOverrides), listed(reference.ExcludedRules)) { one.Name != inner.Name }
} else := "?"

# The names of what may let a request in before this step sees it.
passed_by(step) := {object.get(other.rule, "Name", "?") |
	some other in steps
	not _watches(other)
	not other.from > step.to
}

_watches(step) if step.does in stopping

_watches(step) if step.does == "Count"

_watches(step) if {
	step.does == "group"
	every one in listed(managed_group(step.rule).RuleActionOverrides) { does(one.ActionToUse) in stopping | {"Count"} }
}

# The rules of a managed group that do not keep out what they match, and what they do instead.
loosened(rule) := {words |
	some one in listed(managed_group(rule).RuleActionOverrides)
	action := does(one.ActionToUse)
	action in {"Allow", "Count"}
	words := sprintf("%s: %s", [one.Name, action])
} | {words | some one in listed(managed_group(rule).ExcludedRules); words := sprintf("%s: Count", [one.Name])}

# A statement that every request matches: every path begins with a slash.
everything(statement) if {
	match := statement.ByteMatchStatement
	match.SearchString == "Lw=="
	match.PositionalConstraint in {"STARTS_WITH", "CONTAINS"}
	is_object(match.FieldToMatch.UriPath)
	every one in match.TextTransformations { one.Type == "NONE" }
}

# Nothing is left out by a scope-down statement. AWS describes one only where there is one.
unnarrowed(statement) if object.get(statement, "ScopeDownStatement", null) == null

unnarrowed(statement) if everything(statement.ScopeDownStatement)

# A rule that is certainly not this group.
another(rule, _) if other_than("ManagedRuleGroupStatement", rule.Statement)

another(rule, _) if {
	vendor := rule.Statement.ManagedRuleGroupStatement.VendorName
	is_string(vendor)
	vendor != "AWS"
}

another(rule, name) if {
	own := rule.Statement.ManagedRuleGroupStatement.Name
	is_string(own)
	own != name
}

# A step that runs this managed group, whole and blocking.
blocks(step, name) if {
	step.does == "group"
	group := managed_group(step.rule)
	group.Name == name
	unnarrowed(group)
	every override in listed(group.RuleActionOverrides) { does(override.ActionToUse) in stopping }
	count(listed(group.ExcludedRules)) == 0
}

# A step that keeps out whatever a rule group before it labels: as good as the group itself.
blocks(step, name) if {
	step.does in stopping
	step.rule.Statement == {"LabelMatchStatement": {"Scope": "NAMESPACE", "Key": _namespaces[name]}}
	some labelling in steps
	_labels(labelling, name)
	labelling.to < step.from
}

# Every rule of the group labels what it matches, and none lets it in.
_labels(step, name) if {
	step.does in {"group", "Count"}
	group := managed_group(step.rule)
	group.Name == name
	unnarrowed(group)
	every override in listed(group.RuleActionOverrides) { does(override.ActionToUse) in stopping | {"Count"} }
}

# A rule of a managed group only counts, and what it labels may be kept out by another behind it.
relabelled(rule) if {
	some labelling in steps
	labelling.rule == rule
	some step in steps
	step.does in stopping
	labelling.to < step.from
	walk(step.rule.Statement, [_, value])
	startswith(value.LabelMatchStatement.Key, _namespaces[managed_group(rule).Name])
}

# AWS's page of each group names the namespace of its labels.
_namespaces := {name: sprintf("awswaf:managed:aws:%s:", [space]) |
	some name, space in {
		"AWSManagedRulesCommonRuleSet": "core-rule-set",
		"AWSManagedRulesAdminProtectionRuleSet": "admin-protection",
		"AWSManagedRulesKnownBadInputsRuleSet": "known-bad-inputs",
		"AWSManagedRulesSQLiRuleSet": "sql-database",
		"AWSManagedRulesLinuxRuleSet": "linux-os",
		"AWSManagedRulesUnixRuleSet": "posix-os",
		"AWSManagedRulesWindowsRuleSet": "windows-os",
		"AWSManagedRulesPHPRuleSet": "php-app",
		"AWSManagedRulesWordPressRuleSet": "wordpress-app",
		"AWSManagedRulesAmazonIpReputationList": "amazon-ip-list",
		"AWSManagedRulesAnonymousIpList": "anonymous-ip-list",
	}
}

_is_managed(rule) if is_object(rule.FirewallManagerStatement)

_overrides(rule) if is_object(rule.OverrideAction)

# Why it is not known whether these managed groups block.
doubts(groups) := {sprintf("rule %s runs %s, of which rules only count, and it is not known whether what they label is all kept out behind it", [_name(step), group.Name]) |
	some step in steps
	group := managed_group(step.rule)
	group.Name in groups
	relabelled(step.rule)
} | {sprintf("rule %s runs %s only on what its scope-down statement lets through", [_name(step), group.Name]) |
	some step in steps
	group := managed_group(step.rule)
	group.Name in groups
	not unnarrowed(group)
} | {sprintf("rule %s: it is not known what its action %s does to a request", [_name(step), _said(step.rule)]) |
	some step in steps
	not step.does in _understood
	not _refers(step.rule)
} | {sprintf("rule %s: it is not known what %s, to which %s is overridden, does to a request", [_name(step), action, override.Name]) |
	some step in steps
	some override in listed(managed_group(step.rule).RuleActionOverrides)
	action := does(override.ActionToUse)
	not action in _understood
} | {sprintf("rule %s, which is tried before, may let in what %s would keep out", [other, group.Name]) |
	some step in steps
	group := managed_group(step.rule)
	group.Name in groups
	some other in passed_by(step)
} | {sprintf("the rule group that rule %s runs was not read", [_name(step)]) |
	some step in steps
	_refers(step.rule)
	step.does == "?"
}

_refers(rule) if is_object(rule.Statement.RuleGroupReferenceStatement)

_understood := stopping | {"Allow", "Count", "group"}

_name(step) := object.get(step.rule, "Name", "?")

_said(rule) := concat(", ", sort([name | some name, _ in object.get(rule, "Action", null)])) if is_object(rule.Action)

_said(rule) := "(none was sent)" if not is_object(object.get(rule, "Action", null))
