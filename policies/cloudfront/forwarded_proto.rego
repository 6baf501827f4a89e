# METADATA
# title: CloudFront tells the load balancer that the viewer came over HTTPS
# description: >-
#   The document promises the header `X-Forwarded-Proto: https` on the way to the load balancer. CloudFront has to add it as a custom origin
#   header. Mind that a load balancer writes its own value from its listener over it, so that it tells the application the truth only where that
#   listener speaks HTTPS as well (KA-ALB-001).
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html
# custom:
#   id: KA-CF-013
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: Add the custom header X-Forwarded-Proto with the value https to the named origin.
#   reads: [cloudfront:ListDistributions, elasticloadbalancing:DescribeLoadBalancers, route53:ListResourceRecordSets]
#   facts: [origins]
#   claims: [cf-forwarded-proto]
#   fix: cloudfront.forwarded_proto
package konecta.cloudfront.forwarded_proto

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	_all_told
	count(_judged) > 0
	every origin in _judged { _values(origin) == {"https"} }
}

violations contains {"path": path, "actual": null, "expected": "https"} if {
	some origin in _judged
	not cloudfront.perhaps_idle(origin)
	names := [lower(header.HeaderName) | some header in origin.config.CustomHeaders.Items]
	count(names) == origin.config.CustomHeaders.Quantity
	not "x-forwarded-proto" in names
	path := sprintf("%s.CustomHeaders.X-Forwarded-Proto", [origin.path])
}

violations contains {"path": path, "actual": value, "expected": "https"} if {
	some origin in _judged
	not cloudfront.perhaps_idle(origin)
	some value in _values(origin)
	value != "https"
	path := sprintf("%s.CustomHeaders.X-Forwarded-Proto", [origin.path])
}

unknown contains why if some why in cloudfront.perhaps_used

not_applicable contains "no origin is a load balancer" if {
	_all_told
	count(_judged) == 0
}

# Every origin is told, each with all that its name leads to.
_all_told if {
	facts := data.facts[input.arn].origins
	origins := cloudfront.origins
	every fact in facts { is_string(fact.kind) }
	{fact.id | some fact in facts} == {origin.id | some origin in origins}
}

_judged := {origin |
	some origin in cloudfront.known_origins
	not cloudfront.idle(origin)
	some fact in data.facts[input.arn].origins
	fact.id == origin.id
	fact.kind == "load_balancer"
}

_values(origin) := {header.HeaderValue |
	some header in origin.config.CustomHeaders.Items
	lower(header.HeaderName) == "x-forwarded-proto"
	is_string(header.HeaderValue)
}
