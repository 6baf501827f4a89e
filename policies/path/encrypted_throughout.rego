# METADATA
# title: Everything is encrypted on the whole way from the viewer to the disk
# description: >-
#   Each hop has a control of its own; here they are one chain, which is as strong as its weakest hop: viewer to CloudFront, CloudFront to the load
#   balancer, the load balancer to the pods, the pods to the database, and what lies still on the nodes' volumes, in the database, in the registry and
#   among the cluster's secrets. Looked at are the distributions that fetch from a load balancer, those load balancers, the cluster of the blueprint,
#   its declared repositories, and the databases of the region. Whether the pods check certificates cannot be seen through the AWS API.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
#   - https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html
# custom:
#   id: KA-X-010
#   severity: high
#   scope: stack
#   remediation: >-
#     Mend the hop that is named, by the control of that part where there is one; give target groups the protocol HTTPS and pods a certificate (the
#     load balancer accepts one that is self-signed); replace nodes whose volumes are not encrypted once encryption by default is on.
#   reads:
#     - cloudfront:ListDistributions
#     - cloudfront:GetVpcOrigin
#     - acm:DescribeCertificate
#     - elasticloadbalancing:DescribeLoadBalancers
#     - elasticloadbalancing:DescribeListeners
#     - elasticloadbalancing:DescribeTargetGroups
#     - ec2:DescribeInstances
#     - ec2:DescribeVolumes
#     - ec2:GetEbsEncryptionByDefault
#     - eks:DescribeCluster
#     - kms:DescribeKey
#     - ecr:DescribeRepositories
#     - rds:DescribeDBInstances
#     - rds:DescribeDBClusters
#     - rds:DescribeDBParameters
#     - rds:DescribeDBClusterParameters
#   facts: [hops]
#   joins: [keys, parameter_groups, cluster_parameter_groups]
#   claims: [in-transit, at-rest]
#   fix: none
#   fix_reason: each hop has a control, and a fix, of its own
package konecta.path.encrypted_throughout

import rego.v1

import data.konecta.lib.hops
import data.konecta.lib.joined

# In the order of the path.
_halves := {
	"in transit": ["viewer to CloudFront", "CloudFront to load balancer", "load balancer to pods", "pods to database"],
	"at rest": ["volumes of the nodes", "storage of the database", "images in the registry", "secrets of the cluster"],
}

_parts := array.concat(_halves["in transit"], _halves["at rest"])

_links := data.facts[input.arn].hops

pass if {
	joined.all_there(_links, _parts)
	count(_open) == 0
}

# One for each half, with all that is broken in the order of the path.
violations contains {"path": path, "actual": sprintf("broken: %s", [concat("; ", told)]), "expected": "every hop encrypted", "proof": _chain(parts)} if {
	some half, parts in _halves
	broken := [part | some part in parts; _is_broken(part)]
	count(broken) > 0
	told := [fault | some part in broken; some fault in sort(_faults[part])]
	path := sprintf("%s: %s", [half, concat(", ", broken)])
}

unknown contains why if some why in joined.whys(_links, _parts)

# Of what may be of the stack, it matters only where it is not good.
unknown contains _links[at].why if {
	some at in _open
	is_string(_links[at].why)
	_links[at].setting
}

unknown contains sprintf("%s, %s: it is not known whether it is encrypted", [link.part, link.place]) if {
	some at in _open
	link := _links[at]
	link.setting
	count(hops.faults(link)) == 0
}

# There may be thousands of links: each is looked at once, and what is found stands by its part.
_open contains at if {
	some at, link in _links
	not hops.encrypted(link)
}

_found := {[part, fault] | some link in _links; part := link.part; some fault in hops.faults(link)}

_faults := {part: faults | some part in _parts; faults := {fault | some [of, fault] in _found; of == part}}

_is_broken(part) if count(_faults[part]) > 0

_there := {part | some link in _links; part := link.part}

_unsound := {part | some at in _open; part := _links[at].part}

_chain(parts) := [hop | some part in parts; hop := sprintf("%s: %s", [part, _state(part)])]

_state(part) := "broken" if _is_broken(part)

_state(part) := "encrypted" if {
	not _is_broken(part)
	_is_sound(part)
}

_state(part) := "not known" if {
	not _is_broken(part)
	not _is_sound(part)
}

_is_sound(part) if {
	part in _there
	not part in _unsound
}
