# METADATA
# title: The load balancer forwards only requests with the secret header and denies the rest with 403
# description: >-
#   Behind CloudFront a listener should let nothing through of itself: its default action answers 403, and only rules that demand the secret
#   header forward. A default that forwards, or one rule without the header, serves whoever finds the load balancer. An HTTP listener that
#   only redirects is fine. Load balancers behind VPC origins only are left out: no one else has that way.
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
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeRules
#     - cloudfront:GetDistribution
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#   facts: [edge, doors]
#   claims: [cf-origin-protected]
#   fix: alb.default_denies
package konecta.alb.default_denies

import rego.v1

import data.konecta.lib.alb

pass if {
	alb.in_front
	every door in alb.doors {
		_denies(door)
		every rule in door.rules { _guarded(rule) }
	}
}

violations contains {"path": path, "actual": door["default"], "expected": ["fixed-response"]} if {
	alb.in_front
	some door in alb.doors
	_wrong_default(door)
	path := sprintf("Listeners[%v].DefaultActions", [door.port])
}

violations contains {"path": path, "actual": door.default_status, "expected": "403"} if {
	alb.in_front
	some door in alb.doors
	door["default"] == ["fixed-response"]
	door.default_status != "403"
	path := sprintf("Listeners[%v].DefaultActions.FixedResponseConfig.StatusCode", [door.port])
}

violations contains {"path": path, "actual": names, "expected": [data.blueprint.cloudfront.origin_header]} if {
	alb.in_front
	some door in alb.doors
	some rule in door.rules
	alb.open_rule(rule)
	names := sort([header.name | some header in rule.headers])
	path := sprintf("Rules[%s].Conditions[http-header]", [rule.arn])
}

not_applicable contains reason if some reason in alb.set_aside

_denies(door) if {
	door["default"] == ["fixed-response"]
	door.default_status == "403"
}

_denies(door) if {
	door.protocol == "HTTP"
	door["default"] == ["redirect"]
}

_wrong_default(door) if alb.lets_through(door["default"])

_wrong_default(door) if {
	door["default"] == ["redirect"]
	is_string(door.protocol)
	door.protocol != "HTTP"
}

_guarded(rule) if alb.harmless(rule.actions)

_guarded(rule) if alb.demanded(rule)
