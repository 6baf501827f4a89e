# What the settings of the stack's sources of logs say: whether each is proven to write, and in words where one does not.
package konecta.lib.log_links

import rego.v1

import data.konecta.lib.logs

writes(link) if {
	link.setting == "logging"
	logs.standard(link.value.logging)
}

writes(link) if {
	link.setting == "logging"
	count(logs.delivered(link.value.deliveries)) > 0
}

writes(link) if {
	link.setting == "attributes"
	link.value["access_logs.s3.enabled"] == "true"
	count(link.value["access_logs.s3.bucket"]) > 0
}

writes(link) if {
	link.setting == "cluster_logging"
	count(logs.control_plane_types - logs.control_plane_on(link.value)) == 0
}

writes(link) if {
	link.setting == "log_exports"
	wanted := logs.exports_wanted(link.value.engine)
	count(wanted) > 0
	count(wanted - logs.exported(link.value.types)) == 0
}

writes(link) if {
	link.setting == "flow_logs"
	logs.watched(link.value)
}

# Every way in which a source is proven not to write, as a sentence.
faults(link) := {sprintf("%s: %s", [link.place, words]) | not link.why; some words in _words(link)}

_words(link) := {"it writes no access logs" |
	link.value.logging.Enabled == false
	count(logs.delivered(link.value.deliveries)) == 0
} if {
	link.setting == "logging"
}

_words(link) := {"it writes no access logs" | link.value["access_logs.s3.enabled"] == "false"} if link.setting == "attributes"

_words(link) := {sprintf("off: %s", [concat(", ", off)]) |
	off := logs.control_plane_off(link.value)
	count(off) > 0
} if {
	link.setting == "cluster_logging"
}

_words(link) := {sprintf("not exported: %s", [concat(", ", kept)]) |
	kept := logs.exports_wanted(link.value.engine) - logs.exported(link.value.types)
	count(kept) > 0
} if {
	link.setting == "log_exports"
}

_words(link) := {sprintf("flow logs of it: %s", [logs.flows_told(link.value)]) | logs.unwatched(link.value)} if {
	link.setting == "flow_logs"
}
