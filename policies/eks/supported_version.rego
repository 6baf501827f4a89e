# METADATA
# title: The Kubernetes version is in standard support
# description: >-
#   After 14 months a version leaves standard support: it costs several times as much for another year, then AWS upgrades the cluster by
#   itself, whether the applications are ready or not. A version that is not supported at all gets no security fixes. What is supported is
#   asked of AWS at the time of the scan and held against AWS's own dates.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
#   - https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeClusterVersions.html
# custom:
#   id: KA-EKS-002
#   severity: high
#   resource: AWS::EKS::Cluster
#   remediation: >-
#     Upgrade the cluster to a version in standard support, one minor version at a time, its node groups and add-ons after each step. There
#     is no way back, so look at the upgrade insights first.
#   reads: [eks:DescribeCluster, eks:DescribeClusterVersions]
#   claims: [eks-version]
#   frameworks: {fsbp: [EKS.2]}
#   fix: eks.version
package konecta.eks.supported_version

import rego.v1

_version := input.configuration.version

pass if "standard" in _support(data.lifecycle.eks[_version])

violations contains {"path": "version", "actual": _version, "expected": expected} if {
	support := _support(data.lifecycle.eks[_version])
	expected := sprintf("a version in standard support; %s is %s", [_version, _word(support)])
}

unattainable contains reason if {
	count(violations) > 0
	declared := data.blueprint.eks.kubernetes_version
	"none" in _support(data.lifecycle.eks[declared])
	supported := sort([version | some version, entry in data.lifecycle.eks; "standard" in _support(entry)])
	said := [declared, concat(", ", supported)]
	reason := sprintf("AWS supports Kubernetes %s, which is declared, no longer; in standard support are: %s", said)
}

_word(support) := "no longer supported by AWS" if "none" in support

_word(support) := "in extended support: paid, and for a year at most; less urgent than no support at all" if {
	"extended" in support
	not "none" in support
}

# `status` is what `versionStatus` was called before; AWS still sends both.
_said(entry) := {word |
	some word, names in {
		"standard": ["STANDARD_SUPPORT", "standard-support"],
		"extended": ["EXTENDED_SUPPORT", "extended-support"],
		"none": ["UNSUPPORTED", "unsupported"],
	}
	some key in ["versionStatus", "status"]
	entry[key] in names
}

# Times are RFC 3339 in UTC, which sort as text.
_dated(entry) := {word |
	some word, key in {"extended": "endOfStandardSupportDate", "none": "endOfExtendedSupportDate"}
	_time(entry[key])
	entry[key] <= data.now
}

_time(text) if {
	is_string(text)
	regex.match(`^\d{4}-\d{2}-\d{2}T`, text)
}

# Standard support must be said and its end must lie ahead; one word or date against it is enough for a fail.
_support(entry) := {"standard"} if {
	_said(entry) == {"standard"}
	_time(entry.endOfStandardSupportDate)
	count(_dated(entry)) == 0
}

_support(entry) := worse if {
	worse := (_said(entry) | _dated(entry)) - {"standard"}
	count(worse) > 0
}
