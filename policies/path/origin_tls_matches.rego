# METADATA
# title: CloudFront accepts the certificate that the origin shows
# description: >-
#   Over HTTPS CloudFront accepts an origin's certificate only if it names the origin's domain or the Host that is forwarded, is in time and of a
#   public CA; otherwise every request is answered with 502. A listener shows the certificate that the name in the handshake selects, and one
#   that asks for a client certificate turns CloudFront away unless it has one. Nobody can get a certificate for a load balancer's own name under
#   `elb.amazonaws.com`, so an origin needs a name of its own. Turning an origin to HTTPS without this proof takes the site down.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/http-502-bad-gateway.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-cloudfront-to-custom-origin.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
# custom:
#   id: KA-X-003
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Give the load balancer a name of your own in Route 53 and a public ACM certificate for it in the load balancer's region, add the
#     certificate to the HTTPS listener, and use that name as the origin's domain; where Host is forwarded, have it name the viewers' names too.
#   reads:
#     - cloudfront:ListDistributions
#     - cloudfront:GetCachePolicy
#     - cloudfront:GetOriginRequestPolicy
#     - cloudfront:GetVpcOrigin
#     - route53:ListResourceRecordSets
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeListenerCertificates
#     - elasticloadbalancing:DescribeTargetGroups
#     - elasticloadbalancing:DescribeTargetHealth
#     - acm:DescribeCertificate
#   facts: [origin_tls]
#   claims: [cf-origin-https, in-transit]
#   fix: path.origin_tls
package konecta.path.origin_tls_matches

import rego.v1

pass if {
	_enabled == true
	count(_judged) > 0
	every origin in _judged {
		origin.used == true
		origin.matches == true
	}
}

violations contains {"path": path, "actual": fault.actual, "expected": _expected(fault), "proof": origin.proof} if {
	_enabled == true
	some origin in _judged
	origin.used == true
	origin.matches == false
	some fault in origin.faults
	path := sprintf("DistributionConfig.Origins.Items[%s].DomainName", [origin.origin])
}

not_applicable contains "the distribution is disabled" if _enabled == false

not_applicable contains "no origin is a load balancer" if count(_origins) == 0

not_applicable contains "no behavior uses an origin that is a load balancer" if {
	count(_origins) > 0
	count(_judged) == 0
}

unattainable contains reason if {
	_enabled == true
	some origin in _judged
	origin.used == true
	origin.matches == false
	count(origin.sent) > 0
	every name in origin.sent { _owned_by_aws(name) }
	reason := concat("", [
		sprintf("nobody can get a certificate for %s, so HTTPS towards that name is answered with 502; ", [concat(" or ", sort(origin.sent))]),
		"an origin name of your own with an ACM certificate for it on the load balancer works",
	])
}

unknown contains reason if {
	some origin in _judged
	some reason in origin.why
}

_enabled := input.configuration.DistributionConfig.Enabled

_origins := data.facts[input.arn].origin_tls

# An origin that no behavior uses is never asked for anything.
_judged := [origin | some origin in _origins; object.get(origin, "used", null) != false]

_expected(fault) := sprintf("%s (behavior %s)", [fault.expected, concat(", ", fault.behaviors)])

_owned_by_aws(name) if regex.match(`\.(elb\.amazonaws\.com|elb\.amazonaws\.com\.cn|cloudfront\.net)$`, lower(name))
