# METADATA
# title: Images are scanned when they are pushed
# description: >-
#   An image that nobody scanned brings its known holes into the cluster. Under basic scanning the repository's own flag or a rule of the registry
#   switches the scan on; under enhanced scanning only a rule does, and the flag, though it still reads true, switches nothing on.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ScanningRepositoryFilter.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-enabling.html
# custom:
#   id: KA-ECR-002
#   severity: high
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Add a scanning rule with SCAN_ON_PUSH (or CONTINUOUS_SCAN under enhanced scanning) whose filter matches the repository to the registry's
#     scanning configuration.
#   reads: [ecr:DescribeRepositories, ecr:GetRegistryScanningConfiguration]
#   joins: [registry_scanning]
#   claims: [ecr-scan]
#   frameworks: {fsbp: [ECR.1]}
#   fix: ecr.scan_on_push
package konecta.ecr.scan_on_push

import rego.v1

import data.konecta.lib.ecr

scanning := {"SCAN_ON_PUSH", "CONTINUOUS_SCAN"}

pass if {
	_registry.scanType in {"BASIC", "ENHANCED"}
	_is_matched
}

pass if {
	_registry.scanType == "BASIC"
	_flag == true
}

violations contains {"path": "imageScanningConfiguration.scanOnPush", "actual": false, "expected": true} if {
	_registry.scanType == "BASIC"
	_flag == false
	_rules_known
	not _is_matched
}

violations contains {"path": "registryScanningConfiguration.rules", "actual": sort(_filters), "expected": expected} if {
	_registry.scanType == "ENHANCED"
	_rules_known
	not _is_matched
	expected := sprintf("a rule that scans on push or continuously and matches %s", [_name])
}

_registry := data.index.registry_scanning[sprintf("%s/%s", [input.accountId, input.region])]

_flag := input.configuration.imageScanningConfiguration.scanOnPush

_name := input.configuration.repositoryName

_filters contains filter.filter if {
	some rule in _registry.rules
	rule.scanFrequency in scanning
	some filter in rule.repositoryFilters
	filter.filterType == "WILDCARD"
}

_is_matched if {
	some filter in _filters
	ecr.filter_matches(filter, _name)
}

_rules_known if {
	is_string(_name)
	is_array(_registry.rules)
	every rule in _registry.rules {
		is_string(rule.scanFrequency)
		every filter in rule.repositoryFilters {
			filter.filterType == "WILDCARD"
			is_string(filter.filter)
		}
	}
}
