package konecta.ecr.declared_repositories_test

import rego.v1

import data.konecta.ecr.declared_repositories as control

stack := {"arn": "arn:konecta:stack:us-east-1:123456789012:konecta-erp"}

blueprint := {"ecr": {"repositories": ["konecta-erp/auth-service", "konecta-erp/hr-service"]}}

facts(names) := {stack.arn: {"repositories": names}}

test_all_declared_and_no_other_passes if {
	all := facts(["konecta-erp/hr-service", "konecta-erp/auth-service"])
	control.pass with input as stack with data.blueprint as blueprint with data.facts as all
	count(control.violations) == 0 with input as stack with data.blueprint as blueprint with data.facts as all
}

test_missing_repository_fails if {
	control.violations == {{
		"path": "repositories[konecta-erp/hr-service]",
		"actual": "missing",
		"expected": "present",
	}} with input as stack with data.blueprint as blueprint with data.facts as facts(["konecta-erp/auth-service"])
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(["konecta-erp/auth-service"])
}

test_extra_repository_fails if {
	extra := facts(["konecta-erp/auth-service", "konecta-erp/hr-service", "scratch"])
	control.violations == {{
		"path": "repositories[scratch]",
		"actual": "present",
		"expected": "not declared, so absent",
	}} with input as stack with data.blueprint as blueprint with data.facts as extra
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as extra
}

test_name_without_the_prefix_does_not_count if {
	paths := {violation.path | some violation in control.violations} with input as stack
		with data.blueprint as blueprint
		with data.facts as facts(["auth-service", "konecta-erp/hr-service"])
	paths == {"repositories[auth-service]", "repositories[konecta-erp/auth-service]"}
}

test_empty_registry_fails if {
	count(control.violations) == 2 with input as stack with data.blueprint as blueprint with data.facts as facts([])
}

test_unlisted_repositories_are_unknown if {
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as {}
	count(control.violations) == 0 with input as stack with data.blueprint as blueprint with data.facts as {}
}

test_nothing_declared_is_unknown if {
	nothing := {"ecr": {"repositories": []}}
	not control.pass with input as stack with data.blueprint as nothing with data.facts as facts([])
	count(control.violations) == 0 with input as stack with data.blueprint as nothing with data.facts as facts(["scratch"])
}
