# Which settings say that a log is written: once, for the controls of single resources and for the stack as a whole.
package konecta.lib.logs

import rego.v1

# Standard logging of a distribution writes into a bucket.
standard(logging) if {
	logging.Enabled == true
	is_string(logging.Bucket)
	logging.Bucket != ""
}

# Sources of a distribution's access logs that CloudWatch Logs delivers; undefined where it is not known which there are.
delivered(sources) := [source |
	some source in sources
	source.log_type == "ACCESS_LOGS"
	_at_work(source)
	is_array(source.deliveries)
	count(source.deliveries) > 0
] if {
	is_array(sources)
}

# The status is sent for some types of logs only.
_at_work(source) if object.get(source, "status", "ACTIVE") == "ACTIVE"

# The types of control-plane logs that must be on, the audit log in any case.
control_plane_types := {"audit"} | {type | some type in types} if types := data.blueprint.eks.log_types

# Those that are on.
control_plane_on(setups) := {type |
	is_array(setups)
	some setup in setups
	is_array(setup.types)
	setup.enabled == true
	some type in setup.types
}

# Those that are not, of a list of which all is known: what it does not name as enabled is off.
control_plane_off(setups) := control_plane_types - control_plane_on(setups) if {
	is_array(setups)
	every setup in setups {
		is_boolean(setup.enabled)
		is_array(setup.types)
	}
}

# The types of logs that a database of this engine has to export.
exports_wanted(engine) := {type | some type in data.blueprint.rds.log_exports} if engine == data.blueprint.rds.engine

# Aurora writes its upgrades into the log of the engine itself and has no type of its own for them.
exports_wanted(engine) := {type | some type in data.blueprint.rds.log_exports; type != "upgrade"} if {
	engine == sprintf("aurora-%sql", [data.blueprint.rds.engine])
}

exports_engines := {data.blueprint.rds.engine, sprintf("aurora-%sql", [data.blueprint.rds.engine])}

exported(types) := {type | some type in types} if is_array(types)

# Left out is how RDS says that nothing is exported.
exported(types) := {type | some type in []} if types == null

# Flow logs that together certainly write down all traffic.
watched(flows) if _covers({log.traffic | some log in flows; log.status == "ACTIVE"; log.delivery == "SUCCESS"})

# Flow logs that do not, even if those work of which it is not known.
unwatched(flows) if {
	every log in flows { log.traffic in {"ALL", "ACCEPT", "REJECT"} }
	not _covers({log.traffic | some log in flows; not broken_flow(log)})
}

broken_flow(log) if log.delivery == "FAILED"

broken_flow(log) if {
	is_string(log.status)
	log.status != "ACTIVE"
}

# What flow logs there are, in words.
flows_told(flows) := "none" if count(flows) == 0

flows_told(flows) := concat("; ", [words |
	some log in flows
	words := sprintf("%s of traffic %s", [log.id, log.traffic])
]) if {
	count(flows) > 0
	count(_broken_flows(flows)) == 0
}

flows_told(flows) := sprintf("%s, of which %s cannot deliver", [concat(", ", [log.id | some log in flows]), concat(", ", broken)]) if {
	broken := _broken_flows(flows)
	count(broken) > 0
}

_broken_flows(flows) := [log.id | some log in flows; broken_flow(log)]

_covers(traffic) if "ALL" in traffic

_covers(traffic) if {
	"ACCEPT" in traffic
	"REJECT" in traffic
}
