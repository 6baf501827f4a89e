# METADATA
# title: The load balancer refuses requests that could hide others
# description: >-
#   Two servers that disagree about where a request ends can be made to serve one client what was meant for another. In a defensive mode
#   the load balancer refuses or closes what is ambiguous; in `monitor` it lets it through and counts.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
# custom:
#   id: KA-ALB-007
#   severity: medium
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: Set routing.http.desync_mitigation_mode to a declared mode.
#   reads: [elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeLoadBalancerAttributes]
#   frameworks: {fsbp: [ELB.12]}
#   fix: alb.desync_mode
package konecta.alb.desync_mode

import rego.v1

import data.konecta.lib.alb

pass if {
	input.configuration.Type == "application"
	alb.attribute(_key) in data.blueprint.alb.desync_modes
}

violations contains {"path": _key, "actual": value, "expected": data.blueprint.alb.desync_modes} if {
	input.configuration.Type == "application"
	value := alb.attribute(_key)
	not value in data.blueprint.alb.desync_modes
}

not_applicable contains reason if some reason in alb.no_application

_key := "routing.http.desync_mitigation_mode"
