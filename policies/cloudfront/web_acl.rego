# METADATA
# title: A web ACL stands before every distribution
# description: >-
#   Without a web ACL every request reaches the application as it was sent: injections, known exploits, scanners and floods. A web ACL of
#   WAF Classic does not count: it has none of AWS's managed rule groups of today and is no longer supported.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-awswaf.html
#   - https://docs.aws.amazon.com/waf/latest/developerguide/cloudfront-features.html
# custom:
#   id: KA-CF-041
#   severity: high
#   resource: AWS::CloudFront::Distribution
#   remediation: Attach a web ACL with the scope CLOUDFRONT to the distribution, with the baseline of managed rule groups (KA-WAF-002).
#   reads: [cloudfront:ListDistributions, wafv2:ListWebACLs, wafv2:GetWebACL]
#   claims: [cf-waf-ready]
#   frameworks: {fsbp: [CloudFront.6]}
#   fix: cloudfront.web_acl
package konecta.cloudfront.web_acl

import rego.v1

pass if contains(_attached, ":wafv2:")

violations contains {"path": "DistributionConfig.WebACLId", "actual": _attached, "expected": "the ARN of a web ACL"} if {
	not contains(_attached, ":wafv2:")
}

# Empty where there is none; a bare id is one of WAF Classic.
_attached := id if {
	id := input.configuration.DistributionConfig.WebACLId
	is_string(id)
}
