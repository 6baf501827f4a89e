# The rules of a web ACL: its own and those that a Firewall Manager policy puts around them.
package konecta.lib.waf

import rego.v1

# All rules, where all are known. A rule of a Firewall Manager policy has its statement under another name.
rules := array.concat(own, _managed) if own := _own

known contains rule if some rule in _own

known contains rule if some rule in _managed

_own := input.configuration.Rules if is_array(input.configuration.Rules)

_managed := [{"Name": group.Name, "OverrideAction": group.OverrideAction, "Statement": group.FirewallManagerStatement} |
	some member in ["PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"]
	some group in listed(input.configuration[member])
]

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

# The rules of a group that only count: overridden, or excluded in the older way.
counting(rule) := {one.Name | some one in listed(managed_group(rule).RuleActionOverrides); is_object(one.ActionToUse.Count)} |
	{one.Name | some one in listed(managed_group(rule).ExcludedRules)}

# A rule that is certainly not this group.
another(rule, _) if other_than("ManagedRuleGroupStatement", rule.Statement)

another(rule, _) if rule.Statement.ManagedRuleGroupStatement.VendorName != "AWS"

another(rule, name) if rule.Statement.ManagedRuleGroupStatement.Name != name

# No Firewall Manager rule group is left out.
whole if {
	every member in ["PreProcessFirewallManagerRuleGroups", "PostProcessFirewallManagerRuleGroups"] { _told(member) }
}

_told(member) if input.configuration[member] == null

_told(member) if is_array(input.configuration[member])
