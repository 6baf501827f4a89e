package konecta.cloudfront.origin_tls_protocols_test

import rego.v1

import data.konecta.cloudfront.origin_tls_protocols as control

blueprint := {"cloudfront": {"origin_ssl_protocols": ["TLSv1.2"]}}

distribution(origins) := {"configuration": {"DistributionConfig": {"Origins": {"Quantity": count(origins), "Items": origins}}}}

protocols(items) := {"OriginSslProtocols": {"Quantity": count(items), "Items": items}}

alb(items) := {"Id": "alb", "CustomOriginConfig": protocols(items)}

internal := {"Id": "internal", "VpcOriginConfig": {"VpcOriginId": "vo_1"}}

bucket := {"Id": "assets", "S3OriginConfig": {"OriginAccessIdentity": ""}}

test_current_versions_pass if {
	control.pass with input as distribution([alb(["TLSv1.2"]), bucket]) with data.blueprint as blueprint
	count(control.violations) == 0 with input as distribution([alb(["TLSv1.2"]), bucket]) with data.blueprint as blueprint
}

test_one_outdated_version_beside_a_current_one_fails if {
	mixed := distribution([alb(["TLSv1.2", "TLSv1.1", "SSLv3"])])
	control.violations == {{
		"path": "DistributionConfig.Origins.Items[alb].CustomOriginConfig.OriginSslProtocols",
		"actual": ["SSLv3", "TLSv1.1"],
		"expected": ["TLSv1.2"],
	}} with input as mixed with data.blueprint as blueprint
	not control.pass with input as mixed with data.blueprint as blueprint
}

test_vpc_origin_is_judged_by_its_own_object if {
	old := {"vo_1": protocols(["TLSv1"])}
	new := {"vo_1": protocols(["TLSv1.2"])}
	control.pass with input as distribution([internal]) with data.blueprint as blueprint with data.index.vpc_origins as new
	control.violations == {{
		"path": "DistributionConfig.Origins.Items[internal].VpcOriginConfig.OriginSslProtocols",
		"actual": ["TLSv1"],
		"expected": ["TLSv1.2"],
	}} with input as distribution([internal]) with data.blueprint as blueprint with data.index.vpc_origins as old
}

test_unread_vpc_origin_is_unknown if {
	not control.pass with input as distribution([alb(["TLSv1.2"]), internal]) with data.blueprint as blueprint
	count(control.violations) == 0 with input as distribution([alb(["TLSv1.2"]), internal]) with data.blueprint as blueprint
}

test_short_list_is_unknown if {
	short := distribution([{"Id": "alb", "CustomOriginConfig": {"OriginSslProtocols": {"Quantity": 2, "Items": ["TLSv1.2"]}}}])
	not control.pass with input as short with data.blueprint as blueprint
	count(control.violations) == 0 with input as short with data.blueprint as blueprint
}

test_buckets_only_is_not_applicable if {
	control.not_applicable == {"all origins are S3 buckets"} with input as distribution([bucket]) with data.blueprint as blueprint
}

without_functions := {"FunctionAssociations": {"Quantity": 0}, "LambdaFunctionAssociations": {"Quantity": 0}}

# Two origins, of which the behaviors use one: by itself, or in a group with the other.
using(target, members) := {"configuration": {"DistributionConfig": {
	"DefaultCacheBehavior": object.union({"TargetOriginId": target}, without_functions),
	"CacheBehaviors": {"Quantity": 0},
	"OriginGroups": {"Quantity": 1, "Items": [{"Id": "both", "Members": {"Quantity": count(members), "Items": [{"OriginId": id} | some id in members]}}]},
	"Origins": {"Quantity": 2, "Items": [alb(["TLSv1.2"]), object.union(alb(["TLSv1"]), {"Id": "old"})]},
}}}

test_an_origin_that_no_behavior_uses_is_left_out if {
	control.pass with input as using("alb", ["alb"]) with data.blueprint as blueprint
	count(control.violations) == 0 with input as using("alb", ["alb"]) with data.blueprint as blueprint
}

test_a_group_and_what_cannot_be_told_count_as_use if {
	count(control.violations) == 1 with input as using("both", ["alb", "old"]) with data.blueprint as blueprint
	count(control.violations) == 1 with input as using("nobody", ["alb"]) with data.blueprint as blueprint
	none := json.patch(using("alb", ["alb"]), [{"op": "replace", "path": "/configuration/DistributionConfig/OriginGroups", "value": {"Quantity": 0}}])
	count(control.violations) == 0 with input as none with data.blueprint as blueprint
	short := json.patch(using("alb", ["alb"]), [{"op": "remove", "path": "/configuration/DistributionConfig/OriginGroups/Items"}])
	count(control.violations) == 1 with input as short with data.blueprint as blueprint
}

test_a_bucket_beside_an_unused_origin_is_not_applicable if {
	parked := json.patch(using("assets", ["assets"]), [{"op": "replace", "path": "/configuration/DistributionConfig/Origins/Items/0", "value": bucket}])
	control.not_applicable == {"all origins in use are S3 buckets"} with input as parked with data.blueprint as blueprint
	not control.pass with input as parked with data.blueprint as blueprint
	count(control.violations) == 0 with input as parked with data.blueprint as blueprint
}

test_an_origin_of_a_group_that_no_behavior_names_is_left_out if {
	spare := using("alb", ["alb", "old"])
	control.pass with input as spare with data.blueprint as blueprint
	count(control.violations) == 0 with input as spare with data.blueprint as blueprint
}

running(kind, event) := json.patch(using("alb", ["alb"]), [{
	"op": "replace",
	"path": sprintf("/configuration/DistributionConfig/DefaultCacheBehavior/%s", [kind]),
	"value": {"Quantity": 1, "Items": [{"EventType": event}]},
}])

test_an_origin_that_a_function_may_choose_is_unknown if {
	every at in [["FunctionAssociations", "viewer-request"], ["LambdaFunctionAssociations", "origin-request"]] {
		not control.pass with input as running(at[0], at[1]) with data.blueprint as blueprint
		count(control.violations) == 0 with input as running(at[0], at[1]) with data.blueprint as blueprint
		count(control.not_applicable) == 0 with input as running(at[0], at[1]) with data.blueprint as blueprint
		control.unknown == {"no behavior names origin old, and a function may choose it"} with input as running(at[0], at[1]) with data.blueprint as blueprint
	}
}

test_other_functions_choose_no_origin if {
	every at in [["FunctionAssociations", "viewer-response"], ["LambdaFunctionAssociations", "viewer-request"], ["LambdaFunctionAssociations", "origin-response"]] {
		control.pass with input as running(at[0], at[1]) with data.blueprint as blueprint
	}
}
