# METADATA
# title: Viewers may use every HTTP version that is promised
# description: >-
#   HTTP/2 and HTTP/3 carry many requests over one connection, and HTTP/3 survives a change of network. A distribution offers only the versions
#   that it is set to; viewers that know no newer one fall back by themselves.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-values-specify.html
# custom:
#   id: KA-CF-006
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: Set the supported HTTP versions of the distribution to the declared value.
#   reads: [cloudfront:GetDistribution]
#   fix: cloudfront.http_versions
package konecta.cloudfront.http_versions

import rego.v1

pass if _version == _wanted

violations contains {"path": "DistributionConfig.HttpVersion", "actual": _version, "expected": _wanted} if {
	_version != _wanted
}

# AWS answers in either casing.
_version := lower(version) if {
	version := input.configuration.DistributionConfig.HttpVersion
	is_string(version)
}

_wanted := data.blueprint.cloudfront.http_version
