# METADATA
# title: Kubernetes secrets are encrypted with a KMS key that is enabled
# description: >-
#   With a key of one's own, whoever reads the control plane's storage still needs a permission on that key, and each use of it is logged.
#   What AWS encrypts by default it encrypts with a key that nobody can audit or revoke. A key that is disabled or waiting for its deletion
#   makes the secrets unreadable for the cluster itself.
# related_resources:
#   - https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
# custom:
#   id: KA-EKS-003
#   severity: medium
#   resource: AWS::EKS::Cluster
#   remediation: >-
#     Associate an encryption configuration for `secrets` with a customer managed key (it cannot be taken back); enable the key again, or
#     cancel its deletion, where the cluster has one.
#   reads: [eks:DescribeCluster, kms:DescribeKey]
#   joins: [keys]
#   claims: [at-rest]
#   frameworks: {fsbp: [EKS.3]}
#   fix: eks.secrets_encrypted
package konecta.eks.secrets_encrypted

import rego.v1

import data.konecta.lib.encryption

_config := input.configuration.encryptionConfig

pass if encryption.secrets_kept(_config)

violations contains {"path": "encryptionConfig", "actual": null, "expected": "a KMS key for secrets"} if _config == null

violations contains {"path": "encryptionConfig", "actual": "none for secrets", "expected": "a KMS key for secrets"} if {
	is_array(_config)
	encryption.secrets_without_key(_config)
}

violations contains {"path": path, "actual": state, "expected": "Enabled", "proof": [key]} if {
	path := "encryptionConfig[secrets].provider.keyArn.KeyState"
	some [key, state] in encryption.secrets_keys_lost(_config)
}
