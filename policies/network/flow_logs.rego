# METADATA
# title: Every VPC writes flow logs of what it accepts and of what it rejects
# description: >-
#   After an incident, flow logs are what tells who spoke with whom. A VPC without them, with a log of accepted traffic only, or with one that
#   cannot be delivered leaves that question open.
# related_resources:
#   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
# custom:
#   id: KA-VPC-001
#   severity: medium
#   resource: AWS::EC2::VPC
#   claims: [monitoring]
#   fix: ec2.flow_logs
#   remediation: Create a flow log for all traffic of the VPC; where one fails to deliver, mend its role or its destination.
#   reads: [ec2:DescribeVpcs, ec2:DescribeFlowLogs]
#   facts: [flow_logs]
#   frameworks: {fsbp: [EC2.6]}
package konecta.network.flow_logs

import rego.v1

import data.konecta.lib.logs

_logs := data.facts[input.arn].flow_logs

pass if logs.watched(_logs)

violations contains {"path": "flow_logs", "actual": actual, "expected": "an active flow log of all traffic, or of both accepted and rejected"} if {
	logs.unwatched(_logs)
	actual := logs.flows_told(_logs)
}
