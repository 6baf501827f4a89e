# METADATA
# title: New EBS volumes are encrypted by default
# description: >-
#   With encryption by default, a volume or a copy of a snapshot is encrypted even if whoever makes it does not think of it, node disks and
#   volumes of pods included. The setting is one of the region; volumes that exist stay as they are.
# related_resources:
#   - https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html
# custom:
#   id: KA-EC2-005
#   severity: medium
#   resource: AWS::EC2::EbsEncryptionByDefault
#   claims: [at-rest]
#   fix: ec2.ebs_encryption
#   remediation: Switch encryption by default on in every region that is used.
#   reads: [ec2:GetEbsEncryptionByDefault]
#   frameworks: {fsbp: [EC2.7]}
package konecta.network.ebs_encryption

import rego.v1

pass if input.configuration.EbsEncryptionByDefault == true

violations contains {"path": "EbsEncryptionByDefault", "actual": false, "expected": true} if {
	input.configuration.EbsEncryptionByDefault == false
}
