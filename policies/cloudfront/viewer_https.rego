# METADATA
# title: Every cache behavior sends viewers to HTTPS
# description: >-
#   A distribution has one default and any number of ordered cache behaviors, each with a viewer protocol policy of its own. One behavior
#   that still answers over HTTP lets anybody on the way read and change what it serves, session cookies included.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-https-viewers-to-cloudfront.html
# custom:
#   id: KA-CF-001
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: Set the viewer protocol policy of the named behavior to `redirect-to-https`.
#   reads: [cloudfront:ListDistributions]
#   claims: [cf-https-only, in-transit]
#   frameworks: {fsbp: [CloudFront.3]}
#   fix: cloudfront.viewer_https
package konecta.cloudfront.viewer_https

import rego.v1

import data.konecta.lib.cloudfront
import data.konecta.lib.encryption

pass if {
	behaviors := cloudfront.behaviors
	every behavior in behaviors {
		behavior.config.ViewerProtocolPolicy in encryption.viewer_policies
	}
}

violations contains {"path": path, "actual": policy, "expected": "redirect-to-https"} if {
	some behavior in cloudfront.known_behaviors
	policy := behavior.config.ViewerProtocolPolicy
	is_string(policy)
	not policy in encryption.viewer_policies
	path := sprintf("%s.ViewerProtocolPolicy", [behavior.path])
}
