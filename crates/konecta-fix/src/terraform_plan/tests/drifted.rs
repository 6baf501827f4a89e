//! The drifted world after a plan, and the verdicts on it.

use std::path::Path;
use std::sync::LazyLock;

use konecta_base::finding::Finding;
use konecta_base::finding::Status;
use konecta_base::snapshot::SnapshotFile;

use super::*;
use crate::proof::SomeControls;

/// The drifted world, in which all of the stack is wired.
pub(super) static DRIFTED: LazyLock<Snapshot> = LazyLock::new(|| {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/terraform/konecta/drifted.snap");
    SnapshotFile::open(&file).and_then(|file| file.load()).expect("a snapshot")
});

static CONTROLS: LazyLock<SomeControls> = LazyLock::new(|| {
    SomeControls::of(&[
        "KA-CF-040",
        "KA-ECR-004",
        "KA-ECR-006",
        "KA-EKS-003",
        "KA-EKS-004",
        "KA-IAM-003",
        "KA-RDS-008",
        "KA-RDS-012",
        "KA-SG-001",
        "KA-VPC-003",
        "KA-VPC-007",
        "KA-WAF-002",
    ])
});

pub(super) fn findings(snapshot: &Snapshot) -> Vec<Finding> {
    CONTROLS.findings(snapshot)
}

pub(super) fn laid(changes_of_plan: &[Value]) -> Applied {
    let plan = json!({"format_version": "1.2", "resource_changes": changes_of_plan}).to_string();
    apply(DRIFTED.clone(), &changes(&plan).expect("a plan")).expect("laid")
}

/// The verdict of a control on the resource whose ARN ends so, after a plan in which everything is judged.
pub(super) fn verdict(changes_of_plan: &[Value], control: &str, end: &str) -> Status {
    let done = laid(changes_of_plan);
    assert_eq!(done.not_judged, BTreeSet::new());
    let fits = |one: &&Finding| one.control.as_str() == control && one.resource.arn.as_str().ends_with(end);
    findings(&done.snapshot).iter().find(fits).unwrap_or_else(|| panic!("{control} on {end}")).status
}

pub(super) fn creates(address: &str, after: &Value, unknown: &Value) -> Value {
    change(address, &["create"], &Value::Null, after, unknown)
}

pub(super) fn updates(address: &str, before: &Value, after: &Value, unknown: &Value) -> Value {
    change(address, &["update"], before, after, unknown)
}

pub(super) fn deletes(address: &str, before: &Value) -> Value {
    change(address, &["delete"], before, &Value::Null, &json!({}))
}

/// An object with members over it.
pub(super) fn with(base: &Value, members: &Value) -> Value {
    let mut base = base.clone();
    for (name, value) in members.as_object().expect("members") {
        base[name] = value.clone();
    }
    base
}

pub(super) fn no() -> Value {
    json!({})
}

pub(super) fn at(done: &Applied, end: &str, pointer: &str) -> Option<Value> {
    let found = done.snapshot.resources.iter().find(|one| one.arn.as_str().ends_with(end)).expect("it lives");
    body(found).expect("JSON").pointer(pointer).cloned()
}

pub(super) const REPORTING: &str = "repository/konecta-erp/reporting-service";

pub(super) const CLUSTER: &str = "role/konecta-erp-cluster";

pub(super) const ACL: &str = "network-acl/acl-78a1d1af497d4bd40";

/// The ACL of a VPC of which nothing else was read, made one that is in force.
pub(super) const IN_FORCE: &str = "network-acl/acl-e4dfb8b7b9f2b39bd";

pub(super) const PRIVATE: &str = "subnet/subnet-9c20fb8efeb1f613b";

pub(super) const OPEN: &str = "security-group/sg-2362b407d54f83fae";

pub(super) fn lifecycle(count: u32) -> Value {
    let rule = json!({"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count},
        "action": {"type": "expire"}});
    json!({"repository": "konecta-erp/reporting-service", "policy": json!({"rules": [rule]}).to_string()})
}
