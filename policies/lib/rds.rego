# What a DB instance or a DB cluster sets itself and what its DB cluster sets for an instance; and who may come in.
package konecta.lib.rds

import rego.v1

import data.konecta.lib.groups

# The place where backups, zones and deletion protection are set.
owner := {"path": "DBInstance", "settings": _settings} if {
	not is_cluster
	input.configuration.DBClusterIdentifier == null
}

owner := {"path": sprintf("DBCluster[%s]", [cluster]), "settings": data.index.db_clusters[key(cluster)]}

# A DB cluster is judged itself too: one without members holds data as well.
owner := {"path": "DBCluster", "settings": _settings} if is_cluster

is_cluster if input.resourceType == "AWS::RDS::DBCluster"

# Public access: an instance and a Multi-AZ DB cluster have the setting; in an Aurora cluster each member has it itself.
decides_access if not is_cluster

decides_access if {
	is_cluster
	is_string(input.configuration.Engine)
	not startswith(input.configuration.Engine, "aurora")
}

# The DB cluster that an instance is a member of.
cluster := name if {
	not is_cluster
	name := input.configuration.DBClusterIdentifier
	is_string(name)
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

_settings["Engine"] := input.configuration.Engine

_settings["ReplicationSourceIdentifier"] := input.configuration.ReplicationSourceIdentifier

_settings["DBClusterParameterGroup"] := input.configuration.DBClusterParameterGroup

_settings["DBClusterMembers"] := input.configuration.DBClusterMembers

# An instance may be a replica of a Multi-AZ DB cluster.
replicated_cluster := source if {
	source := input.configuration.ReadReplicaSourceDBClusterIdentifier
	is_string(source)
}

# So may a DB cluster; one of Aurora has backups of its own all the same.
replicated_cluster := source if {
	not _has_source
	source := owner.settings.ReplicationSourceIdentifier
	is_string(source)
	not _is_aurora(owner)
}

# Names of RDS are unique within an account and region only.
key(name) := sprintf("%s/%s/%s", [input.accountId, input.region, name])

# Who may come in: nodes, control plane and pods of the stack's cluster.
own := {"node", "cluster", "pod"}

welcome := groups.of_clusters(own, {data.blueprint.eks.cluster})

# The databases that carry a group, where they are one to each other: a primary and its replicas, members of one cluster.
family(id) := {role | count(_families(id)) == 1; some role in _families(id)}

_families(id) := {role |
	some carrier in data.index.group_carriers[id]
	carrier.kind == "database"
	some role in carrier.roles
}

# A rule that opens one port of a database, and one that opens another or more. One that admits nobody opens none.
on_port(source, ports) if {
	source.protocol == "tcp"
	source.from == source.to
	source.from in ports
}

on_port(source, _) if source.source.gone == true

off_port(source, _) if {
	is_string(source.protocol)
	source.protocol != "tcp"
	not source.source.gone
}

off_port(source, _) if {
	source.from != source.to
	not source.source.gone
}

off_port(source, ports) if {
	is_number(source.from)
	not source.from in ports
	not source.source.gone
}

_has_source if is_string(input.configuration.ReadReplicaSourceDBClusterIdentifier)

_is_aurora(owner) if startswith(owner.settings.Engine, "aurora")
