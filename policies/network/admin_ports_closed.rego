# METADATA
# title: No security group lets the internet open an administration port
# description: >-
#   Ports by which machines are administered (SSH, RDP) are tried by robots within minutes of being open. What counts is the union of all
#   that may open the port: 0.0.0.0/1 with 128.0.0.0/1 is the whole internet, and so is a prefix list or an "all traffic" rule that says so.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/restricted-ssh.html
# custom:
#   id: KA-SG-001
#   severity: high
#   resource: AWS::EC2::SecurityGroup
#   fix: ec2.admin_ports_closed
#   remediation: Remove the named rules, or narrow their sources to the addresses that administer machines through the bastion.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - elasticloadbalancing:DescribeListeners
#   facts: [open_ports, open_ports_doubts]
#   frameworks: {fsbp: [EC2.19]}
package konecta.network.admin_ports_closed

import rego.v1

import data.konecta.lib.network

pass if network.closed(_ranges)

violations contains {"path": find.path, "actual": find.told, "expected": "not open to the internet"} if {
	some find in network.exposed(_ranges)
}

unknown contains doubt.why if some doubt in data.facts[input.arn].open_ports_doubts

_ranges := [{"from": port, "to": port} | some port in ports] if ports := data.blueprint.network.admin_ports
