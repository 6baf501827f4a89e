# METADATA
# title: CloudFront speaks only HTTPS with its origins
# description: >-
#   Between the edge and the origin a request crosses the internet a second time. With `http-only`, or with `match-viewer` for a viewer who
#   came over HTTP, everything in it is readable there, the secret origin header included. S3 origins have no such setting and are left out.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html
# custom:
#   id: KA-CF-010
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Set the origin protocol policy to `https-only`, but only once KA-X-003 passes: without a certificate that matches the origin's name
#     CloudFront answers every request with 502.
#   reads: [cloudfront:ListDistributions, cloudfront:GetVpcOrigin]
#   joins: [vpc_origins]
#   claims: [cf-origin-https, in-transit]
#   frameworks: {fsbp: [CloudFront.9]}
#   fix: cloudfront.origin_https
package konecta.cloudfront.origin_https

import rego.v1

import data.konecta.lib.cloudfront
import data.konecta.lib.encryption

pass if {
	origins := cloudfront.origins
	some judged in origins
	not cloudfront.idle(judged)
	_https(judged)
	every origin in origins { _settled(origin) }
}

violations contains {"path": path, "actual": policy, "expected": "https-only"} if {
	some origin in cloudfront.known_origins
	not cloudfront.idle(origin)
	not cloudfront.perhaps_idle(origin)
	endpoint := cloudfront.endpoint(origin)
	policy := endpoint.config.OriginProtocolPolicy
	is_string(policy)
	not policy in encryption.origin_policies
	path := sprintf("%s.OriginProtocolPolicy", [endpoint.path])
}

unknown contains why if some why in cloudfront.perhaps_used

not_applicable contains "all origins are S3 buckets" if cloudfront.only_s3

not_applicable contains "all origins in use are S3 buckets" if cloudfront.only_s3_in_use

_settled(origin) if cloudfront.is_s3(origin)

_settled(origin) if cloudfront.idle(origin)

_settled(origin) if _https(origin)

_https(origin) if cloudfront.endpoint(origin).config.OriginProtocolPolicy in encryption.origin_policies
