package konecta.cloudfront.geo_restriction_test

import rego.v1

import data.konecta.cloudfront.geo_restriction as control

declared(kind, countries) := {"cloudfront": {"geo_restriction": kind, "geo_countries": countries}}

everywhere := declared("none", [])

home := declared("whitelist", ["EG", "DE"])

restricted(restriction) := {"configuration": {"DistributionConfig": {"Restrictions": {"GeoRestriction": restriction}}}}

open := restricted({"RestrictionType": "none", "Quantity": 0})

listed(kind, countries) := restricted({"RestrictionType": kind, "Quantity": count(countries), "Items": countries})

test_what_is_declared_passes_in_any_order if {
	control.pass with input as open with data.blueprint as everywhere
	control.pass with input as listed("whitelist", ["DE", "EG"]) with data.blueprint as home
	count(control.violations) == 0 with input as open with data.blueprint as everywhere
	count(control.violations) == 0 with input as listed("whitelist", ["DE", "EG"]) with data.blueprint as home
}

test_another_kind_fails if {
	control.violations == {{
		"path": "DistributionConfig.Restrictions.GeoRestriction.RestrictionType",
		"actual": "blacklist",
		"expected": "whitelist",
	}} with input as listed("blacklist", ["EG", "DE"]) with data.blueprint as home
	not control.pass with input as listed("blacklist", ["EG", "DE"]) with data.blueprint as home
}

test_other_countries_fail if {
	control.violations == {{
		"path": "DistributionConfig.Restrictions.GeoRestriction.Items",
		"actual": ["EG", "US"],
		"expected": ["DE", "EG"],
	}} with input as listed("whitelist", ["US", "EG"]) with data.blueprint as home
	not control.pass with input as listed("whitelist", ["US", "EG"]) with data.blueprint as home
}

test_short_list_and_missing_kind_are_unknown if {
	short := restricted({"RestrictionType": "whitelist", "Quantity": 3, "Items": ["EG", "DE"]})
	every config in [short, restricted({"Quantity": 0})] {
		not control.pass with input as config with data.blueprint as home
		count(control.violations) == 0 with input as config with data.blueprint as home
	}
}
