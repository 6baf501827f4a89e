# METADATA
# title: The load balancer drops headers whose names are invalid
# description: >-
#   A header with an invalid name is read one way by one server and another way by the next. That difference is how a second request is hidden
#   in the first, past the rules that were made for it. Dropped at the load balancer it never reaches a target.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
# custom:
#   id: KA-ALB-006
#   severity: medium
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: Set routing.http.drop_invalid_header_fields.enabled to true; clients that send headers with other characters lose them.
#   reads: [elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeLoadBalancerAttributes]
#   frameworks: {fsbp: [ELB.4]}
#   fix: alb.drop_invalid_headers
package konecta.alb.drop_invalid_headers

import rego.v1

import data.konecta.lib.alb

pass if {
	input.configuration.Type == "application"
	alb.attribute(_key) == "true"
}

violations contains {"path": _key, "actual": value, "expected": "true"} if {
	input.configuration.Type == "application"
	value := alb.attribute(_key)
	value == "false"
}

not_applicable contains reason if some reason in alb.no_application

_key := "routing.http.drop_invalid_header_fields.enabled"
