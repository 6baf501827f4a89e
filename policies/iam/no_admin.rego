# METADATA
# title: Roles of the stack carry no wildcard over all actions or a whole service
# description: >-
#   A role that may do everything, or everything in one service, turns the theft of one pod's or machine's credentials into the loss of the account.
#   Managed and inline policies are read as they stand; what the permissions boundary does not allow, or a Deny without any condition takes away on
#   every resource, is not counted.
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
#   facts: [grants, parts]
#   claims: [iam-access]
#   frameworks: {fsbp: [IAM.1, IAM.21]}
#   fix: iam.no_admin
package konecta.iam.no_admin

import rego.v1

pass if {
	_applies
	every grant in _grants {
		grant.kind == "policy"
		grant.left == []
	}
}

violations contains {"path": grant.path, "actual": actual, "expected": "only actions that are named"} if {
	_applies
	some grant in _grants
	grant.kind == "policy"
	is_array(grant.left)
	count(grant.left) > 0
	actual := sprintf("a policy that allows %s", [concat(", ", grant.left)])
}

not_applicable contains "it is not a role of a stack" if count(data.facts[input.arn].parts) == 0

unknown contains grant.why if {
	_applies
	some grant in _grants
	grant.kind == "unknown"
}

_applies if count(data.facts[input.arn].parts) > 0

_grants := data.facts[input.arn].grants if is_array(data.facts[input.arn].grants)
