# METADATA
# title: The load balancer serves only requests that carry our own distribution's secret
# description: >-
#   CloudFront's addresses are shared, so anybody can put a distribution of their own in front of a load balancer that admits them. What tells
#   ours from theirs has to hold at both ends: CloudFront sends a secret header, every rule that forwards demands that header with that very
#   value, and no default action forwards. Values are compared by fingerprint and never shown. While a secret is rotated the old value shows
#   up here as one that no distribution sends, until the rule drops it.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html
# custom:
#   id: KA-X-002
#   severity: critical
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: >-
#     Let every distribution send the declared header with a long random value, demand that value in every rule that forwards, and make the
#     default actions deny.
#   reads:
#     - cloudfront:GetDistribution
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeRules
#   facts: [edge, doors]
#   claims: [cf-origin-protected]
#   fix: path.secret_header
package konecta.path.secret_header_proven

import rego.v1

import data.konecta.lib.alb

pass if {
	alb.in_front
	every distribution in alb.distributions { count(alb.secrets(distribution)) > 0 }
	every door in alb.doors {
		alb.harmless(door["default"])
		every rule in door.rules { _proven(rule) }
	}
}

violations contains {"path": path, "actual": names, "expected": _header, "proof": distribution.proof} if {
	alb.in_front
	some distribution in alb.distributions
	names := sort([header.name | some header in distribution.headers])
	count(names) == count(distribution.headers)
	not lower(_header) in {lower(name) | some name in names}
	path := sprintf("Distributions[%s].Origins[%s].CustomHeaders", [distribution.arn, distribution.origin])
}

violations contains {"path": path, "actual": door["default"], "expected": "an action that denies", "proof": alb.behind} if {
	alb.in_front
	some door in alb.doors
	alb.lets_through(door["default"])
	path := sprintf("Listeners[%v].DefaultActions", [door.port])
}

violations contains {"path": path, "actual": names, "expected": [_header], "proof": alb.behind} if {
	alb.in_front
	some door in alb.doors
	some rule in door.rules
	alb.open_rule(rule)
	names := sort([header.name | some header in rule.headers])
	path := sprintf("Rules[%s].Conditions[http-header]", [rule.arn])
}

violations contains {"path": path, "actual": "a value that no distribution sends", "expected": expected, "proof": alb.behind} if {
	alb.in_front
	sent := alb.sent
	some door in alb.doors
	some rule in door.rules
	alb.lets_through(rule.actions)
	some value in alb.demanded(rule)
	not value in sent
	expected := "the value that CloudFront sends"
	path := sprintf("Rules[%s].Conditions[http-header].Values", [rule.arn])
}

not_applicable contains reason if some reason in alb.set_aside

_header := data.blueprint.cloudfront.origin_header

_proven(rule) if alb.harmless(rule.actions)

_proven(rule) if {
	values := alb.demanded(rule)
	every value in values { value in alb.sent }
}
