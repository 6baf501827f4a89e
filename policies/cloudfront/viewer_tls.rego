# METADATA
# title: Viewers connect with TLS 1.2 and modern ciphers or better
# description: >-
#   The security policy of a distribution says which TLS versions and ciphers viewers may use. With the default certificate for
#   `*.cloudfront.net` CloudFront sets it to its oldest policy whatever is asked for, so a distribution without a certificate of its own
#   always admits outdated TLS.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
# custom:
#   id: KA-CF-002
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Give the distribution an alias and an ACM certificate from us-east-1 for it, and then choose one of the accepted security policies.
#   reads: [cloudfront:ListDistributions]
#   claims: [cf-tls12, in-transit]
#   frameworks: {fsbp: [CloudFront.15]}
#   fix: cloudfront.viewer_tls
package konecta.cloudfront.viewer_tls

import rego.v1

import data.konecta.lib.encryption

pass if encryption.modern(_certificate)

violations contains {"path": path, "actual": true, "expected": false} if {
	_certificate.CloudFrontDefaultCertificate == true
	path := "DistributionConfig.ViewerCertificate.CloudFrontDefaultCertificate"
}

violations contains {"path": path, "actual": policy, "expected": expected} if {
	_certificate.CloudFrontDefaultCertificate == false
	policy := encryption.outdated(_certificate)
	expected := data.blueprint.cloudfront.accepted_tls_policies
	path := "DistributionConfig.ViewerCertificate.MinimumProtocolVersion"
}

unattainable contains reason if {
	_certificate.CloudFrontDefaultCertificate == true
	reason := concat("", [
		"with the default *.cloudfront.net certificate CloudFront uses its oldest security policy whatever is asked for; ",
		"an alias with an ACM certificate in us-east-1 gives TLS 1.2 and later",
	])
}

_certificate := input.configuration.DistributionConfig.ViewerCertificate
