package konecta.cloudfront.origin_https_test

import rego.v1

import data.konecta.cloudfront.origin_https as control

distribution(origins) := {"configuration": {"DistributionConfig": {"Origins": {"Quantity": count(origins), "Items": origins}}}}

alb(policy) := {"Id": "alb", "CustomOriginConfig": {"OriginProtocolPolicy": policy}}

internal := {"Id": "internal", "VpcOriginConfig": {"VpcOriginId": "vo_1"}}

bucket := {"Id": "assets", "S3OriginConfig": {"OriginAccessIdentity": ""}}

test_https_only_passes if {
	control.pass with input as distribution([alb("https-only"), bucket])
	count(control.violations) == 0 with input as distribution([alb("https-only"), bucket])
	count(control.not_applicable) == 0 with input as distribution([alb("https-only"), bucket])
}

test_http_only_fails if {
	control.violations == {{
		"path": "DistributionConfig.Origins.Items[alb].CustomOriginConfig.OriginProtocolPolicy",
		"actual": "http-only",
		"expected": "https-only",
	}} with input as distribution([alb("http-only"), bucket])
	not control.pass with input as distribution([alb("http-only"), bucket])
}

test_match_viewer_fails if {
	{violation.actual | some violation in control.violations} == {"match-viewer"} with input as distribution([alb("match-viewer")])
	not control.pass with input as distribution([alb("match-viewer")])
}

test_vpc_origin_is_judged_by_its_own_object if {
	encrypted := {"vo_1": {"OriginProtocolPolicy": "https-only"}}
	control.pass with input as distribution([internal]) with data.index.vpc_origins as encrypted
	control.violations == {{
		"path": "DistributionConfig.Origins.Items[internal].VpcOriginConfig.OriginProtocolPolicy",
		"actual": "http-only",
		"expected": "https-only",
	}} with input as distribution([internal]) with data.index.vpc_origins as {"vo_1": {"OriginProtocolPolicy": "http-only"}}
}

test_unread_vpc_origin_is_unknown if {
	mixed := distribution([alb("https-only"), internal])
	not control.pass with input as mixed with data.index.vpc_origins as {}
	count(control.violations) == 0 with input as mixed with data.index.vpc_origins as {}
	count(control.not_applicable) == 0 with input as mixed with data.index.vpc_origins as {}
}

test_missing_origin_is_unknown if {
	short := json.patch(distribution([alb("https-only")]), [{"op": "replace", "path": "/configuration/DistributionConfig/Origins/Quantity", "value": 2}])
	not control.pass with input as short
	count(control.violations) == 0 with input as short
}

test_missing_policy_is_unknown if {
	unknown := distribution([{"Id": "alb", "CustomOriginConfig": {}}])
	not control.pass with input as unknown
	count(control.violations) == 0 with input as unknown
}

test_buckets_only_is_not_applicable if {
	control.not_applicable == {"all origins are S3 buckets"} with input as distribution([bucket])
	not control.pass with input as distribution([bucket])
}
