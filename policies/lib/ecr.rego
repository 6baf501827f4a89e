# Whether ECR scans the images of a repository when they are pushed.
package konecta.lib.ecr

import rego.v1

# What ECR says of the repository itself decides; where that was not read, the rules and the flag as far as they are certain.
scans := "yes" if _effective in scanning

scans := "no" if _effective == "MANUAL"

scans := "yes" if {
	not _is_effective
	_registry.scanType in {"BASIC", "ENHANCED"}
	is_matched
}

scans := "yes" if {
	not _is_effective
	not is_matched
	_registry.scanType == "BASIC"
	_registry.rules == []
	_flag == true
}

scans := "no" if {
	not _is_effective
	rules_known
	not is_matched
	_registry.scanType == "BASIC"
	_flag == false
}

scans := "no" if {
	not _is_effective
	rules_known
	not is_matched
	_registry.scanType == "ENHANCED"
}

scanning := {"SCAN_ON_PUSH", "CONTINUOUS_SCAN"}

# Whether a rule, and not the flag, is what is missing.
rules_decide if _registry.scanType == "ENHANCED"

rules_decide if count(filters) > 0

_effective := input.supplement.scanFrequency

_is_effective if _effective in scanning | {"MANUAL"}

_registry := data.index.registry_scanning[sprintf("%s/%s", [input.accountId, input.region])]

_flag := input.configuration.imageScanningConfiguration.scanOnPush

filters contains filter.filter if {
	is_array(_registry.rules)
	some rule in _registry.rules
	rule.scanFrequency in scanning
	is_array(rule.repositoryFilters)
	some filter in rule.repositoryFilters
	filter.filterType == "WILDCARD"
	is_string(filter.filter)
}

is_matched if {
	some filter in filters
	filter_matches(filter, input.configuration.repositoryName)
}

rules_known if {
	is_string(input.configuration.repositoryName)
	is_array(_registry.rules)
	every rule in _registry.rules {
		is_string(rule.scanFrequency)
		is_array(rule.repositoryFilters)
		every filter in rule.repositoryFilters {
			filter.filterType == "WILDCARD"
			is_string(filter.filter)
		}
	}
}

# Without a wildcard a filter matches every name that contains it.
filter_matches(filter, name) if {
	is_string(name)
	contains(name, filter)
}

filter_matches(filter, name) if {
	is_string(name)
	regex.match(sprintf("^%s$", [replace(replace(filter, ".", "\\."), "*", ".*")]), name)
}
