package konecta.ecr.scan_on_push_test

import rego.v1

import data.konecta.ecr.scan_on_push as control

repository(flag) := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"repositoryName": "konecta-erp/hr-service", "imageScanningConfiguration": {"scanOnPush": flag}},
}

registry(type, rules) := {"registry_scanning": {"123456789012/us-east-1": {"scanType": type, "rules": rules}}}

rule(frequency, filters) := {
	"scanFrequency": frequency,
	"repositoryFilters": [{"filter": filter, "filterType": "WILDCARD"} | some filter in filters],
}

verdict(flag, type, rules) := {"pass": is_pass(flag, type, rules), "violations": count(violations(flag, type, rules))}

is_pass(flag, type, rules) if control.pass with input as repository(flag) with data.index as registry(type, rules)

is_pass(flag, type, rules) := false if {
	not control.pass with input as repository(flag) with data.index as registry(type, rules)
}

violations(flag, type, rules) := found if {
	found := control.violations with input as repository(flag) with data.index as registry(type, rules)
}

passed := {"pass": true, "violations": 0}

failed := {"pass": false, "violations": 1}

test_flag_counts_under_basic_scanning if {
	verdict(true, "BASIC", []) == passed
	verdict(false, "BASIC", []) == failed
	violations(false, "BASIC", []) == {{
		"path": "imageScanningConfiguration.scanOnPush",
		"actual": false,
		"expected": true,
	}}
}

test_rule_counts_without_the_flag if {
	verdict(false, "BASIC", [rule("SCAN_ON_PUSH", ["*"])]) == passed
	verdict(false, "BASIC", [rule("SCAN_ON_PUSH", ["other/*"])]) == failed
	verdict(false, "BASIC", [rule("MANUAL", ["*"])]) == failed
}

test_flag_does_not_count_under_enhanced_scanning if {
	verdict(true, "ENHANCED", []) == failed
	violations(true, "ENHANCED", [rule("CONTINUOUS_SCAN", ["prod/*", "other"])]) == {{
		"path": "registryScanningConfiguration.rules",
		"actual": ["other", "prod/*"],
		"expected": "a rule that scans on push or continuously and matches konecta-erp/hr-service",
	}}
}

test_rules_count_under_enhanced_scanning if {
	verdict(false, "ENHANCED", [rule("CONTINUOUS_SCAN", ["*"])]) == passed
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["konecta-erp/*"])]) == passed
}

# A filter without a wildcard matches names that contain it, one with a wildcard the whole name.
test_filters_match_as_ecr_does if {
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["hr"])]) == passed
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["*hr"])]) == failed
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["*hr*"])]) == passed
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["hr-*"])]) == failed
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["konecta.erp/*"])]) == failed
}

test_missing_or_foreign_filter_is_unknown if {
	foreign := [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "^konecta", "filterType": "REGEX"}]}]
	verdict(false, "BASIC", foreign) == {"pass": false, "violations": 0}
	verdict(false, "ENHANCED", [{"repositoryFilters": []}]) == {"pass": false, "violations": 0}
}

test_unread_registry_is_unknown if {
	not control.pass with input as repository(true) with data.index as {}
	count(control.violations) == 0 with input as repository(true) with data.index as {}
	count(control.violations) == 0 with input as repository(false) with data.index as {}
}

test_missing_flag_is_unknown if {
	flagless := json.remove(repository(true), ["configuration/imageScanningConfiguration"])
	not control.pass with input as flagless with data.index as registry("BASIC", [])
	count(control.violations) == 0 with input as flagless with data.index as registry("BASIC", [])
}
