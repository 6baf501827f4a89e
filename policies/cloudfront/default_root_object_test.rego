package konecta.cloudfront.default_root_object_test

import rego.v1

import data.konecta.cloudfront.default_root_object as control

blueprint := {"cloudfront": {"default_root_object": "index.html"}}

distribution(root, origins) := {"configuration": {"DistributionConfig": {
	"DefaultRootObject": root,
	"Origins": {"Quantity": count(origins), "Items": origins},
}}}

bucket := {"Id": "assets", "S3OriginConfig": {"OriginAccessIdentity": ""}}

alb := {"Id": "alb", "CustomOriginConfig": {}}

internal := {"Id": "internal", "VpcOriginConfig": {}}

test_root_before_a_bucket_passes if {
	control.pass with input as distribution("index.html", [alb, bucket])
	count(control.violations) == 0 with input as distribution("index.html", [alb, bucket]) with data.blueprint as blueprint
	count(control.not_applicable) == 0 with input as distribution("index.html", [alb, bucket])
}

test_no_root_before_a_bucket_fails if {
	control.violations == {{
		"path": "DistributionConfig.DefaultRootObject",
		"actual": "",
		"expected": "index.html",
	}} with input as distribution("", [alb, bucket]) with data.blueprint as blueprint
	not control.pass with input as distribution("", [alb, bucket])
}

test_no_bucket_is_not_applicable if {
	control.not_applicable == {"no origin in use is an S3 bucket"} with input as distribution("", [alb, internal])
	count(control.violations) == 0 with input as distribution("", [alb, internal]) with data.blueprint as blueprint
	not control.pass with input as distribution("index.html", [alb, internal])
}

test_missing_root_is_unknown if {
	untold := {"configuration": {"DistributionConfig": {"Origins": {"Quantity": 1, "Items": [bucket]}}}}
	not control.pass with input as untold
	count(control.violations) == 0 with input as untold with data.blueprint as blueprint
}

test_missing_origin_and_unknown_kind_are_unknown if {
	short := json.patch(distribution("", [alb]), [{"op": "replace", "path": "/configuration/DistributionConfig/Origins/Quantity", "value": 2}])
	count(control.not_applicable) == 0 with input as short
	count(control.not_applicable) == 0 with input as distribution("", [alb, {"Id": "new"}])
	not control.pass with input as distribution("", [alb, {"Id": "new"}])
}

test_a_bucket_that_no_behavior_uses_is_left_out if {
	parked := json.patch(distribution("", [alb, bucket]), [
		{"op": "add", "path": "/configuration/DistributionConfig/DefaultCacheBehavior", "value": {"TargetOriginId": "alb", "FunctionAssociations": {"Quantity": 0}, "LambdaFunctionAssociations": {"Quantity": 0}}},
		{"op": "add", "path": "/configuration/DistributionConfig/CacheBehaviors", "value": {"Quantity": 0}},
		{"op": "add", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}},
	])
	control.not_applicable == {"no origin in use is an S3 bucket"} with input as parked
	count(control.violations) == 0 with input as parked with data.blueprint as blueprint
}

test_a_bucket_that_a_function_may_choose_is_unknown if {
	chosen := json.patch(distribution("", [alb, bucket]), [
		{"op": "add", "path": "/configuration/DistributionConfig/DefaultCacheBehavior", "value": {
			"TargetOriginId": "alb",
			"FunctionAssociations": {"Quantity": 1, "Items": [{"EventType": "viewer-request"}]},
			"LambdaFunctionAssociations": {"Quantity": 0},
		}},
		{"op": "add", "path": "/configuration/DistributionConfig/CacheBehaviors", "value": {"Quantity": 0}},
		{"op": "add", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}},
	])
	count(control.not_applicable) == 0 with input as chosen
	count(control.violations) == 0 with input as chosen with data.blueprint as blueprint
	count(control.unknown) == 1 with input as chosen
}
