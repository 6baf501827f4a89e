# METADATA
# title: The load balancer can be reached only through CloudFront
# description: >-
#   What CloudFront does for the stack (TLS, web ACL, headers, logs) holds only if there is no way past it. Either the load balancer is internal
#   and no other way leads to it (a load balancer before it, Global Accelerator, IPv6 through an internet gateway), or every rule that may open
#   one of its listener ports admits CloudFront's own prefix list or a declared peer and nobody else. A load balancer before it is judged like
#   itself. The list also admits distributions of strangers; that is for KA-X-002.
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
#     - cloudfront:ListDistributions
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeLoadBalancerAttributes
#     - elasticloadbalancing:DescribeTargetGroups
#     - elasticloadbalancing:DescribeTargetGroupAttributes
#     - elasticloadbalancing:DescribeTargetHealth
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:DescribeManagedPrefixLists
#     - ec2:GetManagedPrefixListEntries
#   facts: [edge, entrances, parts, ways]
#   joins: [security_groups, group_carriers]
#   claims: [cf-origin-protected]
#   fix: path.only_cloudfront
package konecta.path.only_cloudfront_reaches_alb

import rego.v1

import data.konecta.lib.alb
import data.konecta.lib.path
import data.konecta.lib.ways

pass if {
	count(alb.distributions) > 0
	_closed_itself
	ways.closed
}

violations contains {"path": path.place(source), "actual": path.described(source), "expected": path.expected, "proof": proof} if {
	_ours
	input.configuration.Scheme == "internet-facing"
	some source in _sources
	path.stranger(source)
	proof := array.concat(alb.behind, [sprintf("%s: %s", [path.place(source), path.described(source)])])
}

violations contains {"path": path.place(one.source), "actual": path.described(one.source), "expected": path.expected, "proof": proof} if {
	_ours
	some one in ways.trespassers
	proof := array.concat([sprintf("%s: %s", [path.place(one.source), path.described(one.source)])], one.proof)
}

violations contains {"path": "Scheme", "actual": "internet-facing", "expected": "a CloudFront distribution in front"} if {
	input.configuration.Scheme == "internet-facing"
	_alone
	"alb" in _facts.parts
}

not_applicable contains "no distribution has it as an origin, and it is not a load balancer of a stack" if {
	_alone
	is_array(_facts.parts)
	not "alb" in _facts.parts
}

not_applicable contains "it is internal, and no distribution has it as an origin" if {
	_alone
	input.configuration.Scheme == "internal"
	ways.closed
}

unknown contains why if some why in ways.whys

unknown contains why if {
	some source in _sources
	why := source.why
}

unknown contains why if {
	some source in _sources
	some why in path.doubts(source)
}

unknown contains why if some why in alb.doubts_of_none

_facts := data.facts[input.arn]

_sources := _facts.entrances.sources

_alone if {
	count(alb.distributions) == 0
	count(alb.doubts) == 0
}

_ours if count(alb.distributions) > 0

_ours if "alb" in _facts.parts

# Nobody comes to an internal one from the internet by itself; to others those whom their groups let in.
_closed_itself if input.configuration.Scheme == "internal"

_closed_itself if {
	input.configuration.Scheme == "internet-facing"
	every source in _sources { path.admitted(source) }
}
