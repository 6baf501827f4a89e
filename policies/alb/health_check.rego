# METADATA
# title: Target groups ask /health and take dead targets out soon
# description: >-
#   The health check decides which targets get traffic. With another path or a generous matcher a broken service counts as healthy; with long
#   intervals and many allowed failures a dead one goes on being asked. Between the first failed check and the last allowed one there may be
#   two minutes at most.
# related_resources:
#   - https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
# custom:
#   id: KA-ALB-014
#   severity: medium
#   resource: AWS::ElasticLoadBalancingV2::TargetGroup
#   remediation: >-
#     Set the health check of the target group to the declared path and matcher over HTTP or HTTPS, with an interval of half a minute or less.
#   reads: [elasticloadbalancing:DescribeTargetGroups]
#   claims: [alb-health, monitoring]
#   fix: alb.health_check
package konecta.alb.health_check

import rego.v1

longest_outage := 120

pass if {
	input.configuration.Protocol in _web
	input.configuration.HealthCheckEnabled == true
	input.configuration.HealthCheckProtocol in _web
	input.configuration.HealthCheckPath == _alb.health_path
	input.configuration.Matcher.HttpCode == _alb.health_matcher
	input.configuration.HealthCheckIntervalSeconds * input.configuration.UnhealthyThresholdCount <= longest_outage
}

violations contains {"path": name, "actual": actual, "expected": expected} if {
	input.configuration.Protocol in _web
	some [name, actual, expected] in _declared
	actual != expected
}

violations contains {"path": "HealthCheckProtocol", "actual": protocol, "expected": sort(_web)} if {
	input.configuration.Protocol in _web
	protocol := input.configuration.HealthCheckProtocol
	is_string(protocol)
	not protocol in _web
}

violations contains {"path": "Matcher.HttpCode", "actual": codes, "expected": _alb.health_matcher} if {
	input.configuration.Protocol in _web
	codes := input.configuration.Matcher.HttpCode
	codes != _alb.health_matcher
}

violations contains {"path": "UnhealthyThresholdCount", "actual": actual, "expected": expected} if {
	input.configuration.Protocol in _web
	seconds := input.configuration.HealthCheckIntervalSeconds * input.configuration.UnhealthyThresholdCount
	seconds > longest_outage
	actual := sprintf("%v checks, %v s apart", [input.configuration.UnhealthyThresholdCount, input.configuration.HealthCheckIntervalSeconds])
	expected := sprintf("at most %v s in all", [longest_outage])
}

not_applicable contains sprintf("its targets speak %s, not HTTP", [protocol]) if {
	protocol := input.configuration.Protocol
	is_string(protocol)
	not protocol in _web
}

not_applicable contains "its target is a function" if input.configuration.TargetType == "lambda"

_web := {"HTTP", "HTTPS"}

_declared contains ["HealthCheckEnabled", input.configuration.HealthCheckEnabled, true]

_declared contains ["HealthCheckPath", input.configuration.HealthCheckPath, _alb.health_path]

_alb := data.blueprint.alb
