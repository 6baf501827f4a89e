# METADATA
# title: The load balancer serves only requests that carry our own distribution's secret
# description: >-
#   CloudFront's addresses are shared, so anybody can put a distribution of their own in front of a load balancer that admits them. What tells
#   ours from theirs has to hold at both ends: CloudFront sends a secret header, every rule that forwards demands that header with that very
#   value, and no default action forwards; or a web ACL on the load balancer demands it. Values are compared by fingerprint, as a load balancer
#   and WAF compare them, and never shown. While a secret is rotated the old value shows up here as one that no distribution sends, until the
#   rule drops it. A listener that verifies certificates of clients may tell them apart as well; whose CA it trusts is not seen.
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
#     - cloudfront:ListDistributions
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeLoadBalancerAttributes
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeRules
#     - wafv2:GetWebACL
#     - wafv2:GetRuleGroup
#     - wafv2:ListResourcesForWebACL
#   facts: [edge, doors, web_acl]
#   claims: [cf-origin-protected]
#   fix: path.secret_header
package konecta.path.secret_header_proven

import rego.v1

import data.konecta.lib.alb
import data.konecta.lib.identity

pass if {
	_asked
	every distribution in alb.live { count(identity.secrets(distribution)) > 0 }
	_demanded
}

violations contains {"path": path, "actual": names, "expected": identity.header, "proof": distribution.proof} if {
	_asked
	some distribution in alb.live
	object.get(distribution, "used", null) == true
	names := identity.names(distribution)
	count(names) == count(distribution.headers)
	not lower(identity.header) in {lower(name) | some name in names}
	every door in alb.doors { not identity.verifies(door) }
	path := sprintf("Distributions[%s].Origins[%s].CustomHeaders", [distribution.arn, distribution.origin])
}

violations contains {"path": path, "actual": door["default"], "expected": "an action that denies", "proof": alb.behind} if {
	_asked
	some door in alb.doors
	identity.ajar(door)
	alb.lets_through(door["default"])
	not door.shield
	path := sprintf("Listeners[%v].DefaultActions", [door.port])
}

violations contains {"path": path, "actual": identity.names(rule), "expected": [identity.header], "proof": alb.behind} if {
	_asked
	some door in alb.doors
	identity.ajar(door)
	some rule in door.rules
	identity.open_rule(rule)
	path := sprintf("Rules[%s].Conditions[http-header]", [rule.arn])
}

violations contains {"path": path, "actual": "a value that no distribution sends", "expected": expected, "proof": alb.behind} if {
	_asked
	some door in alb.doors
	identity.ajar(door)
	some rule in door.rules
	identity.strange(rule)
	expected := "the value that CloudFront sends"
	path := sprintf("Rules[%s].Conditions[http-header].Values", [rule.arn])
}

not_applicable contains reason if some reason in alb.set_aside

not_applicable contains "it passes everything on to load balancers, which are judged themselves" if alb.passes_on

unknown contains reason if some reason in identity.doubts

unknown contains reason if {
	some distribution in alb.live
	not is_boolean(object.get(distribution, "used", null))
	reason := sprintf("whether origin %v of %v is used is not known: no behavior names it, or not all were seen", [distribution.origin, distribution.arn])
}

unknown contains "a network load balancer looks at no header; whether what is behind it does is not seen" if input.configuration.Type == "network"

_asked if {
	alb.in_front
	input.configuration.Type == "application"
}

_demanded if identity.screened_by_ours

_demanded if every door in alb.doors { identity.shut(door) }
