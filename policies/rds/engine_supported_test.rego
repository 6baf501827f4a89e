package konecta.rds.engine_supported_test

import rego.v1

import data.konecta.rds.engine_supported as control

now := "2026-11-23T12:00:00Z"

blueprint := {"rds": {"engine": "postgres"}}

instance(engine, version) := {"configuration": {"Engine": engine, "EngineVersion": version}}

entry(standard_end, extended_end) := {"SupportedEngineLifecycles": [
	{"LifecycleSupportName": "open-source-rds-extended-support", "LifecycleSupportEndDate": extended_end},
	{"LifecycleSupportName": "open-source-rds-standard-support", "LifecycleSupportEndDate": standard_end},
]}

lifecycle := {"rds": {
	"postgres": {
		"13": entry("2026-02-28T23:59:59Z", "2029-02-28T23:59:59Z"),
		"16": entry("2029-02-28T23:59:59Z", "2032-02-29T23:59:59Z"),
		"9.6": entry("2022-04-26T23:59:59Z", "2025-04-26T23:59:59Z"),
	},
	"mysql": {"8.4": entry("2029-07-31T23:59:59Z", "2032-07-31T23:59:59Z")},
}, "rds_versions": {"postgres": {
	"16.3": {"Status": "available"},
	"16.1": {"Status": "deprecated"},
	"16.2": {},
	"13.15": {"Status": "available"},
}}}

test_standard_support_passes if {
	supported := instance("postgres", "16.3")
	control.pass with input as supported with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	count(control.violations) == 0 with input as supported with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
}

test_extended_support_fails if {
	extended := instance("postgres", "13.15")
	control.violations == {{
		"path": "EngineVersion",
		"actual": "13.15",
		"expected": "a major version in standard support, which ended for this one on 2026-02-28T23:59:59Z",
	}} with input as extended with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	not control.pass with input as extended with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
}

test_major_version_of_two_parts_is_found if {
	old := instance("postgres", "9.6.24")
	actuals := {violation.actual | some violation in control.violations} with input as old
		with data.blueprint as blueprint
		with data.lifecycle as lifecycle
		with data.now as now
	actuals == {"9.6.24"}
}

test_version_that_aws_lists_no_more_fails if {
	ancient := instance("postgres", "9.4.26")
	control.violations == {{
		"path": "EngineVersion",
		"actual": "9.4.26",
		"expected": "a major version that AWS lists",
	}} with input as ancient with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
}

test_other_engine_fails_though_supported if {
	mysql := instance("mysql", "8.4.3")
	control.violations == {{
		"path": "Engine",
		"actual": "mysql",
		"expected": "postgres",
	}} with input as mysql with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	not control.pass with input as mysql with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
}

test_unread_lifecycle_is_unknown if {
	not control.pass with input as instance("postgres", "16.3") with data.blueprint as blueprint with data.lifecycle as {} with data.now as now
	violations := control.violations with input as instance("postgres", "16.3") with data.blueprint as blueprint with data.lifecycle as {} with data.now as now
	count(violations) == 0
}

test_missing_dates_are_unknown if {
	dateless := {"rds": {"postgres": {"16": {"SupportedEngineLifecycles": [{"LifecycleSupportName": "open-source-rds-standard-support"}]}}}}
	not control.pass with input as instance("postgres", "16.3") with data.blueprint as blueprint with data.lifecycle as dateless with data.now as now
	violations := control.violations with input as instance("postgres", "16.3") with data.blueprint as blueprint with data.lifecycle as dateless with data.now as now
	count(violations) == 0
}

test_missing_engine_or_version_is_unknown if {
	not control.pass with input as {"configuration": {}} with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	not control.pass with input as {"configuration": {"Engine": "postgres"}} with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	violations := control.violations with input as {"configuration": {"Engine": "postgres"}} with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	count(violations) == 0
}

test_deprecated_minor_version_fails if {
	control.violations == {{
		"path": "EngineVersion",
		"actual": "16.1",
		"expected": "a minor version that is not deprecated",
	}} with input as instance("postgres", "16.1") with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
	not control.pass with input as instance("postgres", "16.1") with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
}

test_minor_version_that_is_not_listed_is_unknown if {
	every version in ["16.2", "16.99"] {
		not control.pass with input as instance("postgres", version) with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
		violations := control.violations with input as instance("postgres", version) with data.blueprint as blueprint with data.lifecycle as lifecycle with data.now as now
		count(violations) == 0
	}
	unread := object.remove(lifecycle, ["rds_versions"])
	not control.pass with input as instance("postgres", "16.3") with data.blueprint as blueprint with data.lifecycle as unread with data.now as now
}
