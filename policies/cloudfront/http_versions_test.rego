package konecta.cloudfront.http_versions_test

import rego.v1

import data.konecta.cloudfront.http_versions as control

blueprint := {"cloudfront": {"http_version": "http2and3"}}

speaks(version) := {"configuration": {"DistributionConfig": {"HttpVersion": version}}}

test_declared_versions_pass_in_any_casing if {
	every version in ["http2and3", "HTTP2AND3"] {
		control.pass with input as speaks(version) with data.blueprint as blueprint
		count(control.violations) == 0 with input as speaks(version) with data.blueprint as blueprint
	}
}

test_fewer_versions_fail if {
	control.violations == {{
		"path": "DistributionConfig.HttpVersion",
		"actual": "http2",
		"expected": "http2and3",
	}} with input as speaks("http2") with data.blueprint as blueprint
	not control.pass with input as speaks("http2") with data.blueprint as blueprint
}

test_missing_version_is_unknown if {
	every value in [{}, {"HttpVersion": null}] {
		config := {"configuration": {"DistributionConfig": value}}
		not control.pass with input as config with data.blueprint as blueprint
		count(control.violations) == 0 with input as config with data.blueprint as blueprint
	}
}
