//! KA-RDS-001, 006, 007, 010, 013, 017: settings of a database that are on or off, as a table.
//! Knows which switch stands where; how it is thrown is `owner`'s.

use serde_json::json;

use super::owner::{ACTIONS, Owner, Setting};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

/// One switch.
struct Switch {
    /// The member of the description.
    member: &'static str,
    /// The parameter of the modification.
    parameter: &'static str,
    /// Where it must stand.
    wanted: bool,
    /// What is done, before the name of the database.
    title: &'static str,
    /// What it costs or does to traffic.
    consequence: Option<&'static str>,
}

macro_rules! switches {
    ($($name:ident = $id:literal, $class:ident, $propose:ident, $switch:expr;)*) => {
        $(
            pub(super) const $name: Remedy =
                Remedy { id: $id, class: Class::$class, actions: ACTIONS, propose: $propose };

            fn $propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
                propose(&$name, &$switch, finding, context)
            }
        )*
    };
}

switches! {
    NOT_PUBLIC = "rds.not_public", B, not_public, Switch {
        member: "PubliclyAccessible", parameter: "PubliclyAccessible", wanted: false,
        title: "Take the public address away from",
        consequence: Some("whoever came in by the public endpoint is turned away and must come in through the VPC"),
    };
    MULTI_AZ = "rds.multi_az", B, multi_az, Switch {
        member: "MultiAZ", parameter: "MultiAZ", wanted: true,
        title: "Keep a standby in a second availability zone for",
        consequence: Some("the price of the instance doubles; writes are slower while the standby is made"),
    };
    DELETION_PROTECTION = "rds.deletion_protection", A, deletion_protection, Switch {
        member: "DeletionProtection", parameter: "DeletionProtection", wanted: true,
        title: "Protect from deletion", consequence: None,
    };
    MINOR_UPGRADES = "rds.minor_upgrades", B, minor_upgrades, Switch {
        member: "AutoMinorVersionUpgrade", parameter: "AutoMinorVersionUpgrade", wanted: true,
        title: "Let minor upgrades install themselves on",
        consequence: Some("RDS restarts the database for an upgrade, in the maintenance window"),
    };
    IAM_AUTHENTICATION = "rds.iam_authentication", A, iam_authentication, Switch {
        member: "IAMDatabaseAuthenticationEnabled", parameter: "EnableIAMDatabaseAuthentication", wanted: true,
        title: "Accept sign-in by IAM at", consequence: None,
    };
    COPY_TAGS = "rds.copy_tags", A, copy_tags, Switch {
        member: "CopyTagsToSnapshot", parameter: "CopyTagsToSnapshot", wanted: true,
        title: "Copy tags to the snapshots of", consequence: None,
    };
}

fn propose(remedy: &Remedy, switch: &Switch, finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(view) = context.subject(finding) else { return Proposal::default() };
    let is_cluster = view.reference.resource_type.as_str() == resource_types::RDS_DB_CLUSTER;
    if is_cluster && switch.member == "PubliclyAccessible" {
        let reason = "RDS fixes whether a DB cluster is publicly accessible when the cluster is created";
        let procedure = "restore a snapshot of it into a cluster with --no-publicly-accessible and let the application use that one";
        return Proposal::refuse(finding, Class::N, reason, &[procedure]);
    }
    let owner = match Owner::of(switch.member, view, context) {
        Ok(owner) => owner,
        Err(reason) => {
            let look = "aws rds describe-db-clusters; allow it, and run `konecta-audit fix` again";
            return Proposal::refuse(finding, remedy.class, reason, &[look]);
        }
    };
    if owner.is_cluster() && switch.member == "MultiAZ" {
        let reason = "a cluster is in several zones by having readers there; adding one makes a new instance";
        let add = format!(
            "aws rds create-db-instance --db-cluster-identifier {} --availability-zone <another zone> --db-instance-class <class> --engine <engine> --db-instance-identifier <name>",
            owner.name()
        );
        return Proposal::refuse(finding, Class::N, reason, &[&add]);
    }
    if let Some(refusal) = owner.busy(finding, remedy.class) {
        return Proposal { steps: Vec::new(), refusals: vec![refusal] };
    }
    let title = format!("{} {}", switch.title, owner.name());
    let setting = Setting {
        member: switch.member,
        before: owner.at(switch.member).cloned(),
        after: json!(switch.wanted),
        parameters: json!({ switch.parameter: switch.wanted }),
        back: json!({ switch.parameter: !switch.wanted }),
    };
    let mut step = owner.modify(remedy, remedy.class, title, setting);
    step.consequences.extend(switch.consequence.map(str::to_owned));
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::{cluster, instance};

    const SWITCHES: [(&str, &str, bool); 6] = [
        ("KA-RDS-001", "PubliclyAccessible", true),
        ("KA-RDS-006", "MultiAZ", false),
        ("KA-RDS-007", "DeletionProtection", false),
        ("KA-RDS-010", "AutoMinorVersionUpgrade", false),
        ("KA-RDS-013", "IAMDatabaseAuthenticationEnabled", false),
        ("KA-RDS-017", "CopyTagsToSnapshot", false),
    ];

    #[test]
    fn every_switch_is_thrown_and_can_be_thrown_back() {
        for (control, member, bad) in SWITCHES {
            let world = World::of(json!([instance(json!({ member: bad }))]));
            let step = world.mended(control, ":db:konecta-erp").remove(0);
            let parameter = if member.starts_with("IAM") { "EnableIAMDatabaseAuthentication" } else { member };
            let sent = |value: bool| json!({parameter: value, "DBInstanceIdentifier": "konecta-erp", "ApplyImmediately": true});
            assert_eq!(step.call.parameters, sent(!bad), "{control}");
            assert_eq!(step.inverse[0].parameters, sent(bad), "{control}");
            assert_eq!(
                step.merge.as_deref(),
                Some("rds:ModifyDBInstance/arn:aws:rds:us-east-1:123456789012:db:konecta-erp")
            );
        }
    }

    #[test]
    fn a_cluster_has_minor_upgrades_of_its_own_and_public_access_for_good() {
        let bad = json!({"Engine": "postgres", "AutoMinorVersionUpgrade": false, "PubliclyAccessible": true});
        let world = World::of(json!([cluster(bad)]));
        let step = world.mended("KA-RDS-010", ":cluster:konecta-aurora").remove(0);
        assert_eq!(
            step.call.parameters,
            json!({"AutoMinorVersionUpgrade": true, "DBClusterIdentifier": "konecta-aurora", "ApplyImmediately": true})
        );
        let refusals = world.proposed("KA-RDS-001", ":cluster:konecta-aurora").refusals;
        assert!(refusals[0].reason.contains("when the cluster is created"), "{}", refusals[0].reason);
    }

    #[test]
    fn what_a_cluster_holds_is_changed_at_the_cluster() {
        let member = instance(json!({"DBClusterIdentifier": "konecta-aurora", "Engine": "aurora-postgresql"}));
        let world = World::of(json!([member, cluster(json!({"DeletionProtection": false}))]));
        let step = world.mended("KA-RDS-007", ":db:konecta-erp").remove(0);
        assert_eq!(
            (step.call.operation.as_str(), &step.call.parameters["DBClusterIdentifier"]),
            ("ModifyDBCluster", &json!("konecta-aurora"))
        );
        let refused = World::of(json!([
            instance(json!({"DBClusterIdentifier": "konecta-aurora", "Engine": "aurora-postgresql"})),
            cluster(json!({"MultiAZ": false})),
        ]));
        assert!(refused.proposed("KA-RDS-006", ":db:konecta-erp").steps.is_empty());
    }

    #[test]
    fn each_setting_is_changed_where_its_kind_of_cluster_holds_it() {
        let changed = |engine: &str, control: &str, member: &str, bad: bool| {
            let own = instance(json!({"DBClusterIdentifier": "konecta-aurora", "Engine": engine, member: bad}));
            let world = World::of(json!([own, cluster(json!({"Engine": engine, member: bad}))]));
            let proposal = world.proposed(control, ":db:konecta-erp");
            proposal.steps.first().map(|step| step.call.operation.clone())
        };
        let (instance, cluster) = (Some("ModifyDBInstance".to_owned()), Some("ModifyDBCluster".to_owned()));
        for (engine, control, member, bad, expected) in [
            ("aurora-postgresql", "KA-RDS-001", "PubliclyAccessible", true, &instance),
            ("aurora-postgresql", "KA-RDS-010", "AutoMinorVersionUpgrade", false, &instance),
            ("aurora-postgresql", "KA-RDS-007", "DeletionProtection", false, &cluster),
            ("aurora-postgresql", "KA-RDS-013", "IAMDatabaseAuthenticationEnabled", false, &cluster),
            ("postgres", "KA-RDS-010", "AutoMinorVersionUpgrade", false, &cluster),
            ("postgres", "KA-RDS-007", "DeletionProtection", false, &cluster),
            ("postgres", "KA-RDS-001", "PubliclyAccessible", true, &None),
        ] {
            assert_eq!(&changed(engine, control, member, bad), expected, "{control} of {engine}");
        }
    }

    #[test]
    fn a_cluster_without_members_is_mended_itself() {
        let world = World::of(json!([cluster(json!({"DeletionProtection": false}))]));
        let step = world.mended("KA-RDS-007", ":cluster:konecta-aurora").remove(0);
        assert_eq!(
            (step.call.operation.as_str(), &step.call.parameters["DBClusterIdentifier"]),
            ("ModifyDBCluster", &json!("konecta-aurora"))
        );
    }

    #[test]
    fn what_waits_for_the_maintenance_window_is_not_carried_out_by_us() {
        let waiting =
            json!({"DeletionProtection": false, "PendingModifiedValues": {"DBInstanceClass": "db.m7g.4xlarge"}});
        let busy = json!({"DeletionProtection": false, "DBInstanceStatus": "backing-up"});
        for (settings, word) in [(waiting, "DBInstanceClass"), (busy, "backing-up")] {
            let proposal = World::of(json!([instance(settings)])).proposed("KA-RDS-007", ":db:konecta-erp");
            assert!(proposal.steps.is_empty());
            assert!(proposal.refusals[0].reason.contains(word), "{proposal:?}");
        }
    }

    #[test]
    fn an_empty_list_of_pending_changes_is_none() {
        let world = World::of(json!([instance(json!({"DeletionProtection": false, "PendingModifiedValues": {}}))]));
        assert_eq!(world.mended("KA-RDS-007", ":db:konecta-erp").len(), 1);
        assert_eq!(world.proposed("KA-RDS-007", ":db:konecta-erp").steps[0].waits[0].until, [Value::Bool(true)]);
    }
}
