# METADATA
# title: CloudFront speaks only current TLS versions with its origins
# description: >-
#   For every custom origin a distribution lists the SSL and TLS versions that it may use. One outdated version in that list is enough for
#   somebody on the way to talk both ends down to it. S3 origins have no such setting and are left out.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-ciphers-cloudfront-to-origin.html
# custom:
#   id: KA-CF-011
#   severity: medium
#   resource: AWS::CloudFront::Distribution
#   remediation: Leave only the accepted versions in the minimum origin SSL protocols of the named origin; the load balancer must speak one of them.
#   reads: [cloudfront:ListDistributions, cloudfront:GetVpcOrigin]
#   joins: [vpc_origins]
#   claims: [cf-origin-https]
#   frameworks: {fsbp: [CloudFront.10]}
#   fix: cloudfront.origin_protocols
package konecta.cloudfront.origin_tls_protocols

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	origins := cloudfront.origins
	some judged in origins
	not cloudfront.idle(judged)
	_current(judged)
	every origin in origins { _settled(origin) }
}

violations contains {"path": path, "actual": outdated, "expected": _accepted} if {
	some origin in cloudfront.known_origins
	not cloudfront.idle(origin)
	not cloudfront.perhaps_idle(origin)
	endpoint := cloudfront.endpoint(origin)
	outdated := sort([protocol | some protocol in endpoint.config.OriginSslProtocols.Items; not protocol in _accepted])
	count(outdated) > 0
	path := sprintf("%s.OriginSslProtocols", [endpoint.path])
}

unknown contains why if some why in cloudfront.perhaps_used

not_applicable contains "all origins are S3 buckets" if cloudfront.only_s3

not_applicable contains "all origins in use are S3 buckets" if cloudfront.only_s3_in_use

_settled(origin) if cloudfront.is_s3(origin)

_settled(origin) if cloudfront.idle(origin)

_settled(origin) if _current(origin)

_current(origin) if {
	protocols := cloudfront.endpoint(origin).config.OriginSslProtocols
	is_array(protocols.Items)
	count(protocols.Items) == protocols.Quantity
	count(protocols.Items) > 0
	every protocol in protocols.Items { protocol in _accepted }
}

_accepted := data.blueprint.cloudfront.origin_ssl_protocols
