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

without_functions := {"FunctionAssociations": {"Quantity": 0}, "LambdaFunctionAssociations": {"Quantity": 0}}

# Two origins, of which the behaviors use one: by itself, or in a group with the other.
using(target, members) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": object.union({"TargetOriginId": target}, without_functions),
	"CacheBehaviors": {"Quantity": 0},
	"OriginGroups": {"Quantity": 1, "Items": [{"Id": "both", "Members": {"Quantity": count(members), "Items": [{"OriginId": id} | some id in members]}}]},
	"Origins": {"Quantity": 2, "Items": [alb("https-only"), object.union(alb("http-only"), {"Id": "old"})]},
}}}

test_an_origin_that_no_behavior_uses_is_left_out if {
	control.pass with input as using("alb", ["alb"])
	count(control.violations) == 0 with input as using("alb", ["alb"])
}

test_a_group_and_what_cannot_be_told_count_as_use if {
	count(control.violations) == 1 with input as using("both", ["alb", "old"])
	count(control.violations) == 1 with input as using("nobody", ["alb"])
	none := json.patch(using("alb", ["alb"]), [{"op": "replace", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}}])
	count(control.violations) == 0 with input as none
	short := json.patch(using("alb", ["alb"]), [{"op": "remove", "path": "/configuration/DistributionConfig/OriginGroups/Items"}])
	count(control.violations) == 1 with input as short
}

test_a_bucket_beside_an_unused_origin_is_not_applicable if {
	parked := json.patch(using("assets", ["assets"]), [{"op": "replace", "path": "/configuration/DistributionConfig/Origins/Items/0", "value": bucket}])
	control.not_applicable == {"all origins in use are S3 buckets"} with input as parked
	not control.pass with input as parked
	count(control.violations) == 0 with input as parked
}

test_an_origin_of_a_group_that_no_behavior_names_is_left_out if {
	spare := using("alb", ["alb", "old"])
	control.pass with input as spare
	count(control.violations) == 0 with input as spare
}

running(kind, event) := json.patch(using("alb", ["alb"]), [{
	"op": "replace",
	"path": sprintf("/configuration/DistributionConfig/DefaultCacheBehavior/%s", [kind]),
	"value": {"Quantity": 1, "Items": [{"EventType": event}]},
}])

test_an_origin_that_a_function_may_choose_is_unknown if {
	every at in [["FunctionAssociations", "viewer-request"], ["LambdaFunctionAssociations", "origin-request"]] {
		not control.pass with input as running(at[0], at[1])
		count(control.violations) == 0 with input as running(at[0], at[1])
		count(control.not_applicable) == 0 with input as running(at[0], at[1])
		control.unknown == {"no behavior names origin old, and a function may choose it"} with input as running(at[0], at[1])
	}
}

test_other_functions_choose_no_origin if {
	every at in [["FunctionAssociations", "viewer-response"], ["LambdaFunctionAssociations", "viewer-request"], ["LambdaFunctionAssociations", "origin-response"]] {
		control.pass with input as running(at[0], at[1])
	}
}
