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
