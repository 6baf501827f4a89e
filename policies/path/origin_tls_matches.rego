# METADATA
# title: The load balancer's certificate names the origin that CloudFront asks for
# description: >-
#   Over HTTPS CloudFront accepts an origin's certificate only if it names the origin's domain or the Host that is forwarded; otherwise every
#   request is answered with 502. Nobody can get a certificate for a load balancer's own name under `elb.amazonaws.com`, so an origin needs a
#   name of its own. Turning an origin to HTTPS without this proof takes the site down.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html
# custom:
#   id: KA-X-003
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Give the load balancer a name of your own in Route 53 and an ACM certificate for it in the load balancer's region, add the certificate to
#     the HTTPS listener, and use that name as the origin's domain.
#   reads:
#     - cloudfront:GetDistribution
#     - cloudfront:GetCachePolicy
#     - cloudfront:GetOriginRequestPolicy
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeListenerCertificates
#     - acm:DescribeCertificate
#   facts: [origin_tls]
#   claims: [cf-origin-https]
#   fix: path.origin_tls
package konecta.path.origin_tls_matches

import rego.v1

pass if {
	count(_origins) > 0
	every origin in _origins { origin.matches == true }
}

violations contains {"path": _place(origin), "actual": names, "expected": expected, "proof": origin.proof} if {
	some origin in _origins
	origin.matches == false
	is_string(origin.listener)
	names := {"certificate": origin.certificate_names}
	expected := {"one of": origin.sent}
}

violations contains {"path": _place(origin), "actual": null, "expected": "an HTTPS listener on the origin's port", "proof": origin.proof} if {
	some origin in _origins
	origin.matches == false
	origin.listener == null
}

not_applicable contains "no origin is a load balancer" if count(_origins) == 0

unattainable contains reason if {
	some origin in _origins
	origin.matches == false
	count(origin.sent) > 0
	every name in origin.sent { _owned_by_aws(name) }
	reason := concat("", [
		sprintf("nobody can get a certificate for %s, so HTTPS towards that name is answered with 502; ", [concat(" or ", sort(origin.sent))]),
		"an origin name of your own with an ACM certificate for it on the load balancer works",
	])
}

_origins := data.facts[input.arn].origin_tls

_place(origin) := sprintf("DistributionConfig.Origins.Items[%s].DomainName", [origin.origin])

_owned_by_aws(name) if regex.match(`\.(elb\.amazonaws\.com|elb\.amazonaws\.com\.cn|cloudfront\.net)$`, lower(name))
