# METADATA
# title: The load balancer's security groups admit only CloudFront, and only on 443 and 80
# description: >-
#   Whoever reaches the load balancer past CloudFront is past its web ACL, its TLS settings and its logs. AWS keeps the addresses from which
#   CloudFront comes in a managed prefix list; a rule for anything else, a list of the same name that somebody else owns included, is a way
#   around it. Peers that the blueprint declares are admitted, and so is the group of CloudFront's VPC origins.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
# custom:
#   id: KA-SG-004
#   severity: critical
#   resource: AWS::EC2::SecurityGroup
#   remediation: >-
#     Add a rule for TCP 443 from the managed prefix list com.amazonaws.global.cloudfront.origin-facing, then remove the named rule. The list
#     counts as 55 rules against the quota of the group.
#   reads:
#     - ec2:DescribeSecurityGroups
#     - ec2:DescribeSecurityGroupRules
#     - ec2:DescribeManagedPrefixLists
#     - ec2:GetManagedPrefixListEntries
#     - elasticloadbalancing:DescribeLoadBalancers
#   facts: [parts, ingress]
#   joins: [security_groups]
#   claims: [alb-sg, cf-origin-protected]
#   fix: path.balancer_ingress
package konecta.alb.ingress

import rego.v1

import data.konecta.lib.path

doors := {443, 80}

pass if {
	"alb" in _facts.parts
	every source in _facts.ingress {
		path.admitted(source)
		_through_a_door(source)
	}
}

violations contains {"path": place, "actual": actual, "expected": "TCP 443 or 80 from CloudFront's prefix list"} if {
	"alb" in _facts.parts
	some source in _facts.ingress
	_wrong(source)
	actual := path.described(source)
	place := sprintf("IpPermissions[%s]", [source.rule])
}

not_applicable contains "no load balancer of a stack uses it" if {
	is_array(_facts.parts)
	not "alb" in _facts.parts
}

_facts := data.facts[input.arn]

_through_a_door(source) if {
	source.protocol == "tcp"
	source.from == source.to
	source.from in doors
}

_wrong(source) if path.stranger(source)

_wrong(source) if {
	source.kind != "unknown"
	is_string(source.protocol)
	source.protocol != "tcp"
}

_wrong(source) if {
	source.protocol == "tcp"
	some port in [source.from, source.to]
	is_number(port)
	not port in doors
}

_wrong(source) if {
	source.protocol == "tcp"
	source.from < source.to
}
