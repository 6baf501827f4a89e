package konecta.path.logs_complete_test

import rego.v1

import data.konecta.path.logs_complete as control

stack := {"arn": "arn:konecta:stack:us-east-1:123456789012:konecta-erp"}

blueprint := {"eks": {"log_types": ["api", "audit"]}, "rds": {"engine": "postgres", "log_exports": ["postgresql", "upgrade"]}}

good := [
	{"part": "access logs of CloudFront", "setting": "logging", "place": "distribution E1", "value": {"logging": {"Enabled": true, "Bucket": "logs.s3.amazonaws.com"}, "deliveries": []}},
	{"part": "access logs of the load balancer", "setting": "attributes", "place": "load balancer konecta-erp", "value": {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs"}},
	{"part": "logs of the control plane", "setting": "cluster_logging", "place": "cluster konecta-erp-prod", "value": [{"types": ["api", "audit", "authenticator", "controllerManager", "scheduler"], "enabled": true}]},
	{"part": "logs of the database", "setting": "log_exports", "place": "database konecta-erp", "value": {"engine": "postgres", "types": ["postgresql", "upgrade"]}},
	{"part": "flow logs of the network", "setting": "flow_logs", "place": "vpc-1", "value": [{"id": "fl-1", "status": "ACTIVE", "delivery": "SUCCESS", "traffic": "ALL"}]},
]

facts(links) := {stack.arn: {"log_sources": links}}

changed(setting, value) := [object.union(object.remove(one, ["value"]), {"value": one_value(one, setting, value)}) | some one in good]

one_value(one, setting, value) := value if one.setting == setting

one_value(one, setting, _) := one.value if one.setting != setting

passes(links) if {
	control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(links)
}

found(links) := all if {
	all := control.violations with input as stack with data.blueprint as blueprint with data.facts as facts(links)
}

open(links) := all if {
	all := control.unknown with input as stack with data.blueprint as blueprint with data.facts as facts(links)
}

off := {
	["logging", {"logging": {"Enabled": false}, "deliveries": []}, "distribution E1: it writes no access logs"],
	["attributes", {"access_logs.s3.enabled": "false"}, "load balancer konecta-erp: it writes no access logs"],
	["cluster_logging", [{"types": ["api"], "enabled": true}], "cluster konecta-erp-prod: off: audit"],
	["log_exports", {"engine": "postgres", "types": null}, "database konecta-erp: not exported: postgresql, upgrade"],
	["log_exports", {"engine": "aurora-postgresql", "types": []}, "database konecta-erp: not exported: postgresql"],
	["flow_logs", [], "vpc-1: flow logs of it: none"],
}

test_all_written_passes if {
	passes(good)
	count(found(good)) == 0
}

test_each_log_that_is_off_is_named if {
	every one in off {
		[setting, value, told] := one
		{violation.actual | some violation in found(changed(setting, value))} == {sprintf("broken: %s", [told])}
		not passes(changed(setting, value))
	}
}

test_delivered_access_logs_are_logs if {
	delivery := {"source": "edge", "log_type": "ACCESS_LOGS", "deliveries": [{"id": "d-1"}]}
	passes(changed("logging", {"logging": {"Enabled": false}, "deliveries": [delivery]}))
}

test_what_is_off_stands_in_the_order_of_the_path if {
	all := [object.union(object.remove(link, ["value"]), {"value": value}) |
		some link in good
		some [setting, value, told] in off
		link.setting == setting
		told != "database konecta-erp: not exported: postgresql"
	]
	some violation in found(all)
	violation.path == sprintf("the trail of logs (%s)", [concat(", ", [
		"access logs of CloudFront", "access logs of the load balancer", "logs of the control plane", "logs of the database",
		"flow logs of the network",
	])])
}

test_what_is_not_known_proves_nothing_and_is_named if {
	every one in {["logging", {"logging": {"Enabled": false}}], ["log_exports", {"engine": "mysql", "types": []}], ["attributes", {}]} {
		[setting, value] := one
		not passes(changed(setting, value))
		count(found(changed(setting, value))) == 0
		count(open(changed(setting, value))) == 1
	}
	shared := array.concat(good, [{"kind": "unknown", "part": "flow logs of the network", "why": "vpc-1 belongs to account 2"}])
	not passes(shared)
	open(shared) == {"vpc-1 belongs to account 2"}
	not passes([])
	count(open([])) == 5
}

test_what_may_be_of_the_stack_matters_only_where_it_is_not_good if {
	doubt := "load balancer other: it may be one of the stack: the name of an origin is not known"
	maybe := {"part": "access logs of the load balancer", "setting": "attributes", "place": "load balancer other", "why": doubt}
	passes(array.concat(good, [object.union(maybe, {"value": good[1].value})]))
	silent := array.concat(good, [object.union(maybe, {"value": {"access_logs.s3.enabled": "false"}})])
	not passes(silent)
	count(found(silent)) == 0
	doubt in open(silent)
}
