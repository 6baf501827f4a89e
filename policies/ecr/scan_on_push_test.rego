package konecta.ecr.scan_on_push_test

import rego.v1

import data.konecta.ecr.scan_on_push as control

repository(flag) := {
	"accountId": "123456789012", "region": "us-east-1",
	"configuration": {"repositoryName": "konecta-erp/hr-service", "imageScanningConfiguration": {"scanOnPush": flag}},
}

told(frequency) := object.union(repository(true), {"supplement": {"scanFrequency": frequency}})

registry(type, rules) := {"registry_scanning": {"123456789012/us-east-1": {"scanType": type, "rules": rules}}}

rule(frequency, filters) := {
	"scanFrequency": frequency,
	"repositoryFilters": [{"filter": filter, "filterType": "WILDCARD"} | some filter in filters],
}

verdict(flag, type, rules) := of(repository(flag), registry(type, rules))

of(subject, index) := "pass" if {
	control.pass with input as subject with data.index as index
	count(violations(subject, index)) == 0
}

of(subject, index) := "unknown" if {
	not control.pass with input as subject with data.index as index
	count(violations(subject, index)) == 0
}

of(subject, index) := "fail" if {
	not control.pass with input as subject with data.index as index
	count(violations(subject, index)) == 1
}

violations(subject, index) := found if {
	found := control.violations with input as subject with data.index as index
}

others := [rule("SCAN_ON_PUSH", ["other-*"])]

test_what_ecr_says_of_the_repository_decides if {
	of(told("SCAN_ON_PUSH"), registry("BASIC", others)) == "pass"
	of(told("CONTINUOUS_SCAN"), {}) == "pass"
	of(told("MANUAL"), registry("BASIC", [])) == "fail"
	of(told("MANUAL"), registry("BASIC", [rule("SCAN_ON_PUSH", ["*"])])) == "fail"
	of(told("MANUAL"), {}) == "fail"
	of(told("SOMETIMES"), registry("BASIC", others)) == "unknown"
	of(told("SOMETIMES"), registry("BASIC", [])) == "pass"
}

test_flag_counts_under_basic_scanning_without_rules if {
	verdict(true, "BASIC", []) == "pass"
	violations(repository(false), registry("BASIC", [])) == {{
		"path": "imageScanningConfiguration.scanOnPush",
		"actual": "images are scanned by hand only",
		"expected": "a scan on push",
	}}
}

# ECR sets repositories that no rule matches to manual; whether the flag still counts beside rules is not documented.
test_flag_beside_rules_for_others_decides_nothing if {
	verdict(true, "BASIC", others) == "unknown"
	verdict(false, "BASIC", others) == "fail"
}

test_rule_counts_without_the_flag if {
	verdict(false, "BASIC", [rule("SCAN_ON_PUSH", ["*"])]) == "pass"
	verdict(false, "BASIC", [rule("MANUAL", ["*"])]) == "fail"
}

test_flag_does_not_count_under_enhanced_scanning if {
	verdict(true, "ENHANCED", []) == "fail"
	violations(repository(true), registry("ENHANCED", [rule("CONTINUOUS_SCAN", ["prod/*", "other"])])) == {{
		"path": "registryScanningConfiguration.rules",
		"actual": "no rule that scans matches; there are 2 filters of such rules (other, prod/*)",
		"expected": "a rule that scans on push or continuously and matches konecta-erp/hr-service",
	}}
}

test_rules_count_under_enhanced_scanning if {
	verdict(false, "ENHANCED", [rule("CONTINUOUS_SCAN", ["*"])]) == "pass"
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["konecta-erp/*"])]) == "pass"
}

# A filter without a wildcard matches names that contain it, one with a wildcard the whole name.
test_filters_match_as_ecr_does if {
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["hr"])]) == "pass"
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["*hr"])]) == "fail"
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["*hr*"])]) == "pass"
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["hr-*"])]) == "fail"
	verdict(false, "ENHANCED", [rule("SCAN_ON_PUSH", ["konecta.erp/*"])]) == "fail"
}

test_missing_or_foreign_filter_is_unknown if {
	foreign := [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "^konecta", "filterType": "REGEX"}]}]
	verdict(false, "BASIC", foreign) == "unknown"
	verdict(false, "ENHANCED", [{"repositoryFilters": []}]) == "unknown"
	verdict(false, "ENHANCED", [{"scanFrequency": "SCAN_ON_PUSH"}]) == "unknown"
}

test_unread_registry_is_unknown if {
	of(repository(true), {}) == "unknown"
	of(repository(false), {}) == "unknown"
}

test_missing_flag_is_unknown if {
	flagless := json.remove(repository(true), ["configuration/imageScanningConfiguration"])
	of(flagless, registry("BASIC", [])) == "unknown"
	nameless := json.remove(repository(false), ["configuration/repositoryName"])
	of(nameless, registry("BASIC", others)) == "unknown"
}
