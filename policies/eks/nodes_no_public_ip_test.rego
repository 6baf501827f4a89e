package konecta.eks.nodes_no_public_ip_test

import rego.v1

import data.konecta.eks.nodes_no_public_ip as control

facts(parts) := {"i": {"parts": parts, "node_template": null}}

eni(association, secondary, ipv6) := {
	"NetworkInterfaceId": "eni-1",
	"SubnetId": "subnet-1",
	"Association": association,
	"Ipv6Addresses": ipv6,
	"PrivateIpAddresses": [
		{"PrivateIpAddress": "10.0.1.5", "Association": association},
		{"PrivateIpAddress": "10.0.1.6", "Association": secondary},
	],
}

instance(public, ipv6, interface) := {"arn": "i", "configuration": {
	"State": {"Name": "running"},
	"PublicIpAddress": public,
	"Ipv6Address": ipv6,
	"NetworkInterfaces": [interface],
}}

private := instance(null, null, eni(null, null, []))

silent if {
	not control.pass
	count(control.violations) == 0
}

without(key) := {"arn": "i", "configuration": object.remove(private.configuration, [key])}

unproven(node) if silent with input as node with data.facts as facts(["node"])

found(node) := violations if {
	violations := control.violations with input as node with data.facts as facts(["node"])
}

test_private_node_passes if {
	control.pass with input as private with data.facts as facts(["node"])
	count(found(private)) == 0
}

test_public_address_is_named_once if {
	node := instance("198.51.100.7", null, eni({"PublicIp": "198.51.100.7"}, null, []))
	found(node) == {{"path": "PublicIpAddress", "actual": "198.51.100.7", "expected": "no public address"}}
	not control.pass with input as node with data.facts as facts(["node"])
}

test_elastic_ip_of_a_secondary_address_fails if {
	node := instance(null, null, eni(null, {"PublicIp": "198.51.100.8"}, []))
	found(node) == {{"path": "NetworkInterfaces[eni-1]", "actual": "198.51.100.8", "expected": "no public address", "proof": []}}
	not control.pass with input as node with data.facts as facts(["node"])
}

two := instance(null, "2001:db8::1", eni(null, null, [{"Ipv6Address": "2001:db8::1"}, {"Ipv6Address": "2001:db8::2"}]))

subnet(internet) := {"subnets": {"subnet-1": {"internet": internet, "ipv6": internet, "proof": ["subnet-1 → rtb-1"]}}}

test_ipv6_addresses_with_a_way_from_the_internet_fail if {
	violations := found(two) with data.index as subnet(true)
	violations == {{
		"path": "NetworkInterfaces[eni-1]",
		"actual": "2001:db8::1, 2001:db8::2",
		"expected": "no public address",
		"proof": ["subnet-1 → rtb-1"],
	}}
}

test_ipv6_addresses_without_such_a_way_pass if {
	control.pass with input as two with data.facts as facts(["node"]) with data.index as subnet(false)
	count(found(two)) == 0 with data.index as subnet(false)
	unproven(two) with data.index as {}
	reason := "it is not known whether a route from the internet leads to the IPv6 addresses of eni-1, in subnet-1"
	control.unknown == {reason} with input as two with data.facts as facts(["node"]) with data.index as {}
}

test_other_instance_is_not_judged if {
	reasons := {"the instance is not a node of a cluster"}
	control.not_applicable == reasons with input as private with data.facts as facts(["bastion"])
	silent with input as instance("198.51.100.7", null, eni(null, null, [])) with data.facts as facts(["bastion"])
}

test_terminated_node_is_not_judged if {
	gone := {"arn": "i", "configuration": {"State": {"Name": "terminated"}, "PublicIpAddress": "198.51.100.7"}}
	control.not_applicable == {"the instance is terminated"} with input as gone with data.facts as facts(["node"])
	silent with input as gone with data.facts as facts(["node"])
}

test_unknown_wiring_is_unknown if {
	silent with input as private with data.facts as {}
	count(control.not_applicable) == 0 with input as private with data.facts as {}
}

test_what_was_not_sent_is_unknown if {
	unproven(without("PublicIpAddress"))
	unproven(without("NetworkInterfaces"))
	unproven(without("State"))
	unproven(instance(null, null, object.remove(eni(null, null, []), ["Association"])))
	unproven(instance(null, null, object.remove(eni(null, null, []), ["Ipv6Addresses"])))
	unproven(instance(null, null, object.remove(eni(null, null, []), ["PrivateIpAddresses"])))
}

templates(public) := {"i": {"parts": ["node"], "node_template": [
	{"id": "lt-0", "public_address": false, "proof": []},
	{"id": "lt-1", "public_address": public, "proof": ["asg keeps i"]},
]}}

test_templates_without_public_address_pass if {
	control.pass with input as private with data.facts as templates(false)
	count(control.violations) == 0 with input as private with data.facts as templates(false)
}

test_template_that_gives_the_next_node_a_public_address_fails if {
	control.violations == {{
		"path": "LaunchTemplate[lt-1].NetworkInterfaces.AssociatePublicIpAddress",
		"actual": "public addresses",
		"expected": "none",
		"proof": ["asg keeps i"],
	}} with input as private with data.facts as templates(true)
	not control.pass with input as private with data.facts as templates(true)
}

test_unknown_template_is_unknown if {
	silent with input as private with data.facts as {"i": {"parts": ["node"]}}
	silent with input as private with data.facts as {"i": {"parts": ["node"], "node_template": []}}
	untold := {"i": {"parts": ["node"], "node_template": [{"why": "not read"}]}}
	silent with input as private with data.facts as untold
	control.unknown == {"not read"} with input as private with data.facts as untold
}

test_an_ipv4_route_makes_no_ipv6_address_public if {
	index := {"subnets": {"subnet-1": {"internet": true, "ipv4": true, "ipv6": false, "proof": ["subnet-1 → rtb-1"]}}}
	control.pass with input as two with data.facts as facts(["node"]) with data.index as index
	count(found(two)) == 0 with data.index as index
}

test_why_it_is_not_known_is_told if {
	bare := json.patch(private, [{"op": "replace", "path": "/configuration/NetworkInterfaces", "value": []}])
	"no network interface of it was sent" in control.unknown with input as bare with data.facts as facts(["node"])
	unproven(bare)
	of_none := {"i": {"parts": ["node"], "node_template": []}}
	"no launch template of its Auto Scaling group is known" in control.unknown with input as private with data.facts as of_none
}
