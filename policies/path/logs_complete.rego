# METADATA
# title: Every part of the path writes its log
# description: >-
#   After an incident the way of a request is followed from log to log: CloudFront, the load balancer, the control plane, the database, and the
#   network beneath them. One that is off breaks the trail, whatever the others hold. Each has a control of its own; here they are one verdict, with
#   what is off named. Logs of web ACLs, CloudTrail, how long logs are kept and whether their destination still takes them are not looked at.
# related_resources:
#   - https://docs.aws.amazon.com/prescriptive-guidance/latest/logging-monitoring-for-application-owners/welcome.html
# custom:
#   id: KA-X-014
#   severity: medium
#   scope: stack
#   remediation: Switch on the log that is named, by the control of that part.
#   reads:
#     - cloudfront:GetDistribution
#     - logs:DescribeDeliverySources
#     - logs:DescribeDeliveries
#     - elasticloadbalancing:DescribeLoadBalancerAttributes
#     - eks:DescribeCluster
#     - rds:DescribeDBInstances
#     - rds:DescribeDBClusters
#     - ec2:DescribeFlowLogs
#   facts: [log_sources]
#   claims: [monitoring]
#   fix: none
#   fix_reason: each source of logs has a control, and a fix, of its own
package konecta.path.logs_complete

import rego.v1

import data.konecta.lib.joined
import data.konecta.lib.log_links

_parts := [
	"access logs of CloudFront", "access logs of the load balancer", "logs of the control plane", "logs of the database",
	"flow logs of the network",
]

_links := data.facts[input.arn].log_sources

pass if {
	joined.all_there(_links, _parts)
	count(_open) == 0
}

violations contains {"path": path, "actual": sprintf("broken: %s", [concat("; ", told)]), "expected": "every log written"} if {
	count(_broken) > 0
	told := [fault | some part in _broken; some fault in sort(_faults[part])]
	path := sprintf("the trail of logs (%s)", [concat(", ", _broken)])
}

unknown contains why if some why in joined.whys(_links, _parts)

# Of what may be of the stack, it matters only where it is not good.
unknown contains _links[at].why if {
	some at in _open
	is_string(_links[at].why)
	_links[at].setting
}

unknown contains sprintf("%s, %s: it is not known whether all is written", [link.part, link.place]) if {
	some at in _open
	link := _links[at]
	link.setting
	count(log_links.faults(link)) == 0
}

# There may be thousands of links: each is looked at once, and what is found stands by its part.
_open contains at if {
	some at, link in _links
	not log_links.writes(link)
}

_found contains [part, fault] if {
	some link in _links
	part := link.part
	some fault in log_links.faults(link)
}

_faults := {part: faults | some part in _parts; faults := {fault | some [of, fault] in _found; of == part}}

_broken := [part | some part in _parts; count(_faults[part]) > 0]
