//! KA-RDS-011: an upgrade of the engine cannot be taken back, so it is told, never done.

use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy { id: "rds.engine_supported", class: Class::C, actions: &[], propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(instance) = context.subject(finding) else { return Proposal::default() };
    let id = &instance.id;
    // A DB cluster is upgraded as a whole.
    let cluster = instance.text("/configuration/DBClusterIdentifier");
    let (kind, id, create, restore) = match cluster {
        Some(cluster) => {
            ("cluster", cluster, "create-db-cluster-snapshot", "restore-db-cluster-from-snapshot --snapshot-identifier")
        }
        None => (
            "instance",
            id.as_str(),
            "create-db-snapshot",
            "restore-db-instance-from-db-snapshot --db-snapshot-identifier",
        ),
    };
    if finding.violations.iter().any(|violation| violation.path == "Engine") {
        let reason = "another engine is another database: moving to it is a migration, or the blueprint is wrong";
        return Proposal::refuse(
            finding,
            Class::D,
            reason,
            &["correct `engine` under [rds] in konecta-audit.toml, or plan the migration"],
        );
    }
    let engine = instance.text("/configuration/Engine").unwrap_or("postgres");
    let version = instance.text("/configuration/EngineVersion").unwrap_or("<version>");
    let targets = format!(
        "aws rds describe-db-engine-versions --engine {engine} --engine-version {version} --include-all --query 'DBEngineVersions[].ValidUpgradeTarget[].[EngineVersion, IsMajorVersionUpgrade]'"
    );
    let snapshot = format!(
        "aws rds {create} --db-{kind}-identifier {id} --db-{}snapshot-identifier {id}-before-upgrade",
        if cluster.is_some() { "cluster-" } else { "" }
    );
    let trial = format!("aws rds {restore} {id}-before-upgrade --db-{kind}-identifier {id}-trial");
    let upgrade = format!(
        "aws rds modify-db-{kind} --db-{kind}-identifier {id} --engine-version <target> --allow-major-version-upgrade --apply-immediately"
    );
    let reason = "a major version upgrade cannot be taken back, and applications must be tried on it first";
    Proposal::refuse(
        finding,
        Class::C,
        reason,
        &[&targets, &snapshot, &trial, "upgrade the trial instance and run the application against it", &upgrade],
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::instance;

    #[test]
    fn another_engine_is_a_migration() {
        let world = World::of(json!([instance(json!({"Engine": "mysql"}))]));
        let proposal = world.proposed("KA-RDS-011", ":db:konecta-erp");
        assert_eq!((proposal.steps.len(), proposal.refusals[0].class), (0, Class::D));
    }
}
