# METADATA
# title: CloudFront adds the secret header to requests to every load balancer
# description: >-
#   The addresses of CloudFront are shared by everybody who uses it, so a load balancer that admits them admits the distributions of
#   strangers. Only a header with a secret value tells ours from theirs. VPC origins are left out: nobody else can use them.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/restrict-access-to-load-balancer.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html
# custom:
#   id: KA-CF-012
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Add the declared header with a long random value to the custom headers of the named origin, and let the load balancer forward only
#     requests that carry it (KA-X-002).
#   reads: [cloudfront:GetDistribution, elasticloadbalancing:DescribeLoadBalancers, route53:ListResourceRecordSets]
#   facts: [origins]
#   claims: [cf-origin-protected]
#   fix: cloudfront.origin_header
package konecta.cloudfront.secret_origin_header

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	count(_told) == count(cloudfront.origins)
	count(_judged) > 0
	every origin in _judged { _secret(origin) }
}

violations contains {"path": path, "actual": names, "expected": _name} if {
	some origin in _judged
	names := _header_names(origin)
	not lower(_name) in {lower(name) | some name in names}
	path := sprintf("%s.CustomHeaders", [origin.path])
}

not_applicable contains "no origin is a load balancer" if {
	count(_told) == count(cloudfront.origins)
	count(_judged) == 0
}

_name := data.blueprint.cloudfront.origin_header

# What each origin is, where that can be told.
_told := {fact.id: fact.kind | some fact in data.facts[input.arn].origins}

_judged := {origin | some origin in cloudfront.known_origins; _told[origin.id] == "load_balancer"}

# The names of all headers that are added, when all are known. The values are secret and stay out of reports.
_header_names(origin) := sort([header.HeaderName | some header in origin.config.CustomHeaders.Items]) if {
	count([header | some header in origin.config.CustomHeaders.Items; header.HeaderName]) == origin.config.CustomHeaders.Quantity
}

_secret(origin) if {
	some header in origin.config.CustomHeaders.Items
	lower(header.HeaderName) == lower(_name)
	startswith(header.HeaderValue, "sha256:")
}
