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

_logs := data.facts[input.arn].flow_logs

# What is certainly written down.
_written := {log.traffic | some log in _logs; log.status == "ACTIVE"; log.delivery == "SUCCESS"}

# What may be: all but the logs that are known not to work.
_possible := {log.traffic | some log in _logs; not _broken(log)}

pass if _covers(_written)

violations contains {"path": "flow_logs", "actual": _told, "expected": "an active flow log of all traffic, or of both accepted and rejected"} if {
	every log in _logs {
		log.traffic in {"ALL", "ACCEPT", "REJECT"}
	}
	not _covers(_possible)
}

_told := "none" if count(_logs) == 0

_told := concat("; ", [words |
	some log in _logs
	words := sprintf("%s of traffic %s", [log.id, log.traffic])
]) if {
	count(_logs) > 0
	count(_broken_logs) == 0
}

_told := sprintf("%s, of which %s cannot deliver", [concat(", ", [log.id | some log in _logs]), concat(", ", _broken_logs)]) if {
	count(_broken_logs) > 0
}

_broken_logs := [log.id | some log in _logs; _broken(log)]

_covers(traffic) if "ALL" in traffic

_covers(traffic) if {
	"ACCEPT" in traffic
	"REJECT" in traffic
}

_broken(log) if log.delivery == "FAILED"

_broken(log) if {
	is_string(log.status)
	log.status != "ACTIVE"
}
