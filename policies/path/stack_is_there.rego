# METADATA
# title: Every part of the stack that the blueprint names is there
# description: >-
#   What is not there has nothing wrong with it, so an account in which nothing was built, or a part was lost, finds no fault with any other
#   control. Here each part that is missing is named: distribution, load balancer, cluster, capacity of the cluster, repositories, database and bastion.
#   A part may stand in any account of the scan.
# custom:
#   id: KA-X-018
#   severity: high
#   scope: stack
#   remediation: >-
#     Build the part that is missing, or look where it is: in another account or region than those that were scanned, or under another name than the
#     blueprint has (`eks.cluster`, `ecr.repositories`, the tag in `bastion`).
#   reads:
#     - cloudfront:ListDistributions
#     - elasticloadbalancing:DescribeLoadBalancers
#     - eks:ListClusters
#     - eks:DescribeCluster
#     - eks:ListNodegroups
#     - ecr:DescribeRepositories
#     - rds:DescribeDBInstances
#     - rds:DescribeDBClusters
#     - ec2:DescribeInstances
#   facts: [inventory]
#   fix: none
#   fix_reason: what is not there is built by whoever builds the stack
package konecta.path.stack_is_there

import rego.v1

_inventory := data.facts[input.arn].inventory

# The paths are those by which `claims.yaml` names what a claim is of.
_expected := {
	"distribution": "a CloudFront distribution",
	"load_balancer": "an application load balancer",
	"cluster": sprintf("the cluster %s", [data.blueprint.eks.cluster]),
	"nodes": sprintf("a node group or other capacity of %s", [data.blueprint.eks.cluster]),
	"repositories": sprintf("the repositories %s", [concat(", ", data.blueprint.ecr.repositories)]),
	"database": "a database",
	"bastion": sprintf("an instance with the tag %s=%s", [data.blueprint.bastion.tag_key, data.blueprint.bastion.tag_value]),
}

pass if {
	every part, _ in _expected { _inventory[part] == true }
}

violations contains {"path": part, "actual": "missing", "expected": expected} if {
	some part, expected in _expected
	_inventory[part] == false
}

unknown contains reason if some reason in _inventory.why
