# METADATA
# title: The load balancer is protected from deletion
# description: >-
#   A deleted load balancer takes its name, its listeners and its rules with it, and every distribution in front of it answers with an error
#   until all of that is made anew. With the protection on, somebody has to take it off first.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
# custom:
#   id: KA-ALB-009
#   severity: medium
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: Set deletion_protection.enabled to true.
#   reads: [elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeLoadBalancerAttributes]
#   frameworks: {fsbp: [ELB.6]}
#   fix: alb.deletion_protection
package konecta.alb.deletion_protection

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

_key := "deletion_protection.enabled"
