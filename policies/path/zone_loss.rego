# METADATA
# title: The stack goes on when an availability zone is lost
# description: >-
#   Each zone is taken away in turn. A load balancer has to have another zone in which nodes stand too, for it sends nothing to nodes in a zone that
#   it is not in; nodes must not go out over a NAT gateway in another zone, for without it they pull no image; and the database needs its standby.
#   The control plane of EKS is in several zones by itself. Whether pods are spread over the nodes cannot be seen through the AWS API.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
#   - https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.html
# custom:
#   id: KA-X-011
#   severity: medium
#   scope: stack
#   remediation: >-
#     Give the load balancer and the node groups subnets in the same two zones or more, each private subnet a NAT gateway in its own zone, and the
#     database a standby (Multi-AZ).
#   reads:
#     - cloudfront:ListDistributions
#     - elasticloadbalancing:DescribeLoadBalancers
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#     - ec2:DescribeSubnets
#     - ec2:DescribeRouteTables
#     - ec2:DescribeNatGateways
#     - rds:DescribeDBInstances
#     - rds:DescribeDBClusters
#   facts: [zones]
#   claims: [multi-az, failover]
#   fix: none
#   fix_reason: moving parts into other zones re-creates them, or costs twice as much; it is a migration to be planned
package konecta.path.zone_loss

import rego.v1

import data.konecta.lib.joined
import data.konecta.lib.zones

_parts := ["load balancer", "nodes", "database"]

_links := data.facts[input.arn].zones

pass if {
	joined.all_there(_links, _parts)
	every link in _links { zones.steady(_nodes, link) }
}

violations contains {"path": path, "actual": sprintf("more than the stack bears: %s", [concat("; ", sort(lost))]), "expected": "a loss after which every part goes on", "proof": _where} if {
	some zone in _zones
	lost := _lost(zone)
	count(lost) > 0
	path := sprintf("loss of %s", [zone])
}

unknown contains why if some why in joined.whys(_links, _parts)

# Of what may be of the stack, it matters only where it is not good.
unknown contains link.why if {
	some link in _links
	is_string(link.why)
	link.setting
	not zones.steady(_nodes, link)
}

unknown contains sprintf("%s: it is not known what the loss of a zone does to it", [link.place]) if {
	some link in _links
	link.setting
	not zones.steady(_nodes, link)
	every zone in _zones { count(zones.lost(_nodes, link, zone)) == 0 }
}

_nodes := zones.nodes(_links)

_zones := zones.all(_links)

_lost(zone) := {sprintf("%s %s", [link.place, words]) | some link in _links; some words in zones.lost(_nodes, link, zone)}

_where := [hop | some part in _parts; some link in _links; link.part == part; hop := zones.stands(link)]
