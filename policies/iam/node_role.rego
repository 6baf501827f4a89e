# METADATA
# title: The node role carries only what a node needs
# description: >-
#   Every pod that reaches the metadata service of its node can act with the node's role, so what the role may do, any container may do. A node
#   needs to join the cluster, give out addresses, pull images and answer Session Manager; AWS has managed policies for these and no more.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html
# custom:
#   id: KA-IAM-001
#   severity: high
#   resource: AWS::IAM::Role
#   remediation: >-
#     Detach the named policy and give what a workload needs to that workload's own role (IRSA or Pod Identity); name actions and resources where a
#     policy of your own has to stay.
#   reads: [iam:GetAccountAuthorizationDetails, eks:DescribeNodegroup]
#   facts: [grants, parts]
#   claims: [iam-access, ecr-node-pull]
#   fix: iam.node_role
package konecta.iam.node_role

import rego.v1

pass if {
	_applies
	every grant in _grants {
		_is_fine(grant)
	}
	count(violations) == 0
}

violations contains {"path": path, "actual": actual, "expected": expected} if {
	_applies
	some policy in _attached
	_is_of_aws(policy.PolicyArn)
	name := regex.find_n(`[^/]+$`, policy.PolicyArn, 1)[0]
	not name in data.blueprint.iam.node_policies
	path := sprintf("AttachedManagedPolicies[%s]", [policy.PolicyArn])
	actual := "attached to the role"
	expected := sprintf("of AWS's policies only %s", [concat(", ", data.blueprint.iam.node_policies)])
}

violations contains {"path": grant.path, "actual": actual, "expected": "only named actions, or named resources"} if {
	_applies
	some grant in _grants
	grant.kind == "policy"
	not _aws_wrote(grant)
	is_array(grant.everywhere)
	count(grant.everywhere) > 0
	actual := sprintf("a policy that allows %s everywhere", [concat(", ", grant.everywhere)])
}

not_applicable contains "it is not the role of a node" if {
	count(_open) == 0
	not "node" in data.facts[input.arn].parts
}

unknown contains part.why if some part in _open

unknown contains grant.why if {
	_applies
	some grant in _grants
	not _is_fine(grant)
	grant.kind == "unknown"
}

_applies if "node" in data.facts[input.arn].parts

# What the role may be besides what it is known to be.
_open := [part | some part in data.facts[input.arn].parts; is_object(part)] if is_array(data.facts[input.arn].parts)

_grants := data.facts[input.arn].grants if is_array(data.facts[input.arn].grants)

_attached := input.configuration.AttachedManagedPolicies if is_array(input.configuration.AttachedManagedPolicies)

_is_of_aws(arn) if {
	is_string(arn)
	regex.match(`^arn:aws[a-z-]*:iam::aws:policy/`, arn)
}

# A name alone proves nothing: anybody may give a policy of their own the name of one of AWS's.
# An inline policy has no ARN: real OPA does not negate a call on what is not there.
_aws_wrote(grant) if _is_of_aws(grant.arn)

_is_fine(grant) if {
	some name in data.blueprint.iam.node_policies
	is_string(grant.path)
	regex.match(`^AttachedManagedPolicies\[arn:aws[a-z-]*:iam::aws:policy/`, grant.path)
	endswith(grant.path, sprintf("/%s]", [name]))
}

_is_fine(grant) if {
	grant.kind == "policy"
	not _aws_wrote(grant)
	grant.everywhere == []
}

# What bounds the role makes no policy of a node less than it is.
_is_fine(grant) if grant.path == "PermissionsBoundary"
