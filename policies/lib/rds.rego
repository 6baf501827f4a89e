# What a DB instance sets itself and what its DB cluster sets for it; and who may come in.
package konecta.lib.rds

import rego.v1

# The place where backups, zones and deletion protection are set.
owner := {"path": "DBInstance", "settings": _settings} if input.configuration.DBClusterIdentifier == null

owner := {"path": sprintf("DBCluster[%s]", [name]), "settings": settings} if {
	name := input.configuration.DBClusterIdentifier
	is_string(name)
	settings := data.index.db_clusters[key(name)]
}

# Member by member, as `data.index.db_clusters` has them: an answer can be given again for a database that differs in
# others. The latest restorable time, which always differs, is left to the one control that looks at it.
_settings["MultiAZ"] := input.configuration.MultiAZ

_settings["DeletionProtection"] := input.configuration.DeletionProtection

_settings["BackupRetentionPeriod"] := input.configuration.BackupRetentionPeriod

_settings["PreferredBackupWindow"] := input.configuration.PreferredBackupWindow

_settings["EnabledCloudwatchLogsExports"] := input.configuration.EnabledCloudwatchLogsExports

_settings["IAMDatabaseAuthenticationEnabled"] := input.configuration.IAMDatabaseAuthenticationEnabled

_settings["CopyTagsToSnapshot"] := input.configuration.CopyTagsToSnapshot

# Names of RDS are unique within an account and region only.
key(name) := sprintf("%s/%s/%s", [input.accountId, input.region, name])

own := {"node", "cluster"}

is_eks(source) if {
	source.kind == "security_group"
	count(source.source.parts) > 0
	every part in source.source.parts {
		part in own
	}
}

# What a source is, if it is not EKS.
stranger(source) := source.cidr if source.kind == "cidr"

stranger(source) := source.prefixList.id if source.kind == "prefix_list"

# A group that other things carry too lets them in with the nodes.
stranger(source) := source.source.id if {
	source.kind == "security_group"
	is_array(source.source.parts)
	not is_eks(source)
}
