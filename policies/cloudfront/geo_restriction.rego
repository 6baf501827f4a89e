# METADATA
# title: Viewers are let in from the countries that are declared
# description: >-
#   A distribution answers viewers everywhere, or only in listed countries, or everywhere but there. Which of them is right is a decision, and so
#   it is declared; what runs must be just that, since a list that somebody changed by hand locks people out or lets them in.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/georestrictions.html
# custom:
#   id: KA-CF-042
#   severity: low
#   resource: AWS::CloudFront::Distribution
#   remediation: Set the geographic restriction of the distribution to what is declared, or declare what it is.
#   reads: [cloudfront:ListDistributions]
#   claims: [cf-geo]
#   fix: cloudfront.geo_restriction
package konecta.cloudfront.geo_restriction

import rego.v1

pass if {
	_restriction.RestrictionType == _wanted
	_listed == _countries
}

violations contains {"path": _place("RestrictionType"), "actual": kind, "expected": _wanted} if {
	kind := _restriction.RestrictionType
	is_string(kind)
	kind != _wanted
}

violations contains {"path": _place("Items"), "actual": sort(_listed), "expected": sort(_countries)} if {
	_restriction.RestrictionType == _wanted
	_listed != _countries
}

_restriction := input.configuration.DistributionConfig.Restrictions.GeoRestriction

_wanted := data.blueprint.cloudfront.geo_restriction

_countries := {country | some country in data.blueprint.cloudfront.geo_countries}

# The countries, when all are known. AWS sends `Quantity` always, and `Items` only where it is not 0.
_listed := listed if {
	listed := {country | some country in _restriction.Items}
	count(listed) == _restriction.Quantity
}

_place(name) := sprintf("DistributionConfig.Restrictions.GeoRestriction.%s", [name])
