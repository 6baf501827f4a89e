# METADATA
# title: The lifecycle policy keeps as many images as declared
# description: >-
#   A lifecycle policy that exists is not one that keeps what it should. Rules act in the order of their priority: an image that a rule selects by its
#   tags is not touched by a later one, so a rule for a few tags may keep thousands beside the last ones, and one by age may take, or archive, the
#   very image that runs in production.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive-image.html
# custom:
#   id: KA-ECR-004
#   severity: low
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Give the repository a rule that expires images of any tag status by imageCountMoreThan with the declared number, and take away, or narrow to
#     untagged images, every rule before it.
#   reads: [ecr:DescribeRepositories, ecr:GetLifecyclePolicy]
#   facts: [lifecycle_faults]
#   claims: [ecr-lifecycle]
#   frameworks: {fsbp: [ECR.3]}
#   fix: ecr.lifecycle_keeps
package konecta.ecr.lifecycle_keeps_ten

import rego.v1

pass if {
	is_object(input.supplement.lifecyclePolicy)
	_faults == []
}

violations contains {"path": "lifecyclePolicy", "actual": "no lifecycle policy", "expected": expected} if {
	input.supplement.lifecyclePolicy == null
	expected := sprintf("a rule that expires images of any tag status by imageCountMoreThan %d", [data.blueprint.ecr.keep_images])
}

violations contains {"path": fault.path, "actual": fault.actual, "expected": fault.expected} if {
	some fault in _faults
}

_faults := data.facts[input.arn].lifecycle_faults if is_array(data.facts[input.arn].lifecycle_faults)
