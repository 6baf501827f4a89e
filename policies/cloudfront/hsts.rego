# METADATA
# title: Every cache behavior sends HSTS for a year and lets no origin weaken it
# description: >-
#   HSTS makes a browser use HTTPS before it asks. Without it, or with a short lifetime, the first plain request of a visit can be taken over.
#   Where the policy does not override, an origin that sends `max-age=0` switches it off. AWS's managed SecurityHeadersPolicy is such a policy; as the
#   blueprint declares it, it is accepted as it stands, with the two of AWS that send headers for CORS beside it, and any other policy must override.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-response-headers.html
# custom:
#   id: KA-CF-021
#   severity: medium
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Attach a response headers policy of your own to the named behavior, with Strict-Transport-Security of at least the declared lifetime and
#     origin override on.
#   reads: [cloudfront:ListDistributions, cloudfront:GetResponseHeadersPolicy]
#   joins: [response_headers_policies]
#   claims: [cf-security-headers]
#   fix: cloudfront.hsts
package konecta.cloudfront.hsts

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	behaviors := cloudfront.behaviors
	every behavior in behaviors {
		hsts := cloudfront.security_headers(behavior).StrictTransportSecurity
		is_number(hsts.AccessControlMaxAgeSec)
		hsts.AccessControlMaxAgeSec >= _max_age
		_prevails(behavior, hsts)
	}
}

violations contains {"path": path, "actual": null, "expected": expected} if {
	some behavior in cloudfront.known_behaviors
	_none(cloudfront.security_headers(behavior))
	expected := sprintf("at least %v seconds, over what the origin sends", [_max_age])
	path := sprintf("%s.ResponseHeadersPolicy.StrictTransportSecurity", [behavior.path])
}

violations contains {"path": path, "actual": seconds, "expected": sprintf("at least %v", [_max_age])} if {
	some behavior in cloudfront.known_behaviors
	seconds := cloudfront.security_headers(behavior).StrictTransportSecurity.AccessControlMaxAgeSec
	is_number(seconds)
	seconds < _max_age
	path := sprintf("%s.ResponseHeadersPolicy.StrictTransportSecurity.AccessControlMaxAgeSec", [behavior.path])
}

violations contains {"path": path, "actual": false, "expected": true} if {
	some behavior in cloudfront.known_behaviors
	cloudfront.security_headers(behavior).StrictTransportSecurity.Override == false
	not behavior.config.ResponseHeadersPolicyId in _as_they_stand
	path := sprintf("%s.ResponseHeadersPolicy.StrictTransportSecurity.Override", [behavior.path])
}

_prevails(_, hsts) if hsts.Override == true

_prevails(behavior, _) if behavior.config.ResponseHeadersPolicyId in _as_they_stand

# AWS's own policies with security headers: SecurityHeadersPolicy, and the two that send headers for CORS beside them.
_managed := {
	"67f7725c-6f97-4210-82d7-5512b31e9d03",
	"e61eb60c-9c35-4d20-a928-2b84e02af89c",
	"eaab4381-ed33-4a86-88ca-d9558dc6cd63",
}

_declared := data.blueprint.cloudfront.security_headers_policy

# Where one of them is declared, the others, which let an origin do just as much, are accepted too.
_as_they_stand := {_declared} if not _declared in _managed

_as_they_stand := _managed if _declared in _managed

_max_age := data.blueprint.cloudfront.hsts_max_age

_none(headers) if headers == null

_none(headers) if headers.StrictTransportSecurity == null
