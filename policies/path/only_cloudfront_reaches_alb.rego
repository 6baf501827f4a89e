# METADATA
# title: The load balancer can be reached only through CloudFront
# description: >-
#   What CloudFront does for the stack (TLS, web ACL, headers, logs) holds only if there is no way past it. Either the load balancer is internal
#   and CloudFront comes through a VPC origin, or every rule that may open one of its listener ports admits CloudFront's own prefix list or a
#   declared peer and nobody else. The list also admits distributions of strangers; that is for KA-X-002.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-vpc-origins.html
# custom:
#   id: KA-X-001
#   severity: critical
#   resource: AWS::ElasticLoadBalancingV2::LoadBalancer
#   remediation: >-
#     Admit the managed prefix list com.amazonaws.global.cloudfront.origin-facing on the listener ports, then remove the named rule; or make the
#     load balancer internal and reach it through a VPC origin.
#   reads:
#     - cloudfront:GetDistribution
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:DescribeManagedPrefixLists
#     - ec2:GetManagedPrefixListEntries
#   facts: [edge, entrances, parts]
#   joins: [security_groups]
#   claims: [cf-origin-protected]
#   fix: path.only_cloudfront
package konecta.path.only_cloudfront_reaches_alb

import rego.v1

import data.konecta.lib.alb
import data.konecta.lib.path

pass if alb.private_origin

pass if {
	alb.in_front
	every source in _sources { path.admitted(source) }
}

violations contains {"path": _place(source), "actual": path.described(source), "expected": expected, "proof": proof} if {
	alb.in_front
	some source in _sources
	path.stranger(source)
	expected := "only CloudFront's prefix list or a declared peer"
	proof := array.concat(alb.behind, [sprintf("%s: %s", [_place(source), path.described(source)])])
}

violations contains {"path": "Scheme", "actual": "internet-facing", "expected": "a CloudFront distribution in front"} if {
	input.configuration.Scheme == "internet-facing"
	count(alb.distributions) == 0
	"alb" in _facts.parts
}

not_applicable contains "no distribution has it as an origin, and it is no load balancer of a stack" if {
	count(alb.distributions) == 0
	is_array(_facts.parts)
	not "alb" in _facts.parts
}

not_applicable contains "it is internal, and no distribution has it as an origin" if {
	count(alb.distributions) == 0
	input.configuration.Scheme == "internal"
}

_facts := data.facts[input.arn]

_sources := _facts.entrances.sources

_place(source) := sprintf("SecurityGroups[%s].IpPermissions[%s]", [source.group, source.rule]) if is_string(source.rule)

# AWS lets everyone in where there is no group at all.
_place(source) := "SecurityGroups" if source.rule == null
