# METADATA
# title: Images are scanned when they are pushed
# description: >-
#   An image that nobody scanned brings its known holes into the cluster. Under basic scanning a rule of the registry switches the scan on, or the
#   repository's own flag where there are no rules; under enhanced scanning only a rule does, and the flag, though it still reads true, switches
#   nothing on. What ECR says of the repository itself decides.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RepositoryScanningConfiguration.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ScanningRepositoryFilter.html
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-enabling.html
# custom:
#   id: KA-ECR-002
#   severity: high
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Add a scanning rule with SCAN_ON_PUSH (or CONTINUOUS_SCAN under enhanced scanning) whose filter matches the repository to the registry's
#     scanning configuration.
#   reads: [ecr:DescribeRepositories, ecr:GetRegistryScanningConfiguration, ecr:BatchGetRepositoryScanningConfiguration]
#   joins: [registry_scanning]
#   claims: [ecr-scan]
#   frameworks: {fsbp: [ECR.1]}
#   fix: ecr.scan_on_push
package konecta.ecr.scan_on_push

import rego.v1

import data.konecta.lib.ecr

pass if ecr.scans == "yes"

violations contains {"path": path, "actual": actual, "expected": expected} if {
	ecr.scans == "no"
	ecr.rules_decide
	path := "registryScanningConfiguration.rules"
	actual := sprintf("no rule that scans matches; there are %d filters of such rules (%s)", [count(ecr.filters), concat(", ", sort(ecr.filters))])
	expected := sprintf("a rule that scans on push or continuously and matches %s", [input.configuration.repositoryName])
}

violations contains {"path": path, "actual": "images are scanned by hand only", "expected": "a scan on push"} if {
	ecr.scans == "no"
	not ecr.rules_decide
	path := "imageScanningConfiguration.scanOnPush"
}
