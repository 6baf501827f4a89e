# METADATA
# title: CloudFront adds the secret header to requests to every load balancer
# description: >-
#   The addresses of CloudFront are shared by everybody who uses it, so a load balancer that admits them admits the distributions of
#   strangers. Only a header with a secret value tells ours from theirs, or a client certificate of our own CA; whether the load balancer asks
#   for that is KA-X-002's question. VPC origins are left out: nobody else can use them.
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
#   reads: [cloudfront:ListDistributions, elasticloadbalancing:DescribeLoadBalancers, route53:ListResourceRecordSets]
#   facts: [origins]
#   claims: [cf-origin-protected]
#   fix: cloudfront.origin_header
package konecta.cloudfront.secret_origin_header

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	_all_told
	count(_judged) > 0
	every origin in _judged { _secret(origin) }
}

violations contains {"path": path, "actual": names, "expected": _name} if {
	some origin in _judged
	not cloudfront.perhaps_idle(origin)
	names := _header_names(origin)
	not lower(_name) in {lower(name) | some name in names}
	not _certified(origin)
	not input.configuration.DistributionConfig.Enabled == false
	path := sprintf("%s.CustomHeaders", [origin.path])
}

not_applicable contains "no origin is a load balancer" if {
	_all_told
	count(_balanced) == 0
}

not_applicable contains "no behavior uses an origin that is a load balancer" if {
	_all_told
	count(_balanced) > 0
	count(_judged) == 0
}

unknown contains why if {
	some origin in _judged
	_certified(origin)
	not _secret(origin)
	why := sprintf("origin %v shows a client certificate instead of the header; whose CA the load balancer trusts is not seen", [origin.id])
}

unknown contains why if some why in cloudfront.perhaps_used

unknown contains "the distribution is switched off" if input.configuration.DistributionConfig.Enabled == false

# CloudFront shows a client certificate to the origin.
_certified(origin) if is_string(origin.config.CustomOriginConfig.OriginMtlsConfig.ClientCertificateArn)

_name := data.blueprint.cloudfront.origin_header

# What an origin is; its name may lead to several things.
_kinds(origin) := [object.get(fact, "kind", null) | some fact in data.facts[input.arn].origins; fact.id == origin.id]

_all_told if {
	origins := cloudfront.origins
	every origin in origins {
		count(_kinds(origin)) > 0
		every kind in _kinds(origin) { is_string(kind) }
	}
}

_balanced := {origin | some origin in cloudfront.known_origins; "load_balancer" in _kinds(origin)}

_judged := {origin | some origin in _balanced; not cloudfront.idle(origin)}

# The names of all headers that are added, when all are known. The values are secret and stay out of reports.
_header_names(origin) := sort([header.HeaderName | some header in origin.config.CustomHeaders.Items]) if {
	count([header | some header in origin.config.CustomHeaders.Items; header.HeaderName]) == origin.config.CustomHeaders.Quantity
}

_secret(origin) if {
	some header in origin.config.CustomHeaders.Items
	lower(header.HeaderName) == lower(_name)
	startswith(header.HeaderValue, "sha256:")
}
