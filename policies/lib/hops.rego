# What the settings of a path's hops say: whether each is proven to be encrypted, and in words where one is not.
package konecta.lib.hops

import rego.v1

import data.konecta.lib.encryption

encrypted(link) if {
	link.setting == "viewer_protocol_policy"
	link.value in encryption.viewer_policies
}

encrypted(link) if {
	link.setting == "viewer_certificate"
	encryption.modern(link.value)
}

encrypted(link) if {
	link.setting == "origin_protocol_policy"
	link.value in encryption.origin_policies
}

encrypted(link) if {
	link.setting == "origin_certificate"
	link.value.matches == true
}

# A load balancer checks no certificate of a target, but speaks TLS with it.
encrypted(link) if {
	link.setting == "target_protocol"
	link.value == "HTTPS"
}

encrypted(link) if {
	link.setting == "parameter_groups"
	link.value.engine in encryption.forcing_engines
	count(link.value.groups) > 0
	every group in link.value.groups { encryption.forced(_parameter(group), group.states) }
}

encrypted(link) if {
	link.setting in {"encryption", "encryption_by_default"}
	link.value == true
}

encrypted(link) if {
	link.setting == "storage_encryption"
	link.value.StorageEncrypted == true
}

encrypted(link) if {
	link.setting == "storage_encryption"
	link.value.StorageEncryptionType in encryption.storage_types
}

encrypted(link) if {
	link.setting == "image_encryption"
	link.value in encryption.image_types
}

encrypted(link) if {
	link.setting == "secrets_encryption"
	encryption.secrets_kept(link.value)
}

# Every way in which a hop is proven not to be encrypted, as a sentence.
faults(link) := {sprintf("%s: %s", [link.place, words]) | not link.why; some words in _words(link)}

_words(link) := {sprintf("viewers may come over HTTP (%s)", [link.value]) |
	is_string(link.value)
	not link.value in encryption.viewer_policies
} if {
	link.setting == "viewer_protocol_policy"
}

_words(link) := {"the default certificate admits outdated TLS" | link.value.CloudFrontDefaultCertificate == true} | {words |
	words := sprintf("viewers may use outdated TLS (%s)", [encryption.outdated(link.value)])
} if {
	link.setting == "viewer_certificate"
}

_words(link) := {sprintf("CloudFront may speak HTTP with it (%s)", [link.value]) |
	is_string(link.value)
	not link.value in encryption.origin_policies
} if {
	link.setting == "origin_protocol_policy"
}

_words(link) := {"CloudFront does not accept its certificate (KA-X-003)" | link.value.matches == false} if {
	link.setting == "origin_certificate"
}

_words(link) := {"the load balancer speaks HTTP with it" | link.value == "HTTP"} if link.setting == "target_protocol"

_words(link) := {words |
	link.value.engine in encryption.forcing_engines
	some group in link.value.groups
	some words in _of_group(group)
} if {
	link.setting == "parameter_groups"
}

_words(link) := {"new volumes are not encrypted by default" | link.value == false} if link.setting == "encryption_by_default"

_words(link) := {"it is not encrypted" | link.value == false} if link.setting == "encryption"

_words(link) := {"its storage is not encrypted" |
	link.value.StorageEncrypted == false
	not encrypted(link)
} if {
	link.setting == "storage_encryption"
}

_words(link) := {"no key of one's own encrypts its secrets" | encryption.secrets_without_key(link.value)} | {words |
	some [key, state] in encryption.secrets_keys_lost(link.value)
	words := sprintf("%s, the key of its secrets, is %s", [key, state])
} if {
	link.setting == "secrets_encryption"
}

_of_group(group) := {sprintf("%s does not force TLS", [group.name]) | _parameter(group) in encryption.optional} | {words |
	some state in group.states
	state in encryption.behind
	words := sprintf("%s is %s", [group.name, state])
}

_parameter(group) := data.index.parameter_groups[group.key]["rds.force_ssl"] if group.index == "parameter_groups"

_parameter(group) := data.index.cluster_parameter_groups[group.key]["rds.force_ssl"] if {
	group.index == "cluster_parameter_groups"
}
