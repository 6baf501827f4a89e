package konecta.eks.supported_version_test

import rego.v1

import data.konecta.eks.supported_version as control

now := "2026-11-23T12:00:00Z"

entry(status, standard, extended) := {
	"versionStatus": status,
	"endOfStandardSupportDate": standard,
	"endOfExtendedSupportDate": extended,
}

versions := {
	"1.29": entry("UNSUPPORTED", "2025-03-23T00:00:00Z", "2026-03-23T00:00:00Z"),
	"1.31": entry("EXTENDED_SUPPORT", "2025-11-26T00:00:00Z", "2026-11-26T00:00:00Z"),
	"1.34": entry("STANDARD_SUPPORT", "2026-12-02T00:00:00Z", "2027-12-02T00:00:00Z"),
	"1.35": entry("STANDARD_SUPPORT", "2027-03-27T00:00:00Z", "2028-03-27T00:00:00Z"),
}

cluster(version) := {"configuration": {"version": version}}

declaring(version) := {"eks": {"kubernetes_version": version}}

judged(version, declared, list) := {"pass": pass, "violations": violations, "unattainable": unattainable} if {
	passes := {true | control.pass} with input as cluster(version)
		with data.lifecycle as {"eks": list}
		with data.now as now
	pass := count(passes) == 1
	violations := [violation | some violation in control.violations] with input as cluster(version)
		with data.lifecycle as {"eks": list}
		with data.now as now
	unattainable := [reason | some reason in control.unattainable] with input as cluster(version)
		with data.lifecycle as {"eks": list}
		with data.now as now
		with data.blueprint as declaring(declared)
}

test_standard_support_passes if {
	judged("1.34", "1.34", versions) == {"pass": true, "violations": [], "unattainable": []}
}

test_older_name_of_the_status_passes if {
	old := {"1.34": {"status": "standard-support", "endOfStandardSupportDate": "2026-12-02T00:00:00Z"}}
	judged("1.34", "1.34", old).pass
}

test_extended_support_fails if {
	found := judged("1.31", "1.31", versions)
	not found.pass
	found.violations == [{
		"path": "version",
		"actual": "1.31",
		"expected": concat("", [
			"a version in standard support; 1.31 is in extended support: ",
			"paid, and for a year at most; less urgent than no support at all",
		]),
	}]
	count(found.unattainable) == 0
}

test_version_of_the_document_fails_and_cannot_be_had if {
	found := judged("1.29", "1.29", versions)
	not found.pass
	found.violations == [{
		"path": "version",
		"actual": "1.29",
		"expected": "a version in standard support; 1.29 is no longer supported by AWS",
	}]
	found.unattainable == [
		"AWS supports Kubernetes 1.29, which is declared, no longer; in standard support are: 1.34, 1.35",
	]
}

test_declared_version_is_no_matter_while_the_cluster_is_supported if {
	judged("1.35", "1.29", versions) == {"pass": true, "violations": [], "unattainable": []}
}

test_date_that_is_over_outweighs_the_status if {
	stale := {"1.34": entry("STANDARD_SUPPORT", "2026-11-22T00:00:00Z", "2027-11-22T00:00:00Z")}
	found := judged("1.34", "1.34", stale)
	not found.pass
	count(found.violations) == 1
}

test_dates_alone_prove_a_fail if {
	dates := {"1.29": object.remove(versions["1.29"], ["versionStatus"])}
	found := judged("1.29", "1.29", dates)
	{violation.actual | some violation in found.violations} == {"1.29"}
	count(found.unattainable) == 1
}

test_dates_alone_prove_no_pass if {
	dates := {"1.34": object.remove(versions["1.34"], ["versionStatus"])}
	judged("1.34", "1.34", dates) == {"pass": false, "violations": [], "unattainable": []}
}

test_status_without_its_end_is_unknown if {
	endless := {"1.34": {"versionStatus": "STANDARD_SUPPORT"}}
	judged("1.34", "1.34", endless) == {"pass": false, "violations": [], "unattainable": []}
	none := {"1.34": {"versionStatus": "STANDARD_SUPPORT", "endOfStandardSupportDate": null}}
	judged("1.34", "1.34", none) == {"pass": false, "violations": [], "unattainable": []}
}

test_unlisted_version_and_unread_list_are_unknown if {
	judged("1.99", "1.29", versions) == {"pass": false, "violations": [], "unattainable": []}
	not control.pass with input as cluster("1.34") with data.lifecycle as {} with data.now as now
	count(control.violations) == 0 with input as cluster("1.34") with data.lifecycle as {} with data.now as now
}
