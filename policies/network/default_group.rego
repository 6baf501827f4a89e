# METADATA
# title: The default security group of a VPC has no rules and is used by nothing
# description: >-
#   Whatever is launched without naming a security group gets the default one. If that lets its members in to each other, or anybody else,
#   a thing nobody thought about is already connected.
# related_resources:
#   - https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
# custom:
#   id: KA-VPC-002
#   severity: high
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.default_group
#   remediation: Give what uses the default security group a group of its own, then remove all rules of the default one, in both directions.
#   reads: [ec2:DescribeSecurityGroups, ec2:DescribeSecurityGroupRules, ec2:DescribeNetworkInterfaces]
#   facts: [rule_ids, members]
#   frameworks: {fsbp: [EC2.2]}
package konecta.network.default_group

import rego.v1

_facts := data.facts[input.arn]

_applies if input.configuration.GroupName == "default"

pass if {
	_applies
	_facts.rule_ids == []
	_facts.members == []
}

violations contains {"path": path, "actual": rule, "expected": "no rule"} if {
	_applies
	some rule in _facts.rule_ids
	path := sprintf("rules[%s]", [rule])
}

violations contains {"path": path, "actual": member, "expected": "a security group of its own"} if {
	_applies
	some member in _facts.members
	path := sprintf("members[%s]", [member])
}

not_applicable contains "it is not the default security group of a VPC" if {
	is_string(input.configuration.GroupName)
	not _applies
}
