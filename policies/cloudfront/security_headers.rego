# METADATA
# title: Every cache behavior adds security headers to its answers
# description: >-
#   A response headers policy makes CloudFront add the headers by which a browser protects itself: HSTS, X-Frame-Options,
#   X-Content-Type-Options and Referrer-Policy. It is attached behavior by behavior, and a behavior without one answers bare. AWS's managed
#   policy counts, and so does any policy with these four headers; X-XSS-Protection is not asked for, since browsers have dropped it.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
# custom:
#   id: KA-CF-020
#   severity: medium
#   resource: AWS::CloudFront::Distribution
#   remediation: Attach AWS's managed SecurityHeadersPolicy, or a policy of your own with the same headers, to the named behavior.
#   reads: [cloudfront:ListDistributions, cloudfront:GetResponseHeadersPolicy]
#   joins: [response_headers_policies]
#   claims: [cf-security-headers]
#   fix: cloudfront.security_headers
package konecta.cloudfront.security_headers

import rego.v1

import data.konecta.lib.cloudfront

wanted := {"ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity"}

pass if {
	behaviors := cloudfront.behaviors
	every behavior in behaviors { _protected(behavior) }
}

violations contains {"path": path, "actual": null, "expected": _managed} if {
	some behavior in cloudfront.known_behaviors
	behavior.config.ResponseHeadersPolicyId == null
	path := sprintf("%s.ResponseHeadersPolicyId", [behavior.path])
}

violations contains {"path": path, "actual": sort(wanted - lacking), "expected": sort(wanted)} if {
	some behavior in cloudfront.known_behaviors
	is_string(behavior.config.ResponseHeadersPolicyId)
	behavior.config.ResponseHeadersPolicyId != _managed
	lacking := _lacking(cloudfront.security_headers(behavior))
	count(lacking) > 0
	path := sprintf("%s.ResponseHeadersPolicy.SecurityHeadersConfig", [behavior.path])
}

_managed := data.blueprint.cloudfront.security_headers_policy

_protected(behavior) if behavior.config.ResponseHeadersPolicyId == _managed

_protected(behavior) if {
	headers := cloudfront.security_headers(behavior)
	every header in wanted { is_object(headers[header]) }
}

# The headers that a policy is known not to add.
_lacking(headers) := wanted if headers == null

_lacking(headers) := {header | some header in wanted; headers[header] == null} if is_object(headers)
