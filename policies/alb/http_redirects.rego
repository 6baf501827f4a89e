# METADATA
# title: An HTTP listener does nothing but redirect to HTTPS
# description: >-
#   A listener has a default action and any number of rules with actions of their own. One rule that forwards in plain text lets anybody on the
#   way read and change what it serves, even where the default action redirects. A temporary redirect is not kept by browsers, so each visit
#   begins in plain text again. A redirect to a port on which the load balancer does not speak HTTPS, its own included, leads nowhere; where it
#   names another host, what is spoken there is not known.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-listener.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-update-rules.html
# custom:
#   id: KA-ALB-001
#   severity: high
#   resource: AWS::ElasticLoadBalancingV2::Listener
#   remediation: Make the named action a redirect to HTTPS on 443 with status 301, once the load balancer has an HTTPS listener on 443.
#   reads: [elasticloadbalancing:DescribeListeners, elasticloadbalancing:DescribeRules]
#   joins: [listener_rules, listeners]
#   claims: [alb-tls, in-transit]
#   frameworks: {fsbp: [ELB.1]}
#   fix: alb.http_redirects
package konecta.alb.http_redirects

import rego.v1

import data.konecta.lib.redirects

expected := "redirect to HTTPS with HTTP_301, on a port where this load balancer speaks HTTPS"

pass if {
	input.configuration.Protocol == "HTTP"
	_default_redirects
	every rule in _rules { _redirects_or_rests(rule) }
}

violations contains {"path": "DefaultActions", "actual": redirects.said(actions), "expected": expected} if {
	input.configuration.Protocol == "HTTP"
	not _default_rests
	actions := input.configuration.DefaultActions
	_one_strays(actions)
}

violations contains {"path": path, "actual": redirects.said(rule.Actions), "expected": expected} if {
	input.configuration.Protocol == "HTTP"
	some rule in _rules
	rule.IsDefault == false
	not _rests(rule)
	_one_strays(rule.Actions)
	path := sprintf("Rules[%s].Actions", [rule.RuleArn])
}

unknown contains reason if {
	some action in _actions
	some host in redirects.other_host(action)
	reason := sprintf("whether %s speaks HTTPS where it is redirected to is not known", [host])
}

not_applicable contains sprintf("it speaks %s, not HTTP", [protocol]) if {
	protocol := input.configuration.Protocol
	is_string(protocol)
	protocol != "HTTP"
}

_actions contains action if some action in input.configuration.DefaultActions

_actions contains action if {
	some rule in _rules
	some action in rule.Actions
}

_rules := data.index.listener_rules[input.arn]

# A rule that takes every request before leaves nothing for this one.
_rests(rule) if rule.Reached == false

_default_rests if {
	some rule in _rules
	rule.IsDefault == true
	_rests(rule)
}

_redirects_or_rests(rule) if _rests(rule)

_redirects_or_rests(rule) if _all_redirect(rule.Actions)

_default_redirects if _default_rests

_default_redirects if _all_redirect(input.configuration.DefaultActions)

_all_redirect(actions) if {
	count(actions) > 0
	every action in actions { redirects.good(action) }
}

_one_strays(actions) if {
	some action in actions
	redirects.strays(action)
}
