# METADATA
# title: The repository lets in neither everybody nor a foreign account
# description: >-
#   Whoever may pull an image reads its code and the configuration baked into it; whoever may push one runs code in the cluster. A policy of the
#   repository or of the whole registry that is for everybody without a condition that names an account, an organization or a VPC of ours, or one for
#   an account that nobody declared, gives that away.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/set-repository-policy.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
# custom:
#   id: KA-ECR-006
#   severity: critical
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Name the principals that need the repository instead of everybody, and remove the foreign account from the policy, or declare it among the
#     trusted accounts of the blueprint (an organization, a VPC or an endpoint among those that are trusted).
#   reads: [ecr:DescribeRepositories, ecr:GetRepositoryPolicy, ecr:GetRegistryPolicy, ec2:DescribeVpcs]
#   facts: [strangers]
#   fix: ecr.repository_policy
package konecta.ecr.not_public

import rego.v1

# What is not known stands in the list as well.
pass if _found == []

violations contains {"path": found.path, "actual": actual, "expected": expected} if {
	some found in _found
	found.kind == "stranger"
	actual := sprintf("open to %s", [found.who])
	expected := sprintf("only principals of %s", [concat(", ", sort(trusted))])
}

unknown contains found.why if {
	some found in _found
	found.kind == "unknown"
}

_found := data.facts[input.arn].strangers if is_array(data.facts[input.arn].strangers)

trusted := {input.accountId} | {account | some account in data.blueprint.stack.trusted_accounts}
