# METADATA
# title: Repositories are encrypted as declared
# description: >-
#   Images hold code and, too often, what should not be in them. ECR always encrypts them; with which kind of key is decided when the repository
#   is created and says who can take the key away again. A repository that differs from the others was made by somebody else's rules.
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
# custom:
#   id: KA-ECR-003
#   severity: medium
#   resource: AWS::ECR::Repository
#   remediation: >-
#     Declare the encryption that is wanted in the blueprint, or create a repository with the declared one, copy the images over and let the
#     deployments name it.
#   reads: [ecr:DescribeRepositories]
#   claims: [ecr-aes256, at-rest]
#   fix: none
#   fix_reason: the encryption of a repository cannot be changed; it has to be created anew and its images copied
package konecta.ecr.encryption

import rego.v1

# Two layers of KMS encryption keep what one layer promises.
keeps := {"AES256": {"AES256"}, "KMS": {"KMS", "KMS_DSSE"}, "KMS_DSSE": {"KMS_DSSE"}}

pass if _found in keeps[_declared]

violations contains {"path": "encryptionConfiguration.encryptionType", "actual": _found, "expected": _declared} if {
	is_string(_found)
	not _found in keeps[_declared]
}

_found := input.configuration.encryptionConfiguration.encryptionType

_declared := data.blueprint.ecr.encryption
