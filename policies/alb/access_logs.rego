# METADATA
# title: The load balancer writes access logs
# description: >-
#   Who asked for what, from where and with which answer is known afterwards only if it was written down then. What comes past CloudFront is
#   in no other log.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
# custom:
#   id: KA-ALB-008
#   severity: medium
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: Switch access logs on, into a bucket of the same region whose policy lets Elastic Load Balancing write.
#   reads: [elasticloadbalancing:DescribeLoadBalancers, elasticloadbalancing:DescribeLoadBalancerAttributes]
#   frameworks: {fsbp: [ELB.5]}
#   claims: [monitoring]
#   fix: alb.access_logs
package konecta.alb.access_logs

import rego.v1

import data.konecta.lib.alb

pass if {
	input.configuration.Type == "application"
	alb.attribute(_key) == "true"
	count(alb.attribute("access_logs.s3.bucket")) > 0
}

violations contains {"path": _key, "actual": value, "expected": "true"} if {
	input.configuration.Type == "application"
	value := alb.attribute(_key)
	value == "false"
}

not_applicable contains reason if some reason in alb.no_application

_key := "access_logs.s3.enabled"
