# METADATA
# title: Only EKS can open a connection to the database
# description: >-
#   Whoever can open the database's port needs only a password to read everything. So all who could are listed, through every rule of every
#   attached security group down to the network interfaces, instances and launch templates that carry the named groups, and each must be a
#   node, a pod or the control plane of the cluster that the blueprint names.
# custom:
#   id: KA-X-005
#   severity: critical
#   resource: AWS::RDS::DBInstance
#   fix: ec2.database_clients
#   remediation: >-
#     Remove the security group rule that lets the named client in, or take the client out of the group that the rule names, and let it reach the
#     data through the application.
#   reads:
#     - rds:DescribeDBInstances
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:DescribeNetworkInterfaces
#     - ec2:DescribeInstances
#     - ec2:DescribeLaunchTemplateVersions
#     - elasticloadbalancing:DescribeTargetGroups
#     - iam:GetAccountAuthorizationDetails
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#   facts: [database_clients]
#   claims: [rds-private, rds-sg]
package konecta.rds.only_eks_reaches

import rego.v1

import data.konecta.lib.rds

foreign := {"cidr", "prefix_list", "security_group", "interface"}

# Whoever was not found is a client of the kind `unknown`, so an empty list says that nobody can.
pass if {
	is_array(_clients)
	every client in _clients {
		client.kind in rds.own
	}
}

violations contains {"path": path, "actual": client.id, "expected": "only nodes, pods and the control plane of the stack's cluster", "proof": proof} if {
	some client in _clients
	client.kind in foreign
	path := sprintf("database_clients[%s %s]", [client.kind, client.id])
	proof := _proof(client)
}

unknown contains reason if {
	some client in _clients
	client.kind == "unknown"
	some reason in client.proof
}

_clients := data.facts[input.arn].database_clients

# A client that several rules admit is one violation with all its hops.
_proof(client) := [hop |
	some other in _clients
	other.kind == client.kind
	other.id == client.id
	some hop in other.proof
]
