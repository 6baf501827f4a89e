# METADATA
# title: Unknown paths are answered with the page of the application
# description: >-
#   A single-page application knows its own paths; the origin does not, and answers 403 or 404. CloudFront has to turn both into the page
#   with status 200, and forget them soon. Mind that this holds for the whole distribution: where it also serves an API, the API's own 403
#   and 404 become a page with status 200 as well.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/GeneratingCustomErrorResponses.html
# custom:
#   id: KA-CF-034
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: >-
#     Add custom error responses for 403 and 404 with the declared page, status 200 and a short caching time. If the distribution serves an
#     API too, put the API under a distribution or a name of its own.
#   reads: [cloudfront:ListDistributions]
#   claims: [cf-spa-errors]
#   fix: cloudfront.spa_errors
package konecta.cloudfront.spa_errors

import rego.v1

codes := {403, 404}

pass if {
	every code in codes {
		found := [response | some response in _responses.Items; response.ErrorCode == code]
		count(found) > 0
		every response in found { _right(response) }
	}
}

violations contains {"path": _place(code), "actual": null, "expected": expected} if {
	answered := _answered
	some code in codes
	not code in answered
	expected := sprintf("%s with status %s", [_wanted.ResponsePagePath, _wanted.ResponseCode])
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	some response in _responses.Items
	response.ErrorCode in codes
	some name, expected in _wanted
	actual := response[name]
	actual != expected
	path := sprintf("%s.%s", [_place(response.ErrorCode), name])
}

violations contains {"path": path, "actual": seconds, "expected": sprintf("at most %v", [_longest])} if {
	some response in _responses.Items
	response.ErrorCode in codes
	seconds := response.ErrorCachingMinTTL
	is_number(seconds)
	seconds > _longest
	path := sprintf("%s.ErrorCachingMinTTL", [_place(response.ErrorCode)])
}

_responses := input.configuration.DistributionConfig.CustomErrorResponses

_wanted := {"ResponseCode": "200", "ResponsePagePath": data.blueprint.cloudfront.spa_page}

_longest := data.blueprint.cloudfront.spa_error_ttl

# The codes that have a response, when all responses are known. AWS sends `Quantity` always, and `Items` only where it is not 0.
_answered := answered if {
	answered := {response.ErrorCode | some response in _responses.Items}
	count(answered) == _responses.Quantity
}

_place(code) := sprintf("DistributionConfig.CustomErrorResponses.Items[%v]", [code])

_right(response) if {
	response.ResponseCode == _wanted.ResponseCode
	response.ResponsePagePath == _wanted.ResponsePagePath
	is_number(response.ErrorCachingMinTTL)
	response.ErrorCachingMinTTL <= _longest
}
