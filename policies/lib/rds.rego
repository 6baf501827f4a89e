# What a DB instance sets itself and what its DB cluster sets for it; and who may come in.
package konecta.lib.rds

import rego.v1

# The place where backups, zones and deletion protection are set.
owner := {"path": "DBInstance", "settings": input.configuration} if input.configuration.DBClusterIdentifier == null

owner := {"path": sprintf("DBCluster[%s]", [name]), "settings": settings} if {
	name := input.configuration.DBClusterIdentifier
	is_string(name)
	settings := data.index.db_clusters[key(name)]
}

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
