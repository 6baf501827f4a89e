# METADATA
# title: There is one bastion, running in a public subnet, and SSH reaches it from declared addresses only
# description: >-
#   The bastion is the one machine that people may reach from outside, so it is the one that everybody tries. A second one is forgotten and
#   unpatched, one that is stopped, stands in a private subnet or admits nobody is no way in, and one whose SSH is open to more than the
#   declared addresses guards nothing.
# related_resources:
#   - https://docs.aws.amazon.com/config/latest/developerguide/restricted-ssh.html
# custom:
#   id: KA-BST-001
#   severity: high
#   scope: stack
#   fix: ec2.bastion
#   remediation: >-
#     Declare the addresses that administer the system as `bastion.ssh_cidrs`, keep one instance with the bastion's tag in a public subnet,
#     and remove every rule of its security groups that lets anybody else in on port 22.
#   reads:
#     - ec2:DescribeInstances
#     - ec2:DescribeSubnets
#     - ec2:DescribeRouteTables
#     - ec2:DescribeInternetGateways
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:GetManagedPrefixListEntries
#     - autoscaling:DescribeAutoScalingGroups
#     - eks:DescribeCluster
#     - eks:DescribeNodegroup
#     - elasticloadbalancing:DescribeLoadBalancers
#     - rds:DescribeDBInstances
#   facts: [bastions]
#   claims: [eks-bastion]
package konecta.bastion.bastion

import rego.v1

import data.konecta.lib.bastions
import data.konecta.lib.network

_bastions := data.facts[input.arn].bastions

_declared := data.blueprint.bastion.ssh_cidrs

# States from which nobody can be let in before somebody starts the machine.
off := {"stopping", "stopped", "shutting-down"}

pass if {
	count(_bastions) == 1
	_bastions[0].state == "running"
	_bastions[0].internet == true
	count(_bastions[0].ssh) > 0
	every source in _bastions[0].ssh { network.all_within(source, _declared) }
	some source in _bastions[0].ssh
	network.somebody(source)
	bastions.reachable(_bastions[0])
}

violations contains {"path": "bastions", "actual": names, "expected": "one bastion"} if {
	count(_bastions) != 1
	names := sort([bastion.instance | some bastion in _bastions])
}

violations contains {"path": path, "actual": subnet, "expected": "a subnet with a route to the internet"} if {
	some bastion in _bastions
	bastion.internet == false
	subnet := bastion.subnet
	path := sprintf("bastions[%s].subnet", [bastion.instance])
}

violations contains {"path": path, "actual": "no public address", "expected": "an address that the declared addresses can reach"} if {
	some bastion in _bastions
	bastion.addressed == false
	bastions.sources_told(bastion)
	not bastions.reachable(bastion)
	path := sprintf("bastions[%s].address", [bastion.instance])
}

violations contains {"path": path, "actual": state, "expected": "running"} if {
	some bastion in _bastions
	state := bastion.state
	state in off
	path := sprintf("bastions[%s].state", [bastion.instance])
}

violations contains {"path": path, "actual": "open to nobody", "expected": _expected} if {
	some bastion in _bastions
	bastion.ssh == []
	path := sprintf("bastions[%s].ssh", [bastion.instance])
}

violations contains {"path": path, "actual": actual, "expected": _expected} if {
	some bastion in _bastions
	some source in bastion.ssh
	bastions.foreign(source, _declared)
	actual := sprintf("open to %s", [network.named(source)])
	path := sprintf("bastions[%s].ssh[%s]", [bastion.instance, source.rule])
}

unknown contains reason if {
	some bastion in _bastions
	some reason in bastions.doubts(bastion)
}

_expected := "declare bastion.ssh_cidrs: no address may use SSH until it is declared" if _declared == []

_expected := sprintf("open to addresses within %s", [concat(", ", _declared)]) if count(_declared) > 0
