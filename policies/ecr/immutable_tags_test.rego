package konecta.ecr.immutable_tags_test

import rego.v1

import data.konecta.ecr.immutable_tags as control

blueprint(movable) := {"ecr": {"movable_tags": movable}}

repository(mutability, filters) := {"configuration": {
	"imageTagMutability": mutability,
	"imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": filter} | some filter in filters],
}}

passes(subject, movable) if {
	control.pass with input as subject with data.blueprint as blueprint(movable)
	count(violations(subject, movable)) == 0
}

fails(subject, movable) := violations(subject, movable) if {
	not control.pass with input as subject with data.blueprint as blueprint(movable)
}

violations(subject, movable) := found if {
	found := control.violations with input as subject with data.blueprint as blueprint(movable)
}

test_immutable_passes if {
	passes(repository("IMMUTABLE", []), ["latest"])
	passes(repository("IMMUTABLE", []), [])
}

test_the_declared_tag_may_move if passes(repository("IMMUTABLE_WITH_EXCLUSION", ["latest"]), ["latest"])

test_another_tag_may_not_move if {
	fails(repository("IMMUTABLE_WITH_EXCLUSION", ["latest", "v*"]), ["latest"]) == {{
		"path": "imageTagMutabilityExclusionFilters[v*]",
		"actual": "v*",
		"expected": "IMMUTABLE, or IMMUTABLE_WITH_EXCLUSION of latest",
	}}
	count(fails(repository("IMMUTABLE_WITH_EXCLUSION", ["latest"]), [])) == 1
}

test_mutable_fails_in_each_form if {
	fails(repository("MUTABLE", []), []) == {{
		"path": "imageTagMutability", "actual": "MUTABLE", "expected": "IMMUTABLE",
	}}
	count(fails(repository("MUTABLE_WITH_EXCLUSION", ["v*"]), ["latest"])) == 1
}

test_what_was_not_told_is_unknown if {
	silent := {"configuration": {}}
	count(fails(silent, ["latest"])) == 0
	unlisted := {"configuration": {"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}}
	count(fails(unlisted, ["latest"])) == 0
	count(fails(repository("SOMETHING_NEW", []), ["latest"])) == 0
}
