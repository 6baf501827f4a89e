# METADATA
# title: Instances answer metadata requests with a session token only, and not far away
# description: >-
#   The metadata of an instance hold the credentials of its role. Without IMDSv2, any program that can be made to fetch an address hands them
#   out; with too many hops, so does every container on the machine.
# related_resources:
#   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
# custom:
#   id: KA-EC2-001
#   severity: high
#   resource: AWS::EC2::Instance
#   fix: ec2.imdsv2
#   remediation: Require session tokens (HttpTokens) and lower the hop limit; for nodes of EKS do it in the launch template as well.
#   reads: [ec2:DescribeInstances]
#   frameworks: {fsbp: [EC2.8]}
package konecta.network.imdsv2

import rego.v1

_options := input.configuration.MetadataOptions

_most := data.blueprint.network.metadata_hop_limit

_there if input.configuration.State.Name in {"pending", "running", "shutting-down", "stopping", "stopped"}

pass if {
	_there
	_options.HttpTokens == "required"
	is_number(_options.HttpPutResponseHopLimit)
	is_number(_most)
	_options.HttpPutResponseHopLimit <= _most
}

pass if {
	_there
	_options.HttpEndpoint == "disabled"
}

violations contains {"path": "MetadataOptions.HttpTokens", "actual": "optional", "expected": "required"} if {
	_is_on
	_options.HttpTokens == "optional"
}

violations contains {"path": "MetadataOptions.HttpPutResponseHopLimit", "actual": hops, "expected": sprintf("at most %d", [_most])} if {
	_is_on
	hops := _options.HttpPutResponseHopLimit
	is_number(hops)
	is_number(_most)
	hops > _most
}

_is_on if {
	_there
	_options.HttpEndpoint == "enabled"
}

not_applicable contains "the instance has been terminated" if input.configuration.State.Name == "terminated"
