# Rate-based rules: which stop floods from one address, and which certainly do not.
package konecta.lib.flood

import rego.v1

import data.konecta.lib.waf

# The window that the declared limit speaks of, in seconds.
_window := 300

# How a rule must count so that one address is stopped: each by itself, or all together.
_counted := {"IP", "CONSTANT"}

# A step that stops an address which asks more often than declared.
limits(step) if {
	step.does in waf.stopping
	rate := step.rule.Statement.RateBasedStatement
	rate.AggregateKeyType in _counted
	waf.unnarrowed(rate)
	_pace(rate) <= _declared(rate)
}

# A step that certainly does not. What a rule group does whose rules were not read is not known.
limitless(step) if {
	waf.other_than("RateBasedStatement", step.rule.Statement)
	not _refers(step.rule)
}

limitless(step) if step.does in {"Allow", "Count"}

limitless(step) if _lavish(step.rule.Statement.RateBasedStatement)

# Why it is not known whether a rule stops floods.
doubts := {sprintf("rule %s counts only what its scope-down statement lets through", [_name(step)]) |
	some step in waf.steps
	rate := step.rule.Statement.RateBasedStatement
	is_object(rate)
	not waf.unnarrowed(rate)
} | {sprintf("rule %s counts by %s, and not each address by itself", [_name(step), kind]) |
	some step in waf.steps
	kind := step.rule.Statement.RateBasedStatement.AggregateKeyType
	is_string(kind)
	not kind in _counted
}

doubts_of_numbers := {sprintf("rule %s: it was not sent how many requests it lets through in how many seconds", [_name(step)]) |
	some step in waf.steps
	rate := step.rule.Statement.RateBasedStatement
	is_object(rate)
	not _counts(rate)
}

_counts(rate) if {
	is_number(rate.Limit)
	is_number(rate.EvaluationWindowSec)
}

_name(step) := object.get(step.rule, "Name", "?")

# The limits that are too high, in words; null where there is none at all.
found := words if {
	words := sort([text |
		some step in waf.steps
		rate := step.rule.Statement.RateBasedStatement
		_lavish(rate)
		text := sprintf("%s: %v requests in %v seconds", [step.rule.Name, rate.Limit, rate.EvaluationWindowSec])
	])
	count(words) > 0
} else := null

expected := sprintf("a rate-based rule that blocks above %v requests in %v seconds", [data.blueprint.waf.rate_limit, _window])

_lavish(rate) if _pace(rate) > _declared(rate)

# Compared by multiplication: nothing is rounded.
_pace(rate) := rate.Limit * _window if is_number(rate.Limit)

_declared(rate) := data.blueprint.waf.rate_limit * rate.EvaluationWindowSec if is_number(rate.EvaluationWindowSec)

_refers(rule) if is_object(rule.Statement.RuleGroupReferenceStatement)
