# METADATA
# title: The database runs the declared engine in a version within standard support
# description: >-
#   A major version past its standard support gets fixes only against an hourly fee for extended support, and past that none at all: AWS then
#   upgrades the database at a time of its own choosing. A deprecated minor version is upgraded so even with upgrades switched off. When each
#   support ends and which versions are deprecated is asked of AWS, never written down here.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-viewing-support-dates.html
# custom:
#   id: KA-RDS-011
#   severity: high
#   resource: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   remediation: >-
#     Plan the upgrade to a major version in standard support and try it on a restored snapshot first: it cannot be taken back. Another engine
#     than the declared one is a migration, or a blueprint to be corrected.
#   fix: rds.engine_supported
#   reads: [rds:DescribeDBInstances, rds:DescribeDBClusters, rds:DescribeDBMajorEngineVersions, rds:DescribeDBEngineVersions]
#   claims: [rds-postgres]
package konecta.rds.engine_supported

import rego.v1

standard := "open-source-rds-standard-support"

pass if {
	input.configuration.Engine == data.blueprint.rds.engine
	time.parse_rfc3339_ns(_standard_end) >= time.parse_rfc3339_ns(data.now)
	_status == "available"
}

violations contains {"path": "Engine", "actual": engine, "expected": data.blueprint.rds.engine} if {
	engine := input.configuration.Engine
	engine != data.blueprint.rds.engine
}

violations contains {"path": "EngineVersion", "actual": version, "expected": expected} if {
	version := input.configuration.EngineVersion
	time.parse_rfc3339_ns(_standard_end) < time.parse_rfc3339_ns(data.now)
	expected := sprintf("a major version in standard support, which ended for this one on %s", [_standard_end])
}

# The list is there only if it was read to its end, so what it does not name is no longer offered.
violations contains {"path": "EngineVersion", "actual": version, "expected": "a major version that AWS lists"} if {
	version := input.configuration.EngineVersion
	is_string(version)
	listed := object.keys(data.lifecycle.rds[input.configuration.Engine])
	count(listed) > 0
	count(listed & _candidates) == 0
}

violations contains {"path": "EngineVersion", "actual": version, "expected": "a minor version that is not deprecated"} if {
	version := input.configuration.EngineVersion
	_status == "deprecated"
}

# What AWS says of the minor version; none of one that it does not list.
_status := data.lifecycle.rds_versions[input.configuration.Engine][input.configuration.EngineVersion].Status

# `16.3` is of major version `16`, `8.0.35` of `8.0`: which of them it is, the list says.
_candidates := {parts[0], concat(".", array.slice(parts, 0, 2))} if parts := split(input.configuration.EngineVersion, ".")

_standard_ends := {lifecycle.LifecycleSupportEndDate |
	some candidate in _candidates
	some lifecycle in data.lifecycle.rds[input.configuration.Engine][candidate].SupportedEngineLifecycles
	lifecycle.LifecycleSupportName == standard
}

_standard_end := max(_standard_ends) if count(_standard_ends) > 0
