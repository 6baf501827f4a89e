# METADATA
# title: Tags of images cannot be moved
# description: >-
#   Whoever may push can put another image under a tag that is deployed already, and the next pod runs it without any change of a manifest. Only a
#   tag that is meant to move, as `latest` is where the documented push uses it, may be left out, and by name.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html
# custom:
#   id: KA-ECR-005
#   severity: medium
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Set the tag mutability to IMMUTABLE_WITH_EXCLUSION with the movable tags as the only filters, or to IMMUTABLE once no pipeline pushes a tag twice.
#   reads: [ecr:DescribeRepositories, ecr:DescribeImages]
#   frameworks: {fsbp: [ECR.2]}
#   claims: [ecr-latest]
#   fix: ecr.immutable_tags
package konecta.ecr.immutable_tags

import rego.v1

_mutability := input.configuration.imageTagMutability

_filters := input.configuration.imageTagMutabilityExclusionFilters if is_array(input.configuration.imageTagMutabilityExclusionFilters)

_movable := data.blueprint.ecr.movable_tags

pass if _mutability == "IMMUTABLE"

pass if {
	_mutability == "IMMUTABLE_WITH_EXCLUSION"
	count(_filters) > 0
	every filter in _filters {
		filter.filter in _movable
	}
}

violations contains {"path": "imageTagMutability", "actual": _mutability, "expected": _expected} if {
	_mutability in {"MUTABLE", "MUTABLE_WITH_EXCLUSION"}
}

violations contains {"path": path, "actual": filter.filter, "expected": _expected} if {
	_mutability == "IMMUTABLE_WITH_EXCLUSION"
	some filter in _filters
	is_string(filter.filter)
	not filter.filter in _movable
	path := sprintf("imageTagMutabilityExclusionFilters[%s]", [filter.filter])
}

_expected := "IMMUTABLE" if count(_movable) == 0

_expected := sprintf("IMMUTABLE, or IMMUTABLE_WITH_EXCLUSION of %s", [concat(", ", _movable)]) if count(_movable) > 0
