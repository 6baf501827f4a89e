package konecta.bastion.bastion_test

import rego.v1

import data.konecta.bastion.bastion as control

stack := {"arn": "stack"}

from(cidr) := {"kind": "cidr", "cidr": cidr, "rule": "sgr-1", "group": "sg-1", "protocol": "tcp", "from": 22, "to": 22}

list(cidrs) := {
	"kind": "prefix_list",
	"prefixList": {"id": "pl-1", "name": "offices", "cidrs": cidrs},
	"rule": "sgr-2",
	"protocol": "tcp",
	"from": 22,
	"to": 22,
}

bastion(instance, internet, ssh) := {
	"arn": instance,
	"instance": instance,
	"state": "running",
	"subnet": "subnet-1",
	"internet": internet,
	"addressed": true,
	"groups": ["sg-1"],
	"ssh": ssh,
}

facts(bastions) := {"stack": {"bastions": bastions}}

offices := {"bastion": {"ssh_cidrs": ["203.0.113.0/24", "2001:db8:1::/48"]}}

passes(bastions) if control.pass with input as stack with data.facts as facts(bastions) with data.blueprint as offices

found(bastions) := violations if {
	violations := control.violations with input as stack with data.facts as facts(bastions) with data.blueprint as offices
}

one(ssh) := [bastion("i-1", true, ssh)]

silent(bastions) if {
	not passes(bastions)
	count(found(bastions)) == 0
}

test_declared_addresses_pass if {
	passes(one([from("203.0.113.0/24")]))
	passes(one([from("203.0.113.7/32"), from("2001:db8:1:2::/64")]))
	passes(one([list(["203.0.113.7/32", "203.0.113.8/32"])]))
	count(found(one([from("203.0.113.7/32"), list(["203.0.113.8/32"])]))) == 0
}

nobody := {"path": "bastions[i-1].ssh", "actual": "open to nobody", "expected": within}

within := "open to addresses within 203.0.113.0/24, 2001:db8:1::/48"

office := from("203.0.113.0/24")

test_a_bastion_that_admits_nobody_fails if {
	found(one([])) == {nobody}
	not passes(one([]))
	silent(one([list([])]))
}

test_a_stopped_bastion_fails if {
	every state in ["stopping", "stopped", "shutting-down"] {
		off := [object.union(bastion("i-1", true, [office]), {"state": state})]
		found(off) == {{"path": "bastions[i-1].state", "actual": state, "expected": "running"}}
		not passes(off)
	}
	silent([object.union(bastion("i-1", true, [office]), {"state": "pending"})])
	silent([object.union(bastion("i-1", true, [office]), {"state": null})])
}

test_what_is_not_known_of_it_is_told if {
	open := object.union(object.remove(bastion("i-1", true, [office]), ["internet"]), {"why": ["rtb-1: 0.0.0.0/0 → vpce-1"]})
	control.unknown == {"rtb-1: 0.0.0.0/0 → vpce-1"} with input as stack with data.facts as facts([open]) with data.blueprint as offices
}

test_wider_range_fails if {
	wide := from("203.0.112.0/23")
	found(one([wide])) == {{
		"path": "bastions[i-1].ssh[sgr-1]",
		"actual": "open to 203.0.112.0/23",
		"expected": within,
	}}
	not passes(one([wide]))
}

test_ipv6_anywhere_fails if {
	{violation.actual | some violation in found(one([office, from("::/0")]))} == {"open to ::/0"}
	not passes(one([from("::/0")]))
}

test_prefix_list_with_one_foreign_range_fails if {
	mixed := list(["203.0.113.7/32", "198.51.100.0/24"])
	{violation.path | some violation in found(one([mixed]))} == {"bastions[i-1].ssh[sgr-2]"}
	not passes(one([mixed]))
}

test_security_group_is_no_declared_address if {
	group := {"kind": "security_group", "source": {"id": "sg-9", "parts": []}, "rule": "sgr-9", "protocol": "all"}
	{violation.path | some violation in found(one([group]))} == {"bastions[i-1].ssh[sgr-9]"}
	not passes(one([group]))
}

test_nothing_declared_fails_and_says_so if {
	undeclared := {"bastion": {"ssh_cidrs": []}}
	open := one([office])
	wanted := {{
		"path": "bastions[i-1].ssh[sgr-1]",
		"actual": "open to 203.0.113.0/24",
		"expected": "declare bastion.ssh_cidrs: no address may use SSH until it is declared",
	}}
	control.violations == wanted with input as stack with data.facts as facts(open) with data.blueprint as undeclared
	not control.pass with input as stack with data.facts as facts(open) with data.blueprint as undeclared
}

test_no_bastion_fails if {
	found([]) == {{"path": "bastions", "actual": [], "expected": "one bastion"}}
	not passes([])
}

test_two_bastions_fail if {
	two := [bastion("i-2", true, [office]), bastion("i-1", true, [office])]
	found(two) == {{"path": "bastions", "actual": ["i-1", "i-2"], "expected": "one bastion"}}
	not passes(two)
}

test_private_subnet_fails if {
	hidden := [bastion("i-1", false, [office])]
	found(hidden) == {{
		"path": "bastions[i-1].subnet",
		"actual": "subnet-1",
		"expected": "a subnet with a route to the internet",
	}}
	not passes(hidden)
}

test_what_is_not_known_is_unknown if {
	not control.pass with input as stack with data.facts as {} with data.blueprint as offices
	silent([object.remove(bastion("i-1", true, [office]), ["internet"])])
	silent([object.remove(bastion("i-1", true, [office]), ["ssh"])])
	silent(one([{"kind": "unknown", "rule": "sgr-1", "why": "not understood"}]))
	silent(one([from("not a range")]))
	silent(one([{"kind": "prefix_list", "prefixList": {"id": "pl-1"}, "rule": "sgr-2"}]))
}

test_no_blueprint_is_unknown if {
	open := one([office])
	not control.pass with input as stack with data.facts as facts(open) with data.blueprint as {}
	count(control.violations) == 0 with input as stack with data.facts as facts(open) with data.blueprint as {}
}

without_address(ssh) := [object.union(bastion("i-1", true, ssh), {"addressed": false})]

test_without_a_public_address_nobody_comes_from_outside if {
	not passes(without_address([from("203.0.113.0/24")]))
	{violation.actual | some violation in found(without_address([from("203.0.113.0/24")]))} == {"no public address"}
	not passes(without_address([list(["203.0.113.0/24"])]))
}

test_private_ranges_need_no_public_address if {
	inner := {"bastion": {"ssh_cidrs": ["10.8.0.0/16"]}}
	control.pass with input as stack with data.facts as facts(without_address([from("10.8.0.0/16")])) with data.blueprint as inner
}

test_an_address_that_was_not_sent_is_unknown if {
	silent := [object.remove(bastion("i-1", true, [from("203.0.113.0/24")]), ["addressed"])]
	not passes(silent)
	count(found(silent)) == 0
	count(control.unknown) == 1 with input as stack with data.facts as facts(silent) with data.blueprint as offices
}
