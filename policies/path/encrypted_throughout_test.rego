package konecta.path.encrypted_throughout_test

import rego.v1

import data.konecta.path.encrypted_throughout as control

stack := {"arn": "arn:konecta:stack:us-east-1:123456789012:konecta-erp"}

blueprint := {"cloudfront": {"accepted_tls_policies": ["TLSv1.2_2021", "TLSv1.3_2025"]}}

good := [
	{"part": "viewer to CloudFront", "setting": "viewer_protocol_policy", "place": "distribution E1, behavior *", "value": "redirect-to-https"},
	{"part": "viewer to CloudFront", "setting": "viewer_protocol_policy", "place": "distribution E1, behavior /api/*", "value": "https-only"},
	{"part": "viewer to CloudFront", "setting": "viewer_certificate", "place": "distribution E1", "value": {"CloudFrontDefaultCertificate": false, "MinimumProtocolVersion": "TLSv1.2_2021"}},
	{"part": "CloudFront to load balancer", "setting": "origin_protocol_policy", "place": "distribution E1, origin alb", "value": "https-only"},
	{"part": "CloudFront to load balancer", "setting": "origin_certificate", "place": "distribution E1, origin alb", "value": {"matches": true, "faults": []}},
	{"part": "load balancer to pods", "setting": "target_protocol", "place": "target group konecta-erp", "value": "HTTPS"},
	{"part": "pods to database", "setting": "parameter_groups", "place": "database konecta-erp", "value": {"engine": "postgres", "groups": [{"name": "konecta-pg", "index": "parameter_groups", "key": "123456789012/us-east-1/konecta-pg", "states": ["in-sync"]}]}},
	{"part": "storage of the database", "setting": "storage_encryption", "place": "database konecta-erp", "value": {"StorageEncrypted": true, "StorageEncryptionType": "sse-kms"}},
	{"part": "volumes of the nodes", "setting": "encryption_by_default", "place": "account 123456789012 in us-east-1", "value": true},
	{"part": "volumes of the nodes", "setting": "encryption", "place": "2 volumes of nodes", "value": true},
	{"part": "images in the registry", "setting": "image_encryption", "place": "repository konecta-erp/auth-service", "value": "AES256"},
	{"part": "secrets of the cluster", "setting": "secrets_encryption", "place": "cluster konecta-erp-prod", "value": [{"resources": ["secrets"], "provider": {"keyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}}]},
]

index := {"keys": {"arn:aws:kms:us-east-1:123456789012:key/1": {"KeyState": "Enabled", "Enabled": true}}, "parameter_groups": {"123456789012/us-east-1/konecta-pg": {"rds.force_ssl": "1"}}, "cluster_parameter_groups": {}}

facts(links) := {stack.arn: {"hops": links}}

# The links with another value of one setting.
changed(setting, value) := [link |
	some one in good
	link := object.union(object.remove(one, ["value"]), {"value": one_value(one, setting, value)})
]

one_value(one, setting, value) := value if one.setting == setting

one_value(one, setting, _) := one.value if one.setting != setting

passes(links, lists) if {
	control.pass with input as stack with data.blueprint as blueprint with data.facts as facts(links) with data.index as lists
}

found(links, lists) := all if {
	all := control.violations with input as stack with data.blueprint as blueprint with data.facts as facts(links) with data.index as lists
}

open(links, lists) := all if {
	all := control.unknown with input as stack with data.blueprint as blueprint with data.facts as facts(links) with data.index as lists
}

test_every_hop_encrypted_passes if {
	passes(good, index)
	count(found(good, index)) == 0
}

test_each_broken_hop_is_named if {
	broken := {
		["viewer_protocol_policy", "allow-all", "in transit: viewer to CloudFront"],
		["viewer_certificate", {"CloudFrontDefaultCertificate": true}, "in transit: viewer to CloudFront"],
		["viewer_certificate", {"CloudFrontDefaultCertificate": false, "MinimumProtocolVersion": "TLSv1"}, "in transit: viewer to CloudFront"],
		["origin_protocol_policy", "match-viewer", "in transit: CloudFront to load balancer"],
		["origin_certificate", {"matches": false, "faults": []}, "in transit: CloudFront to load balancer"],
		["target_protocol", "HTTP", "in transit: load balancer to pods"],
		["storage_encryption", {"StorageEncrypted": false}, "at rest: storage of the database"],
		["encryption", false, "at rest: volumes of the nodes"],
		["encryption_by_default", false, "at rest: volumes of the nodes"],
		["secrets_encryption", null, "at rest: secrets of the cluster"],
		["secrets_encryption", [{"resources": ["other"]}], "at rest: secrets of the cluster"],
	}
	every one in broken {
		[setting, value, path] := one
		{violation.path | some violation in found(changed(setting, value), index)} == {path}
		not passes(changed(setting, value), index)
	}
}

test_broken_hops_stand_in_the_order_of_the_path if {
	twice := [link |
		some one in changed("viewer_protocol_policy", "allow-all")
		link := object.union(object.remove(one, ["value"]), {"value": one_value(one, "target_protocol", "HTTP")})
	]
	some violation in found(twice, index)
	violation.path == "in transit: viewer to CloudFront, load balancer to pods"
	violation.proof == [
		"viewer to CloudFront: broken", "CloudFront to load balancer: encrypted", "load balancer to pods: broken", "pods to database: encrypted",
	]
}

test_tls_that_is_not_forced_or_not_in_force_breaks_the_last_hop if {
	optional := object.union(index, {"parameter_groups": {"123456789012/us-east-1/konecta-pg": {"rds.force_ssl": "0"}}})
	{one.actual | some one in found(good, optional)} == {"broken: database konecta-erp: konecta-pg does not force TLS"}
	pending := {"engine": "postgres", "groups": [object.union(good[6].value.groups[0], {"states": ["pending-reboot"]})]}
	{one.actual | some one in found(changed("parameter_groups", pending), index)} == {"broken: database konecta-erp: konecta-pg is pending-reboot"}
}

test_the_group_of_a_cluster_counts_by_the_parameters_of_clusters if {
	group := object.union(good[6].value.groups[0], {"index": "cluster_parameter_groups"})
	links := changed("parameter_groups", {"engine": "aurora-postgresql", "groups": [group]})
	forced := object.union(index, {"cluster_parameter_groups": {group.key: {"rds.force_ssl": "1"}}})
	passes(links, forced)
	optional := object.union(index, {"cluster_parameter_groups": {group.key: {"rds.force_ssl": "0"}}})
	{one.actual | some one in found(links, optional)} == {"broken: database konecta-erp: konecta-pg does not force TLS"}
	not passes(links, index)
}

test_a_key_that_cannot_be_used_breaks_the_secrets if {
	off := object.union(index, {"keys": {"arn:aws:kms:us-east-1:123456789012:key/1": {"KeyState": "Disabled"}}})
	{one.path | some one in found(good, off)} == {"at rest: secrets of the cluster"}
}

test_both_halves_are_told if {
	{one.path | some one in found([object.union(object.remove(link, ["value"]), {"value": worse(link)}) | some link in good], index)} == {
		"in transit: load balancer to pods", "at rest: volumes of the nodes",
	}
}

worse(link) := "HTTP" if link.setting == "target_protocol"

worse(link) := false if link.setting == "encryption"

worse(link) := link.value if not link.setting in {"target_protocol", "encryption"}

test_what_is_not_known_proves_nothing_and_is_named if {
	every one in {["target_protocol", "TCP"], ["parameter_groups", {"engine": "mysql", "groups": []}], ["image_encryption", "ROT13"]} {
		[setting, value] := one
		not passes(changed(setting, value), index)
		count(found(changed(setting, value), index)) == 0
		count(open(changed(setting, value), index)) == 1
	}
	closed := array.concat(good, [{"kind": "unknown", "part": "pods to database", "why": "cluster c of database d is in no listing"}])
	not passes(closed, index)
	open(closed, index) == {"cluster c of database d is in no listing"}
	not passes([], index)
	count(open([], index)) == 8
}

test_a_hop_that_is_not_known_is_told_beside_a_broken_one if {
	less := [link | some link in changed("target_protocol", "HTTP"); link.part != "pods to database"]
	some violation in found(array.concat(less, [{"kind": "unknown", "part": "pods to database", "why": "it was not listed"}]), index)
	violation.proof[3] == "pods to database: not known"
	whys := open([{"kind": "unknown", "part": "pods to database", "why": "it was not listed"}], index)
	"it was not listed" in whys
	count(whys) == 8
}

test_a_part_that_is_not_there_is_no_pass if {
	less := [link | some link in good; link.part != "pods to database"]
	not passes(less, index)
	count(found(less, index)) == 0
	open(less, index) == {"pods to database: nothing of it was seen (KA-X-018 tells what is missing)"}
}

test_without_the_fact_nothing_is_proven if {
	not control.pass with input as stack with data.blueprint as blueprint with data.facts as {} with data.index as index
	count(control.violations) == 0 with input as stack with data.blueprint as blueprint with data.facts as {} with data.index as index
}

test_what_may_be_before_the_stack_matters_only_where_it_is_not_good if {
	doubt := "distribution E9: it may be before the stack: blog.example.org is not known to be at AWS"
	maybe := {"part": "viewer to CloudFront", "setting": "viewer_protocol_policy", "place": "distribution E9, behavior *", "why": doubt}
	passes(array.concat(good, [object.union(maybe, {"value": "https-only"})]), index)
	plain := array.concat(good, [object.union(maybe, {"value": "allow-all"})])
	not passes(plain, index)
	count(found(plain, index)) == 0
	doubt in open(plain, index)
}
