# METADATA
# title: The registry holds the declared repositories and no others
# description: >-
#   A missing repository makes the next push of that service fail. One that nobody declared is outside of every rule about scanning, retention and
#   access, and images from it still run in the cluster if a manifest names it.
# custom:
#   id: KA-ECR-001
#   severity: medium
#   scope: stack
#   remediation: >-
#     Create the missing repository. Declare the extra one in the blueprint if it belongs to the stack; else make sure that nothing pulls from it
#     before it is deleted.
#   reads: [ecr:DescribeRepositories]
#   facts: [repositories]
#   claims: [ecr-repositories]
#   fix: ecr.declared_repositories
package konecta.ecr.declared_repositories

import rego.v1

# The fact is there only if the repositories were listed to the end.
pass if {
	count(_declared) > 0
	_declared == {name | some name in _found}
}

violations contains {"path": _path(name), "actual": "missing", "expected": "present"} if {
	is_array(_found)
	some name in _declared
	not name in _found
}

violations contains {"path": _path(name), "actual": "present", "expected": "not declared, so absent"} if {
	count(_declared) > 0
	some name in _found
	not name in _declared
}

_path(name) := sprintf("repositories[%s]", [name])

_declared := {name | some name in data.blueprint.ecr.repositories}

_found := data.facts[input.arn].repositories
