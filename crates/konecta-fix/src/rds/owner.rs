//! The DB instance or DB cluster that holds a setting (a table by setting and kind of cluster), and the one call by which it
//! is modified.
//! Knows nothing of which setting is wanted or why.

use serde_json::{Value, json};

use crate::registry::Remedy;
use crate::step::{Call, Class, Edit, Effect, Step, Wait};
use crate::{Refusal, RemedyContext, View, action};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource_types;

/// What every remedy that modifies an instance or a cluster needs.
pub(super) const ACTIONS: &[&str] = &[
    changes::RDS_MODIFY_DB_INSTANCE,
    calls::RDS_DESCRIBE_DB_INSTANCES,
    changes::RDS_MODIFY_DB_CLUSTER,
    calls::RDS_DESCRIBE_DB_CLUSTERS,
];

/// An hour: a conversion to Multi-AZ copies the storage first.
const PATIENCE: u64 = 3600;

/// Who holds a setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    view: &'a View,
    kind: &'static Kind,
}

/// How RDS speaks of instances and of clusters.
#[derive(Debug)]
struct Kind {
    cluster: bool,
    modify: &'static str,
    describe: &'static str,
    identifier: &'static str,
    list: &'static str,
    status: &'static str,
}

const INSTANCE: Kind = Kind {
    cluster: false,
    modify: "ModifyDBInstance",
    describe: "DescribeDBInstances",
    identifier: "DBInstanceIdentifier",
    list: "DBInstances",
    status: "DBInstanceStatus",
};
const CLUSTER: Kind = Kind {
    cluster: true,
    modify: "ModifyDBCluster",
    describe: "DescribeDBClusters",
    identifier: "DBClusterIdentifier",
    list: "DBClusters",
    status: "Status",
};

/// Where a setting of a cluster's member is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// At the cluster, for all members.
    Cluster,
    /// At the member itself.
    Instance,
    /// At neither, once the cluster was made.
    Nowhere,
}

/// By member of the description: where Aurora holds it, and where a Multi-AZ DB cluster (RDS for MySQL or PostgreSQL).
///
/// `ModifyDBCluster` names for each parameter the cluster types for which it is valid, `ModifyDBInstance` says what does not
/// apply to Aurora: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html>,
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html>;
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html> has the scope of each setting, and
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/modify-multi-az-db-cluster.html> that of the others, by which
/// public access is not to be changed. `AutoMinorVersionUpgrade` is valid for Aurora at both, and an instance shows its own.
const HOLDERS: [(&str, Holder, Holder); 12] = [
    ("AutoMinorVersionUpgrade", Holder::Instance, Holder::Cluster),
    ("BackupRetentionPeriod", Holder::Cluster, Holder::Cluster),
    ("CACertificateIdentifier", Holder::Instance, Holder::Cluster),
    ("CopyTagsToSnapshot", Holder::Cluster, Holder::Cluster),
    ("DBParameterGroups", Holder::Instance, Holder::Cluster),
    ("DeletionProtection", Holder::Cluster, Holder::Cluster),
    ("EnabledCloudwatchLogsExports", Holder::Cluster, Holder::Cluster),
    ("IAMDatabaseAuthenticationEnabled", Holder::Cluster, Holder::Cluster),
    ("MonitoringInterval", Holder::Instance, Holder::Cluster),
    ("MultiAZ", Holder::Cluster, Holder::Cluster),
    ("PubliclyAccessible", Holder::Instance, Holder::Nowhere),
    ("StorageEncrypted", Holder::Cluster, Holder::Cluster),
];

/// One setting before and after, in the API's words.
pub(super) struct Setting<'a> {
    /// The member of the description.
    pub(super) member: &'a str,
    /// What it is.
    pub(super) before: Option<Value>,
    /// What it will be.
    pub(super) after: Value,
    /// Parameters of the call that bring it about.
    pub(super) parameters: Value,
    /// Parameters of the call that take it back.
    pub(super) back: Value,
}

impl<'a> Owner<'a> {
    /// Whoever holds a setting of this instance, or of this cluster without instances.
    ///
    /// # Errors
    /// With the reason why nobody is known to.
    pub(super) fn of(member: &str, view: &'a View, context: &'a RemedyContext<'_>) -> Result<Self, &'static str> {
        let Some(cluster) = view.text("/configuration/DBClusterIdentifier") else {
            return Ok(Self { view, kind: &INSTANCE });
        };
        let (_, of_aurora, of_multi_az) =
            HOLDERS.iter().find(|(name, _, _)| *name == member).ok_or("who holds this setting is in no table")?;
        let holder = if of_aurora == of_multi_az {
            of_aurora
        } else {
            let engine =
                view.text("/configuration/Engine").ok_or("its engine was not told, and so not who holds this")?;
            let aurora = ["aurora", "docdb", "neptune"].iter().any(|kind| engine.starts_with(kind));
            if aurora { of_aurora } else { of_multi_az }
        };
        let is_cluster = view.reference.resource_type.as_str() == resource_types::RDS_DB_CLUSTER;
        match holder {
            Holder::Instance if is_cluster => Err("its instances hold this setting, and it has none"),
            Holder::Instance => Ok(Self { view, kind: &INSTANCE }),
            Holder::Nowhere => Err("a Multi-AZ DB cluster has it from when it was made, and no call changes it"),
            Holder::Cluster => {
                let beside = |other: &&View| {
                    other.id == cluster
                        && other.reference.account_id == view.reference.account_id
                        && other.reference.region == view.reference.region
                };
                let found = context.all(resource_types::RDS_DB_CLUSTER).find(beside);
                let view = found.ok_or("the DB cluster that decides this was not read")?;
                Ok(Self { view, kind: &CLUSTER })
            }
        }
    }

    /// What the owner says of a member.
    pub(super) fn at(&self, member: &str) -> Option<&'a Value> {
        self.view.at(&format!("/configuration/{member}"))
    }

    /// Its name.
    pub(super) fn name(&self) -> &'a str {
        &self.view.id
    }

    /// Whether it is a cluster.
    pub(super) fn is_cluster(&self) -> bool {
        self.kind.cluster
    }

    /// Why it must not be modified now. A change that is applied at once takes along whatever waits for the
    /// maintenance window.
    pub(super) fn busy(&self, finding: &Finding, class: Class) -> Option<Refusal> {
        let pending = self.at("PendingModifiedValues").and_then(Value::as_object);
        if let Some(pending) = pending.filter(|pending| !pending.is_empty()) {
            let names: Vec<&str> = pending.keys().map(String::as_str).collect();
            let reason = format!(
                "{} waits for its maintenance window with other changes ({}), and a change made now would carry them out at once",
                self.name(),
                names.join(", ")
            );
            let procedure =
                "let the maintenance window pass, or take the pending changes back; then run `konecta-audit fix` again";
            return Some(Refusal::new(finding, class, reason, &[procedure]));
        }
        let status = self.at(self.kind.status).and_then(Value::as_str);
        if status != Some("available") {
            let reason = format!(
                "{} is {}, and only an available one can be modified",
                self.name(),
                status.unwrap_or("in an unknown state")
            );
            return Some(Refusal::new(finding, class, reason, &["run `konecta-audit fix` again once it is available"]));
        }
        None
    }

    /// The step that brings a setting about.
    pub(super) fn modify(&self, remedy: &Remedy, class: Class, title: String, setting: Setting<'_>) -> Step {
        let Setting { member, before, after, parameters, back } = setting;
        let call = |mut parameters: Value| {
            if let Some(map) = parameters.as_object_mut() {
                map.insert(self.kind.identifier.to_owned(), json!(self.name()));
                map.insert("ApplyImmediately".to_owned(), json!(true));
            }
            Call::new("rds", self.kind.modify, parameters)
        };
        let path = format!("/configuration/{member}");
        Step {
            merge: Some(format!("rds:{}/{}", self.kind.modify, self.view.reference.arn)),
            class,
            effects: vec![Effect::amended(&self.view.reference, vec![Edit::new(path, before, Some(after.clone()))])],
            inverse: vec![call(back)],
            actions: [self.kind.modify, self.kind.describe].map(|name| action(&format!("rds:{name}"))).to_vec(),
            waits: vec![
                self.wait(format!("{} of {} is {after}", member, self.name()), member, after, None),
                self.wait(format!("{} is available", self.name()), self.kind.status, json!("available"), Some(member)),
            ],
            ..Step::new(remedy, &self.view.reference, format!("{}/{}", remedy.id, self.name()), title, call(parameters))
        }
    }

    /// That a member has a value. The setting itself is another before the call, and RDS shows the new one once it is in
    /// force. The status is `available` before the call and for some seconds after it, so it counts only where the same
    /// answer shows the setting (`changes`) as another.
    fn wait(&self, what: String, member: &str, value: Value, changes: Option<&str>) -> Wait {
        Wait {
            what,
            service: "rds".to_owned(),
            operation: self.kind.describe.to_owned(),
            parameters: json!({ self.kind.identifier: self.name() }),
            path: format!("/{}/*/{member}", self.kind.list),
            until: vec![value],
            failed: [json!("failed"), json!("storage-full"), json!("incompatible-parameters")].to_vec(),
            timeout_seconds: PATIENCE,
            changes: changes.map(|member| format!("/{}/*/{member}", self.kind.list)),
            after_seconds: 0,
        }
    }
}
