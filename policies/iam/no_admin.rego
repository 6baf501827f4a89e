# METADATA
# title: Roles of the stack carry no wildcard over all actions or a whole service
# description: >-
#   A role that may do everything, or everything in one service, turns the theft of one pod's or machine's credentials into the loss of the account.
#   Managed and inline policies are read as they stand; what the permissions boundary or a plain Deny takes away again is not counted.
# related_resources:
#   - https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
# custom:
#   id: KA-IAM-003
#   severity: critical
#   resource: AWS::IAM::Role
#   remediation: >-
#     Replace the wildcard by the actions that the role really calls (the last accessed information of IAM lists them), or set a permissions
#     boundary that does not allow it.
#   reads: [iam:GetAccountAuthorizationDetails, eks:DescribeCluster, eks:DescribeNodegroup, ec2:DescribeInstances]
#   facts: [parts]
#   joins: [managed_policies]
#   claims: [iam-access]
#   frameworks: {fsbp: [IAM.1, IAM.21]}
#   fix: iam.no_admin
package konecta.iam.no_admin

import rego.v1

import data.konecta.lib.iam

pass if {
	_applies
	iam.role_understood
	count(iam.effective) == 0
	not iam.undecided
}

violations contains {"path": path, "actual": sort(wildcards), "expected": "named actions"} if {
	_applies
	some path, _ in iam.documents
	wildcards := {found.wildcard | some found in iam.effective; found.path == path}
	count(wildcards) > 0
}

not_applicable contains "it is no role of a stack" if count(data.facts[input.arn].parts) == 0

_applies if count(data.facts[input.arn].parts) > 0
