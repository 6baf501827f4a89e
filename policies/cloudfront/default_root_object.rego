# METADATA
# title: A distribution in front of a bucket answers for the root
# description: >-
#   Without a default root object a request for `/` reaches the bucket as it is, and a bucket answers it with an error or, where listing is
#   allowed, with the names of everything in it. Where no origin is a bucket, the application itself answers for its root.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DefaultRootObject.html
# custom:
#   id: KA-CF-035
#   severity: medium
#   resource: AWS::CloudFront::Distribution
#   remediation: Set the default root object to the page of the application.
#   reads: [cloudfront:GetDistribution]
#   frameworks: {fsbp: [CloudFront.1]}
#   fix: cloudfront.default_root_object
package konecta.cloudfront.default_root_object

import rego.v1

import data.konecta.lib.cloudfront

pass if {
	_before_a_bucket
	is_string(_root)
	_root != ""
}

violations contains {"path": "DistributionConfig.DefaultRootObject", "actual": "", "expected": expected} if {
	_before_a_bucket
	_root == ""
	expected := data.blueprint.cloudfront.default_root_object
}

unknown contains why if some why in cloudfront.perhaps_used

not_applicable contains "no origin in use is an S3 bucket" if {
	origins := cloudfront.origins
	every origin in origins { _elsewhere(origin) }
}

_root := input.configuration.DistributionConfig.DefaultRootObject

_before_a_bucket if {
	some origin in cloudfront.known_origins
	cloudfront.is_s3(origin)
	not cloudfront.idle(origin)
	not cloudfront.perhaps_idle(origin)
}

# An origin has exactly one of the three.
_elsewhere(origin) if is_object(origin.config.CustomOriginConfig)

_elsewhere(origin) if is_object(origin.config.VpcOriginConfig)

_elsewhere(origin) if cloudfront.idle(origin)
