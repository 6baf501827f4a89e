# METADATA
# title: The lifecycle policy keeps as many images as declared
# description: >-
#   A lifecycle policy that exists is not one that keeps what it should. Rules act in the order of their priority, so a rule by age that comes first
#   may expire the very image that runs in production, and one for a few tags leaves all the others to pile up.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
# custom:
#   id: KA-ECR-004
#   severity: low
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Give the repository a rule that expires images of any tag status by imageCountMoreThan with the declared number, and take away, or narrow to
#     untagged images, every rule before it that expires images sooner.
#   reads: [ecr:DescribeRepositories, ecr:GetLifecyclePolicy]
#   claims: [ecr-lifecycle]
#   frameworks: {fsbp: [ECR.3]}
#   fix: ecr.lifecycle_keeps
package konecta.ecr.lifecycle_keeps_ten

import rego.v1

import data.konecta.lib.ecr

pass if {
	ecr.rules_understood
	count(ecr.keeping) > 0
	count(ecr.hasty) == 0
}

violations contains {"path": "lifecyclePolicy", "actual": null, "expected": _expected} if {
	input.supplement.lifecyclePolicy == null
}

violations contains {"path": "lifecyclePolicy.rules", "actual": "no such rule", "expected": _expected} if {
	ecr.rules_understood
	count(ecr.counting) == 0
}

violations contains {"path": path, "actual": rule.selection.countNumber, "expected": data.blueprint.ecr.keep_images} if {
	ecr.rules_understood
	count(ecr.keeping) == 0
	some rule in ecr.counting
	path := sprintf("lifecyclePolicy.rules[%d].selection.countNumber", [rule.rulePriority])
}

violations contains {"path": path, "actual": actual, "expected": "only untagged or older images"} if {
	count(ecr.keeping) > 0
	some rule in ecr.hasty
	path := sprintf("lifecyclePolicy.rules[%d].selection", [rule.rulePriority])
	actual := object.filter(rule.selection, ["tagStatus", "countType", "countUnit", "countNumber"])
}

_expected := sprintf("a rule that expires images of any tag status by imageCountMoreThan %d", [data.blueprint.ecr.keep_images])
