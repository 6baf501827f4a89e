# METADATA
# title: Subnets do not hand out public IPv4 addresses by themselves
# description: >-
#   Whatever is launched into a subnet with automatic public addresses gets one unless its launch says otherwise: a node, a test machine or
#   an interface nobody thinks of is then one open port away from the internet. What needs a public address can ask for one.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/subnet-auto-assign-public-ip-disabled.html
# custom:
#   id: KA-VPC-004
#   severity: medium
#   resource: AWS::EC2::Subnet
#   fix: ec2.subnet_public_ip
#   remediation: Set `MapPublicIpOnLaunch` of the subnet to false; what already has an address keeps it.
#   reads: [ec2:DescribeSubnets]
#   frameworks: {fsbp: [EC2.15]}
package konecta.network.no_auto_public_ip

import rego.v1

pass if input.configuration.MapPublicIpOnLaunch == false

violations contains {"path": "MapPublicIpOnLaunch", "actual": true, "expected": false} if {
	input.configuration.MapPublicIpOnLaunch == true
}
