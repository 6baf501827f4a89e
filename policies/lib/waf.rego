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
