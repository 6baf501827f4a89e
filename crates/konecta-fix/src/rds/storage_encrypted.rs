//! KA-RDS-003: storage is encrypted when a DB instance is made, so an encrypted one takes the place of the plain one:
//! snapshot → encrypted copy → restore → rename. A runbook; nothing of it is ever part of a plan.

pub(crate) mod calls;

use serde_json::json;

use crate::procedure::{self, Procedure, ProcedureStep};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::Class;
use crate::{RemedyContext, View};
use calls::{
    after_restore, call, instance_available, instance_available_again, instance_exists, restore, snapshot_available,
    snapshot_exists,
};
use konecta_base::finding::Finding;
use konecta_base::resource::ResourceRef;

/// The name by which METADATA and the registry of procedures know it.
pub(crate) const ENCRYPT: &str = "rds.storage_encrypted";

pub(super) const REMEDY: Remedy = Remedy { id: ENCRYPT, class: Class::D, actions: &[], propose };

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let refusal = match encrypt(finding, context) {
        Ok(_) => procedure::refusal(
            finding,
            "encryption is chosen when a DB instance is made: an encrypted one must take its place, and it is interrupted",
        ),
        Err(refusal) => *refusal,
    };
    Proposal { steps: Vec::new(), refusals: vec![refusal] }
}

/// The runbook for one instance.
pub(crate) fn encrypt(finding: &Finding, context: &RemedyContext<'_>) -> Result<Procedure, Box<Refusal>> {
    let refuse = |reason: &str, line: &str| Box::new(Refusal::new(finding, Class::D, reason, &[line]));
    let Some(view) = context.subject(finding) else {
        return Err(refuse("the DB instance is not in the snapshot", "scan again"));
    };
    if view.text("/configuration/DBClusterIdentifier").is_some() {
        return Err(refuse(
            "the storage is that of a DB cluster, and encryption is chosen when a cluster is made",
            "restore the cluster from an encrypted copy of its snapshot",
        ));
    }
    if !view.list("/configuration/ReadReplicaDBInstanceIdentifiers").is_empty() {
        return Err(refuse(
            "it has read replicas, which cannot follow the new instance",
            "remove the read replicas, encrypt, and make them anew",
        ));
    }
    // Stopped between the two renames, the plain instance has its other name, and what is wanted has none.
    let (id, resource) = match before_rename(view) {
        Some((id, first)) if context.get(first.arn.as_str()).is_some() => {
            return Err(refuse(
                &format!("{id} has taken its place"),
                "delete it, with a last snapshot, when nothing misses it",
            ));
        }
        Some((id, first)) if context.get(&format!("{}-encrypted", first.arn)).is_some() => (id, first),
        Some(_) | None => (view.id.as_str(), view.reference.clone()),
    };
    let names = Names::of(id);
    Ok(Procedure {
        title: format!("Encrypt the storage of {}", names.id),
        resource,
        cautions: vec![
            "what is written after step 1 is not in the new instance: stop every writer first, and keep them stopped until step 6".to_owned(),
            "the endpoint keeps its name but not its address; the old instance stays, under another name, and is paid for".to_owned(),
            format!("the new instance has a DbiResourceId of its own: IAM policies that allow rds-db:connect on {} must name the new one after step 6", view.text("/configuration/DbiResourceId").unwrap_or("that of the old one")),
            "its history for a restore to a point in time begins with step 4; what was before can only be restored from the old instance".to_owned(),
        ],
        steps: steps(view, &names, &context.blueprint.rds.kms_key),
        afterwards: vec![
            format!("start the writers; check the application; `konecta-audit scan --control {}`", finding.control),
            format!("when nothing misses it: aws rds delete-db-instance --region {} --db-instance-identifier {} --final-db-snapshot-identifier {}-final (switch its deletion protection off first)", view.reference.region, names.old, names.old),
        ],
    })
}

/// What a plain instance that was renamed was called before.
fn before_rename(view: &View) -> Option<(&str, ResourceRef)> {
    let arn = view.reference.arn.as_str().strip_suffix("-unencrypted")?.parse().ok()?;
    let id = view.id.strip_suffix("-unencrypted")?;
    Some((id, ResourceRef { arn, ..view.reference.clone() }))
}

struct Names {
    id: String,
    plain: String,
    copy: String,
    new: String,
    old: String,
}

impl Names {
    fn of(id: &str) -> Self {
        let with = |tail: &str| format!("{id}-{tail}");
        Self {
            id: id.to_owned(),
            plain: with("plain"),
            copy: with("encrypted"),
            new: with("encrypted"),
            old: with("unencrypted"),
        }
    }
}

fn steps(view: &View, names: &Names, key: &str) -> Vec<ProcedureStep> {
    let Names { id, plain, copy, new, old } = names;
    let region = &view.reference.region;
    let drop_snapshot =
        |name: &str| vec![format!("aws rds delete-db-snapshot --region {region} --db-snapshot-identifier {name}")];
    let drop_new = vec![
        format!(
            "aws rds modify-db-instance --region {region} --db-instance-identifier {new} --no-deletion-protection --apply-immediately"
        ),
        format!("aws rds delete-db-instance --region {region} --db-instance-identifier {new} --skip-final-snapshot"),
    ];
    let rename = |from: &str, to: &str| {
        call(
            "ModifyDBInstance",
            json!({"DBInstanceIdentifier": from, "NewDBInstanceIdentifier": to, "ApplyImmediately": true}),
        )
    };
    let named_back = |from: &str, to: &str| {
        vec![format!(
            "aws rds modify-db-instance --region {region} --db-instance-identifier {from} --new-db-instance-identifier {to} --apply-immediately # and wait until {to} is available"
        )]
    };
    vec![
        ProcedureStep {
            title: format!("Take the snapshot {plain}"),
            before: Some("every writer is stopped".to_owned()),
            call: call("CreateDBSnapshot", json!({"DBInstanceIdentifier": id, "DBSnapshotIdentifier": plain})),
            waits: vec![snapshot_available(plain)],
            done: Some(snapshot_exists(plain)),
            back: drop_snapshot(plain),
        },
        ProcedureStep {
            title: format!("Copy it to {copy}, encrypted with {key}"),
            before: None,
            call: call(
                "CopyDBSnapshot",
                json!({"SourceDBSnapshotIdentifier": plain, "TargetDBSnapshotIdentifier": copy, "KmsKeyId": key, "CopyTags": true}),
            ),
            waits: vec![snapshot_available(copy)],
            done: Some(snapshot_exists(copy)),
            back: drop_snapshot(copy),
        },
        ProcedureStep {
            title: format!("Restore the encrypted instance {new} from it"),
            before: None,
            call: call("RestoreDBInstanceFromDBSnapshot", restore(view, copy, new)),
            waits: vec![instance_available(new)],
            done: Some(instance_exists(new)),
            back: drop_new,
        },
        ProcedureStep {
            title: format!("Give {new} the backups and windows of {id}"),
            before: None,
            call: call("ModifyDBInstance", after_restore(view, new)),
            waits: vec![instance_available_again(new)],
            done: None,
            // It goes with the instance.
            back: Vec::new(),
        },
        ProcedureStep {
            title: format!("Rename {id} to {old}: from here on it cannot be reached by its name"),
            before: Some(format!("you have looked at {new} and found the data in it")),
            call: rename(id, old),
            waits: vec![instance_available(old)],
            done: Some(instance_exists(old)),
            back: named_back(old, id),
        },
        ProcedureStep {
            title: format!("Rename {new} to {id}"),
            before: None,
            call: rename(new, id),
            waits: vec![instance_available(id)],
            done: None,
            back: named_back(id, new),
        },
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::proof::World;
    use crate::rds::testdata::instance;
    use konecta_core::facts;

    fn runbook(settings: Value) -> Result<Procedure, Box<Refusal>> {
        let world = World::of(json!([instance(settings)]));
        let findings = world.findings();
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = RemedyContext::new(&world.snapshot, &facts, &findings, &world.blueprint);
        let finding = findings.iter().find(|finding| finding.control.as_str() == "KA-RDS-003").expect("judged");
        encrypt(finding, &context)
    }

    #[test]
    fn the_new_instance_is_as_the_old_one_but_encrypted() {
        let procedure = runbook(json!({"StorageEncrypted": false, "MultiAZ": false})).expect("a runbook");
        let restore = &procedure.steps[2].call.parameters;
        assert_eq!((&restore["MultiAZ"], &restore["DeletionProtection"]), (&json!(false), &json!(true)));
        assert_eq!(
            (&restore["DBSubnetGroupName"], &restore["VpcSecurityGroupIds"]),
            (&json!("konecta"), &json!(["sg-1"]))
        );
        assert_eq!(procedure.steps[1].call.parameters["KmsKeyId"], json!("alias/aws/rds"));
        assert_eq!(procedure.steps[3].call.parameters["BackupRetentionPeriod"], json!(7));
    }

    #[test]
    fn what_was_switched_on_is_switched_on_again() {
        let watched = json!({
            "StorageEncrypted": false, "MonitoringInterval": 60, "MonitoringRoleArn": "arn:aws:iam::123456789012:role/monitor",
            "PerformanceInsightsEnabled": false, "PerformanceInsightsRetentionPeriod": 7, "MaxAllocatedStorage": 500,
        });
        let modify = runbook(watched).expect("a runbook").steps[3].call.parameters.clone();
        assert_eq!((&modify["MonitoringInterval"], &modify["MaxAllocatedStorage"]), (&json!(60), &json!(500)));
        assert_eq!(modify["MonitoringRoleArn"], json!("arn:aws:iam::123456789012:role/monitor"));
        assert_eq!(modify.get("PerformanceInsightsRetentionPeriod"), None);
        let plain = runbook(json!({"StorageEncrypted": false, "MonitoringInterval": 0})).expect("a runbook");
        assert_eq!(plain.steps[3].call.parameters.get("MonitoringInterval"), None);
    }

    #[test]
    fn it_is_never_part_of_a_plan() {
        let world = World::of(json!([instance(json!({"StorageEncrypted": false}))]));
        let proposal = world.proposed("KA-RDS-003", ":db:konecta-erp");
        assert!(proposal.steps.is_empty());
        assert!(proposal.refusals[0].procedure[0].contains("--procedure KA-RDS-003"));
    }

    #[test]
    fn what_cannot_follow_stops_it() {
        for settings in [
            json!({"StorageEncrypted": false, "ReadReplicaDBInstanceIdentifiers": ["replica"]}),
            json!({"StorageEncrypted": false, "DBClusterIdentifier": "konecta-aurora"}),
        ] {
            assert!(runbook(settings).is_err());
        }
    }

    /// The plain instance under its other name, with these instances beside it.
    fn renamed(beside: &[&str]) -> Result<Procedure, Box<Refusal>> {
        let named = |name: &str, encrypted: bool| {
            let text = instance(json!({"StorageEncrypted": encrypted})).to_string();
            serde_json::from_str::<Value>(&text.replace("konecta-erp", name)).expect("JSON")
        };
        let mut all = vec![named("konecta-erp-unencrypted", false)];
        all.extend(beside.iter().map(|name| named(name, true)));
        let world = World::of(json!(all));
        let findings = world.findings();
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let context = RemedyContext::new(&world.snapshot, &facts, &findings, &world.blueprint);
        let is_it = |finding: &&Finding| {
            finding.control.as_str() == "KA-RDS-003" && finding.resource.arn.as_str().ends_with("-unencrypted")
        };
        encrypt(findings.iter().find(is_it).expect("judged"), &context)
    }

    #[test]
    fn between_the_two_renames_it_is_still_the_same_procedure() {
        let halfway = renamed(&["konecta-erp-encrypted"]).expect("a runbook");
        assert!(halfway.resource.arn.as_str().ends_with(":db:konecta-erp"));
        assert_eq!(halfway.steps[5].call.parameters["NewDBInstanceIdentifier"], json!("konecta-erp"));
        let over = renamed(&["konecta-erp"]).expect_err("its place is taken");
        assert!(over.reason.contains("konecta-erp has taken its place"), "{}", over.reason);
        let of_that_name = renamed(&[]).expect("a runbook");
        assert!(of_that_name.resource.arn.as_str().ends_with(":db:konecta-erp-unencrypted"));
    }

    #[test]
    fn the_way_back_is_that_of_the_steps_taken_the_last_one_first() {
        let procedure = runbook(json!({"StorageEncrypted": false})).expect("a runbook");
        insta::assert_snapshot!(
            (0..=procedure.steps.len())
                .map(|taken| { format!("after {taken}\n{}", procedure.way_back(taken)) })
                .collect::<String>()
        );
    }

    #[test]
    fn the_runbook_reads_as_it_is_typed() {
        insta::assert_snapshot!(runbook(json!({"StorageEncrypted": false})).expect("a runbook").render());
    }
}
