# METADATA
# title: No security group lets the internet open a high-risk port
# description: >-
#   Databases, caches, search engines, the Kubernetes API, kubelets and node ports trust the network they stand in. Open to the internet,
#   each of them is a way to the data that goes past CloudFront, the load balancer and every check they make.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/restricted-common-ports.html
# custom:
#   id: KA-SG-003
#   severity: high
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.high_risk_ports_closed
#   remediation: Remove the named rules; admit the security group of the client instead of addresses.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - elasticloadbalancing:DescribeListeners
#   facts: [open_ports, open_ports_doubts]
#   frameworks: {fsbp: [EC2.19]}
package konecta.network.high_risk_ports_closed

import rego.v1

import data.konecta.lib.network

pass if network.closed(data.blueprint.network.high_risk_ports)

violations contains {"path": find.path, "actual": find.told, "expected": "not open to the internet"} if {
	some find in network.exposed(data.blueprint.network.high_risk_ports)
}

unknown contains doubt.why if some doubt in data.facts[input.arn].open_ports_doubts
