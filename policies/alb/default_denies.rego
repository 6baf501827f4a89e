# METADATA
# title: The load balancer forwards only requests with the secret header and denies the rest with 403
# description: >-
#   Behind CloudFront a listener should let nothing through of itself: its default action answers 403, and only rules that demand the secret
#   header forward. A default that forwards, or one rule without the header, serves whoever finds the load balancer. An HTTP listener that
#   only redirects is fine, and so is a web ACL on the load balancer that demands the header instead. A value with a wildcard is no secret.
#   Load balancers behind VPC origins only are left out: no one else has that way.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-update-rules.html
# custom:
#   id: KA-ALB-018
#   severity: high
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: >-
#     Add the header condition to every rule that forwards, check that CloudFront sends the header (KA-CF-012), and only then make the default
#     action a fixed response with status 403.
#   reads:
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeLoadBalancerAttributes
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeRules
#     - cloudfront:ListDistributions
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - wafv2:GetWebACL
#     - wafv2:GetRuleGroup
#     - wafv2:ListResourcesForWebACL
#   facts: [edge, doors, web_acl]
#   claims: [cf-origin-protected]
#   fix: alb.default_denies
package konecta.alb.default_denies

import rego.v1

import data.konecta.lib.alb
import data.konecta.lib.identity

pass if {
	_asked
	every door in alb.doors {
		alb.denies(door)
		every rule in door.rules { _guarded(rule) }
	}
}

pass if {
	_asked
	identity.screened
}

violations contains {"path": path, "actual": door["default"], "expected": ["fixed-response"]} if {
	_asked
	some door in alb.doors
	identity.wrong_default(door)
	path := sprintf("Listeners[%v].DefaultActions", [door.port])
}

violations contains {"path": path, "actual": door.default_status, "expected": "403"} if {
	_asked
	identity.unscreened
	some door in alb.doors
	not door.shield
	door["default"] == ["fixed-response"]
	is_string(door.default_status)
	door.default_status != "403"
	path := sprintf("Listeners[%v].DefaultActions.FixedResponseConfig.StatusCode", [door.port])
}

violations contains {"path": path, "actual": identity.names(rule), "expected": [identity.header]} if {
	_asked
	some door in alb.doors
	identity.ajar(door)
	some rule in door.rules
	identity.open_rule(rule)
	path := sprintf("Rules[%s].Conditions[http-header]", [rule.arn])
}

violations contains {"path": path, "actual": door.shield.status, "expected": "403"} if {
	_asked
	identity.unscreened
	some door in alb.doors
	door.shield.actions == ["fixed-response"]
	is_string(door.shield.status)
	door.shield.status != "403"
	path := sprintf("Rules[%s].Actions.FixedResponseConfig.StatusCode", [door.shield.rule])
}

not_applicable contains reason if some reason in alb.set_aside

not_applicable contains reason if some reason in alb.no_application

unknown contains reason if some reason in identity.doubts

_asked if {
	alb.in_front
	input.configuration.Type == "application"
}

_guarded(rule) if alb.harmless(rule.actions)

_guarded(rule) if identity.guarded(rule)
