# Which settings say that something is encrypted: once, for the controls of single resources and for the path as a whole.
package konecta.lib.encryption

import rego.v1

# Under these viewer protocol policies nothing is answered over HTTP.
viewer_policies := {"redirect-to-https", "https-only"}

# Under these origin protocol policies CloudFront never speaks HTTP with an origin.
origin_policies := {"https-only"}

# With a key of AWS's own (`sse-rds`) the type says what the older flag need not say.
storage_types := {"sse-rds", "sse-kms"}

# How ECR encrypts images; which of them is wanted is another question.
image_types := {"AES256", "KMS", "KMS_DSSE"}

# With the default certificate CloudFront admits TLSv1 whatever is asked for.
modern(certificate) if {
	certificate.CloudFrontDefaultCertificate == false
	certificate.MinimumProtocolVersion in data.blueprint.cloudfront.accepted_tls_policies
}

outdated(certificate) := policy if {
	certificate.CloudFrontDefaultCertificate == false
	policy := certificate.MinimumProtocolVersion
	is_string(policy)
	not policy in data.blueprint.cloudfront.accepted_tls_policies
}

# `rds.force_ssl` is a parameter of RDS for PostgreSQL, Aurora PostgreSQL and RDS for SQL Server; MySQL and MariaDB have
# `require_secure_transport`, Oracle and Db2 demand TLS otherwise.
forcing_engines := {
	"postgres", "aurora-postgresql",
	"sqlserver-ee", "sqlserver-se", "sqlserver-ex", "sqlserver-web",
}

# What stands between a parameter group and the database, of the states that the API reference names.
behind := {"applying", "pending-reboot", "pending-database-upgrade", "failed-to-apply"}

# The parameter forces TLS, and the group has reached every database that has it.
forced(parameter, states) if {
	parameter == "1"
	every state in states { state == "in-sync" }
}

# Values of the parameter that leave the choice to clients: a group that does not set it where the engine's default does not either.
optional := {"0", null}

# States in which a key cannot be used. What is on its way into another state is not judged.
_unusable := {"Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable"}

# Every entry of a cluster's encryption configuration is for secrets, with a key that works.
secrets_kept(config) if {
	is_array(config)
	config != []
	every entry in config {
		"secrets" in entry.resources
		data.index.keys[entry.provider.keyArn].KeyState == "Enabled"
	}
}

# No entry of it is for secrets.
secrets_without_key(config) if config == null

secrets_without_key(config) if {
	is_array(config)
	every entry in config {
		is_array(entry.resources)
		not "secrets" in entry.resources
	}
}

# Keys for secrets that cannot be used, with their states.
secrets_keys_lost(config) := {[key, state] |
	is_array(config)
	some entry in config
	"secrets" in entry.resources
	key := entry.provider.keyArn
	state := data.index.keys[key].KeyState
	state in _unusable
}
