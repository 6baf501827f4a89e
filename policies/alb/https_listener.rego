# METADATA
# title: The load balancer answers HTTPS on 443 and forwards nothing in plain text
# description: >-
#   An Application Load Balancer ends TLS itself. Without an HTTPS listener CloudFront can only reach it in plain text, and an HTTP listener
#   that forwards by default keeps that way open beside the encrypted one. The rules of an HTTP listener are judged by KA-ALB-001.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/create-https-listener.html
# custom:
#   id: KA-ALB-002
#   severity: high
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: >-
#     Add an HTTPS listener on port 443 with an ACM certificate for the origin's name, and let the HTTP listener redirect to it.
#   reads: [elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeListeners]
#   joins: [listeners]
#   claims: [alb-tls]
#   frameworks: {fsbp: [ELB.18]}
#   fix: alb.https_listener
package konecta.alb.https_listener

import rego.v1

import data.konecta.lib.alb

pass if {
	input.configuration.Type == "application"
	some secure in _listeners
	_https(secure)
	every listener in _listeners { _closed(listener) }
}

violations contains {"path": "Listeners[443]", "actual": offered, "expected": "HTTPS on 443"} if {
	input.configuration.Type == "application"
	offered := sort([sprintf("%s on %v", [listener.Protocol, listener.Port]) |
		some listener in _listeners
		is_string(listener.Protocol)
		is_number(listener.Port)
	])
	count(offered) == count(_listeners)
	count([listener | some listener in _listeners; _https(listener)]) == 0
}

violations contains {"path": path, "actual": alb.said(listener.DefaultActions), "expected": "redirect to HTTPS"} if {
	input.configuration.Type == "application"
	some listener in _listeners
	listener.Protocol == "HTTP"
	alb.lets_through([action.Type | some action in listener.DefaultActions; is_string(action.Type)])
	path := sprintf("Listeners[%v].DefaultActions", [listener.Port])
}

not_applicable contains sprintf("it is a %s load balancer", [type]) if {
	type := input.configuration.Type
	is_string(type)
	type != "application"
}

_listeners := data.index.listeners[input.arn]

_https(listener) if {
	listener.Protocol == "HTTPS"
	listener.Port == 443
}

_closed(listener) if listener.Protocol == "HTTPS"

_closed(listener) if {
	listener.Protocol == "HTTP"
	count(listener.DefaultActions) > 0
	every action in listener.DefaultActions { alb.harmless([action.Type]) }
}
