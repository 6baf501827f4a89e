package konecta.cloudfront.access_logs_test

import rego.v1

import data.konecta.cloudfront.access_logs as control

arn := "arn:aws:cloudfront::123456789012:distribution/E1"

off := {"Enabled": false, "IncludeCookies": false, "Bucket": "", "Prefix": ""}

bucket := {"Enabled": true, "IncludeCookies": false, "Bucket": "logs.s3.amazonaws.com", "Prefix": ""}

logging(value) := {"arn": arn, "configuration": {"DistributionConfig": {"Logging": value}}}

known(sources) := {arn: {"log_deliveries": sources}}

source := {"source": "edge", "log_type": "ACCESS_LOGS", "deliveries": [{"id": "d-1", "destination": "arn:d", "kind": "S3"}]}

expected := {{
	"path": "DistributionConfig.Logging.Enabled",
	"actual": false,
	"expected": "true, or a delivery of its access logs",
}}

test_a_bucket_passes_whatever_is_delivered if {
	every facts in [{}, {arn: {}}, known([]), known([source])] {
		control.pass with input as logging(bucket) with data.facts as facts
		count(control.violations) == 0 with input as logging(bucket) with data.facts as facts
	}
}

test_a_delivery_passes if {
	every one in [source, object.union(source, {"status": "ACTIVE"})] {
		control.pass with input as logging(off) with data.facts as known([one])
		count(control.violations) == 0 with input as logging(off) with data.facts as known([one])
	}
}

test_both_off_fail if {
	every sources in [
		[],
		[object.union(source, {"deliveries": []})],
		[object.union(source, {"log_type": "CONNECTION_LOGS"})],
		[object.union(source, {"status": "INACTIVE"})],
	] {
		control.violations == expected with input as logging(off) with data.facts as known(sources)
		not control.pass with input as logging(off) with data.facts as known(sources)
	}
}

test_deliveries_not_known_are_unknown if {
	every facts in [{}, {arn: {}}] {
		not control.pass with input as logging(off) with data.facts as facts
		count(control.violations) == 0 with input as logging(off) with data.facts as facts
	}
}

test_settings_not_known_are_unknown if {
	every value in [null, {}, {"Enabled": null}, {"Enabled": true, "Bucket": ""}, {"Enabled": true}] {
		not control.pass with input as logging(value) with data.facts as known([])
		count(control.violations) == 0 with input as logging(value) with data.facts as known([])
	}
}
