//! KA-RDS-003: storage is encrypted when a DB instance is made, so an encrypted one takes the place of the plain one:
//! snapshot → encrypted copy → restore → rename. A runbook; nothing of it is ever part of a plan.

use serde_json::{Map, Value, json};

use crate::finding::Finding;
use crate::fix::procedure::{self, Procedure, ProcedureStep};
use crate::fix::registry::{Proposal, Refusal, Remedy};
use crate::fix::step::{Call, Class, Find, Wait};
use crate::fix::{Case, View};

/// The name by which METADATA and the registry of procedures know it.
pub(in crate::fix) const ENCRYPT: &str = "rds.storage_encrypted";

pub(super) const REMEDY: Remedy = Remedy { id: ENCRYPT, class: Class::D, actions: &[], propose };

/// Settings that a restore takes from its parameters and not from the snapshot, under the name of the parameter
/// and where the description holds them.
const CARRIED: [(&str, &str); 13] = [
    ("DBInstanceClass", "/DBInstanceClass"),
    ("DBSubnetGroupName", "/DBSubnetGroup/DBSubnetGroupName"),
    ("DBParameterGroupName", "/DBParameterGroups/0/DBParameterGroupName"),
    ("OptionGroupName", "/OptionGroupMemberships/0/OptionGroupName"),
    ("MultiAZ", "/MultiAZ"),
    ("PubliclyAccessible", "/PubliclyAccessible"),
    ("AutoMinorVersionUpgrade", "/AutoMinorVersionUpgrade"),
    ("DeletionProtection", "/DeletionProtection"),
    ("CopyTagsToSnapshot", "/CopyTagsToSnapshot"),
    ("EnableIAMDatabaseAuthentication", "/IAMDatabaseAuthenticationEnabled"),
    ("EnableCloudwatchLogsExports", "/EnabledCloudwatchLogsExports"),
    ("StorageType", "/StorageType"),
    ("Port", "/Endpoint/Port"),
];

/// Settings that can only be put right after the restore.
const AFTER: [&str; 3] = ["BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow"];

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let refusal = match encrypt(finding, case) {
        Ok(_) => procedure::refusal(
            finding,
            "encryption is chosen when a DB instance is made: an encrypted one must take its place, and it is interrupted",
        ),
        Err(refusal) => *refusal,
    };
    Proposal { steps: Vec::new(), refusals: vec![refusal] }
}

/// The runbook for one instance.
pub(in crate::fix) fn encrypt(finding: &Finding, case: &Case<'_>) -> Result<Procedure, Box<Refusal>> {
    let refuse = |reason: &str, line: &str| Box::new(Refusal::new(finding, Class::D, reason, &[line]));
    let Some(view) = case.subject(finding) else {
        return Err(refuse("the DB instance is not in the snapshot", "scan again"));
    };
    if view.text("/configuration/DBClusterIdentifier").is_some() {
        return Err(refuse(
            "it is a member of a DB cluster, and the storage is the cluster's",
            "restore the cluster from an encrypted copy of its snapshot",
        ));
    }
    if !view.list("/configuration/ReadReplicaDBInstanceIdentifiers").is_empty() {
        return Err(refuse(
            "it has read replicas, which cannot follow the new instance",
            "remove the read replicas, encrypt, and make them anew",
        ));
    }
    let names = Names::of(&view.id);
    Ok(Procedure {
        title: format!("Encrypt the storage of {}", view.id),
        resource: view.reference.clone(),
        cautions: vec![
            "what is written after step 1 is not in the new instance: stop every writer first, and keep them stopped until step 6".to_owned(),
            "the endpoint keeps its name but not its address; the old instance stays, under another name, and is paid for".to_owned(),
        ],
        steps: steps(view, &names, &case.blueprint.rds.kms_key),
        afterwards: vec![
            format!("start the writers; check the application; `konecta-audit scan --control {}`", finding.control),
            format!("when nothing misses it: aws rds delete-db-instance --db-instance-identifier {} --final-db-snapshot-identifier {}-final (switch its deletion protection off first)", names.old, names.old),
        ],
    })
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
    let drop_snapshot = |name: &str| format!("aws rds delete-db-snapshot --db-snapshot-identifier {name}");
    let drop_new = format!(
        "aws rds modify-db-instance --db-instance-identifier {new} --no-deletion-protection --apply-immediately ; aws rds delete-db-instance --db-instance-identifier {new} --skip-final-snapshot"
    );
    let rename = |from: &str, to: &str| {
        call(
            "ModifyDBInstance",
            json!({"DBInstanceIdentifier": from, "NewDBInstanceIdentifier": to, "ApplyImmediately": true}),
        )
    };
    let named_back = |from: &str, to: &str| {
        format!(
            "aws rds modify-db-instance --db-instance-identifier {from} --new-db-instance-identifier {to} --apply-immediately"
        )
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
            back: drop_new.clone(),
        },
        ProcedureStep {
            title: format!("Give {new} the backups and windows of {id}"),
            before: None,
            call: call("ModifyDBInstance", after_restore(view, new)),
            waits: vec![instance_available(new)],
            done: None,
            back: drop_new,
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
            back: format!("{} ; {}", named_back(id, new), named_back(old, id)),
        },
    ]
}

fn call(operation: &str, parameters: Value) -> Call {
    Call::new("rds", operation, parameters)
}

fn restore(view: &View, snapshot: &str, new: &str) -> Value {
    let mut parameters = Map::new();
    parameters.insert("DBInstanceIdentifier".to_owned(), json!(new));
    parameters.insert("DBSnapshotIdentifier".to_owned(), json!(snapshot));
    for (parameter, path) in CARRIED {
        let value = view.at(&format!("/configuration{path}")).filter(|value| !value.is_null());
        // Option groups of AWS's own come with the engine.
        let own = parameter == "OptionGroupName"
            && value.and_then(Value::as_str).is_some_and(|name| name.starts_with("default:"));
        if let Some(value) = value.filter(|_| !own) {
            parameters.insert(parameter.to_owned(), value.clone());
        }
    }
    let groups =
        view.list("/configuration/VpcSecurityGroups").iter().filter_map(|group| group.get("VpcSecurityGroupId"));
    parameters.insert("VpcSecurityGroupIds".to_owned(), groups.cloned().collect());
    if view.at("/configuration/MasterUserSecret").is_some_and(Value::is_object) {
        parameters.insert("ManageMasterUserPassword".to_owned(), json!(true));
    }
    let tags = view.body.get("tags").and_then(Value::as_object);
    let tags = tags.into_iter().flatten().filter(|(key, _)| !key.starts_with("aws:"));
    parameters.insert("Tags".to_owned(), tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect());
    Value::Object(parameters)
}

fn after_restore(view: &View, new: &str) -> Value {
    let mut parameters = json!({"DBInstanceIdentifier": new, "ApplyImmediately": true});
    for member in AFTER {
        if let Some(value) = view.at(&format!("/configuration/{member}")).filter(|value| !value.is_null()) {
            parameters[member] = value.clone();
        }
    }
    parameters
}

fn wait(what: String, operation: &str, parameters: Value, path: &str) -> Wait {
    Wait {
        what,
        service: "rds".to_owned(),
        operation: operation.to_owned(),
        parameters,
        path: path.to_owned(),
        until: vec![json!("available")],
        failed: vec![json!("failed"), json!("incompatible-restore"), json!("inaccessible-encryption-credentials")],
        timeout_seconds: 4 * 3600,
    }
}

fn snapshot_available(name: &str) -> Wait {
    wait(
        format!("the snapshot {name} is available"),
        "DescribeDBSnapshots",
        json!({"DBSnapshotIdentifier": name}),
        "/DBSnapshots/*/Status",
    )
}

fn instance_available(name: &str) -> Wait {
    wait(
        format!("{name} is available"),
        "DescribeDBInstances",
        json!({"DBInstanceIdentifier": name}),
        "/DBInstances/*/DBInstanceStatus",
    )
}

fn snapshot_exists(name: &str) -> Find {
    find("DescribeDBSnapshots", "/DBSnapshots", "/DBSnapshotIdentifier", name)
}

fn instance_exists(name: &str) -> Find {
    find("DescribeDBInstances", "/DBInstances", "/DBInstanceIdentifier", name)
}

fn find(operation: &str, list: &str, identifier: &str, name: &str) -> Find {
    Find {
        service: "rds".to_owned(),
        operation: operation.to_owned(),
        parameters: json!({}),
        list: list.to_owned(),
        matching: Map::from_iter([(identifier.to_owned(), json!(name))]),
        take: identifier.to_owned(),
        planned: json!(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts;
    use crate::fix::proof::World;
    use crate::fix::rds::testdata::instance;

    fn runbook(settings: Value) -> Result<Procedure, Box<Refusal>> {
        let world = World::of(json!([instance(settings)]));
        let findings = world.findings();
        let facts = facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let case = Case::new(&world.snapshot, &facts, &findings, &world.blueprint);
        let finding = findings.iter().find(|finding| finding.control.as_str() == "KA-RDS-003").expect("judged");
        encrypt(finding, &case)
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

    #[test]
    fn the_runbook_reads_as_it_is_typed() {
        insta::assert_snapshot!(runbook(json!({"StorageEncrypted": false})).expect("a runbook").render());
    }
}
