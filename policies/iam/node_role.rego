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
#   facts: [parts]
#   joins: [managed_policies]
#   claims: [iam-access, ecr-node-pull]
#   fix: iam.node_role
package konecta.iam.node_role

import rego.v1

import data.konecta.lib.iam

pass if {
	_applies
	is_array(_attached)
	is_array(_inline)
	every policy in _attached {
		_is_fine(policy.PolicyArn)
	}
	every policy in _inline {
		iam.is_narrow(policy.PolicyDocument)
	}
}

violations contains {"path": path, "actual": policy.PolicyArn, "expected": sort(data.blueprint.iam.node_policies)} if {
	_applies
	some policy in _attached
	iam.is_of_aws(policy.PolicyArn)
	not iam.name_of(policy.PolicyArn) in data.blueprint.iam.node_policies
	path := sprintf("AttachedManagedPolicies[%s]", [policy.PolicyArn])
}

violations contains {"path": path, "actual": sort(broad), "expected": "named actions, or named resources"} if {
	_applies
	some policy in _attached
	not iam.is_of_aws(policy.PolicyArn)
	broad := iam.broad(data.index.managed_policies[policy.PolicyArn])
	count(broad) > 0
	path := sprintf("AttachedManagedPolicies[%s]", [policy.PolicyArn])
}

violations contains {"path": path, "actual": sort(broad), "expected": "named actions, or named resources"} if {
	_applies
	some policy in _inline
	broad := iam.broad(policy.PolicyDocument)
	count(broad) > 0
	path := sprintf("RolePolicyList[%s]", [policy.PolicyName])
}

not_applicable contains "it is not the role of a node" if {
	is_array(data.facts[input.arn].parts)
	not "node" in data.facts[input.arn].parts
}

_applies if "node" in data.facts[input.arn].parts

_attached := input.configuration.AttachedManagedPolicies

_inline := input.configuration.RolePolicyList

# A name alone proves nothing: anybody may give a policy of their own the name of one of AWS's.
_is_fine(arn) if {
	iam.is_of_aws(arn)
	iam.name_of(arn) in data.blueprint.iam.node_policies
}

_is_fine(arn) if {
	not iam.is_of_aws(arn)
	iam.is_narrow(data.index.managed_policies[arn])
}
