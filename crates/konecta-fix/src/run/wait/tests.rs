//! No wait is satisfied by the state before its change: all of them, one by one, in a world that keeps it for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::fake::now;
use super::super::{FailedCall, FailureKind};
use super::*;
use crate::cloudfront::{distribution, origin_header};
use crate::ec2::testdata::instance as machine;
use crate::eks::testdata::{cluster, node_group, vpc};
use crate::journal::{Event, JournalError};
use crate::path::testdata::{GROUP, target_group};
use crate::plan::{Plan, VERSION};
use crate::proof::World;
use crate::rds::storage_encrypted::calls;
use crate::rds::testdata::{instance as database, parameter_group};
use crate::{Edit, RemedyContext};
use konecta_base::finding::Finding;
use konecta_base::id::{Action, Region};
use konecta_base::snapshot::Snapshot;

/// An account that answers one thing until a moment, and then another.
struct Lagging {
    clock: Timestamp,
    until: Timestamp,
    old: Answer,
    new: Answer,
}

/// What is answered; `None`: it does not exist.
type Answer = Option<Value>;

impl AccountApi for Lagging {
    async fn read(&mut self, _: &BTreeSet<Action>) -> Result<Snapshot, String> {
        Err("nothing is read".to_owned())
    }

    async fn call(&mut self, _: &Region, _: &str, _: &str, _: &Value) -> Result<Value, FailedCall> {
        let answer = if self.clock < self.until { &self.old } else { &self.new };
        answer.clone().ok_or_else(|| FailedCall {
            kind: FailureKind::NotDone,
            code: "NotFound".to_owned(),
            message: String::new(),
        })
    }

    async fn pause(&mut self, duration: Duration) {
        self.clock += SignedDuration::try_from(duration).expect("short");
    }

    fn judge(&mut self, _: &Snapshot) -> Result<Vec<Finding>, String> {
        Err("nothing is judged".to_owned())
    }

    fn now(&mut self) -> Timestamp {
        self.clock
    }

    fn random(&mut self) -> Option<[u8; 36]> {
        None
    }

    fn interrupted(&mut self) -> bool {
        false
    }

    fn tell(&mut self, _: RunEvent<'_>) {}
}

struct Nowhere;

impl Log for Nowhere {
    async fn write(&mut self, _: Timestamp, _: &Event) -> Result<(), JournalError> {
        Ok(())
    }
}

fn start() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("time")
}

/// How a wait ends where the old answer is given for so many seconds after the call, and after how many seconds.
fn ended(wait: &Wait, old: &Answer, new: &Answer, lag: i64) -> (Result<(), String>, i64) {
    let mut account =
        Lagging { clock: start(), until: start() + SignedDuration::from_secs(lag), old: old.clone(), new: new.clone() };
    let region: Region = "us-east-1".parse().expect("region");
    let plan = Plan {
        version: VERSION,
        tool: String::new(),
        created_at: start(),
        expires_at: start(),
        account: "123456789012".parse().expect("account"),
        regions: vec![region.clone()],
        scope: None,
        changes: Vec::new(),
        refusals: Vec::new(),
        sha256: String::new(),
    };
    let mut log = Nowhere;
    let ended = now(async {
        let mut run = Run::begin(&mut account, &mut log, "r1", "ada", "t", &plan).await.expect("begun");
        let here = Here { region, token: String::new() };
        let (_, marks) = run.held(&here, std::slice::from_ref(wait)).await.expect("can be asked");
        run.until(&here, wait, mark(&marks, 0), start()).await
    });
    (ended.expect("never waits for anything real"), account.clock.duration_since(start()).as_secs())
}

/// A wait with what is answered before its change and after it, and, where time is what proves, what is answered if the change
/// did harm.
struct Row {
    /// The file that makes it.
    file: &'static str,
    wait: Wait,
    old: Answer,
    new: Answer,
    harm: Answer,
}

fn proposed(world: &World, control: &str, arn_ends: &str) -> Vec<Wait> {
    world.proposed(control, arn_ends).steps.into_iter().flat_map(|step| step.waits).collect()
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |file: &'static str, waits: Vec<Wait>, old: Answer, new: Answer, harm: Answer| {
        assert!(!waits.is_empty(), "{file}");
        rows.extend(waits.into_iter().map(|wait| Row {
            file,
            wait,
            old: old.clone(),
            new: new.clone(),
            harm: harm.clone(),
        }));
    };
    // EC2: `applied` before as after.
    let mut one = machine("i-1", "subnet-1", "sg-1");
    let options = |tokens: &str| json!({"State": "applied", "HttpTokens": tokens, "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"});
    one["configuration"]["MetadataOptions"] = options("optional");
    let told = |tokens: &str| Some(json!({"Reservations": [{"Instances": [{"MetadataOptions": options(tokens)}]}]}));
    let waits = proposed(&World::of(json!([one])), "KA-EC2-001", "/i-1");
    add("ec2/imdsv2.rs", waits, told("optional"), told("required"), None);
    // Target health: all healthy before as after, until the targets have had the time to fail.
    let mut group = target_group();
    group["configuration"]["HealthCheckPath"] = json!("/");
    let health = |state: &str| {
        Some(
            json!({"TargetHealthDescriptions": [{"TargetHealth": {"State": state}}, {"TargetHealth": {"State": "healthy"}}]}),
        )
    };
    let waits = proposed(&World::of(json!([group])), "KA-ALB-014", GROUP);
    add("elbv2/listener.rs", waits, health("healthy"), health("healthy"), health("unhealthy"));
    // CloudFront: deployed before as after.
    let view = {
        let world = World::of(json!([crate::cloudfront::testdata::distribution()]));
        let facts = konecta_core::facts::derive(&world.snapshot, &world.blueprint).expect("facts");
        let findings = world.findings();
        let context = RemedyContext::new(&world.snapshot, &facts, &findings, &world.blueprint);
        context.all("AWS::CloudFront::Distribution").next().expect("one").clone()
    };
    let step =
        distribution::step(&origin_header::REMEDY, &view, String::new(), vec![Edit::new("/Comment", None, None)]);
    let deployed = |etag: &str| Some(json!({"ETag": etag, "Distribution": {"Status": "Deployed"}}));
    add("cloudfront/distribution.rs", step.waits, deployed("1"), deployed("2"), None);
    // RDS: available before as after.
    let waits =
        proposed(&World::of(json!([database(json!({"DeletionProtection": false}))])), "KA-RDS-007", ":db:konecta-erp");
    let said = |on: bool| Some(json!({"DBInstances": [{"DBInstanceStatus": "available", "DeletionProtection": on}]}));
    add("rds/owner.rs", waits, said(false), said(true), None);
    let used =
        database(json!({"DBParameterGroups": [{"DBParameterGroupName": "own", "ParameterApplyStatus": "in-sync"}]}));
    let forced =
        parameter_group("own", json!([{"ParameterName": "rds.force_ssl", "ParameterValue": "0", "Source": "user"}]));
    let waits = proposed(&World::of(json!([used, forced])), "KA-RDS-008", ":db:konecta-erp");
    let applied =
        |status: &str| Some(json!({"DBInstances": [{"DBParameterGroups": [{"ParameterApplyStatus": status}]}]}));
    add("rds/tls_forced.rs", waits, applied("in-sync"), applied("in-sync"), applied("failed-to-apply"));
    let snapshot = Some(json!({"DBSnapshots": [{"Status": "available"}]}));
    add("rds/storage_encrypted/calls.rs", vec![calls::snapshot_available("s")], None, snapshot, None);
    let instance = |status: &str| Some(json!({"DBInstances": [{"DBInstanceStatus": status}]}));
    add("rds/storage_encrypted/calls.rs", vec![calls::instance_available("i")], None, instance("available"), None);
    let again = vec![calls::instance_available_again("i")];
    add("rds/storage_encrypted/calls.rs", again, instance("available"), instance("available"), instance("failed"));
    // EKS: active before as after.
    let access = |private: bool, public: bool| json!({"subnetIds": ["subnet-1"], "vpcId": "vpc-1", "endpointPublicAccess": public, "endpointPrivateAccess": private, "publicAccessCidrs": ["0.0.0.0/0"]});
    let shown = |access: &Value| Some(json!({"cluster": {"status": "ACTIVE", "resourcesVpcConfig": access}}));
    let waits = proposed(
        &World::of(json!([vpc("default"), cluster(json!({"resourcesVpcConfig": access(true, true)}))])),
        "KA-EKS-001",
        "cluster/erp",
    );
    add("eks/cluster.rs", waits, shown(&access(true, true)), shown(&access(true, false)), None);
    // The last way to see a cluster's logs: one that nobody declared stays off, and its `false` says nothing of ours.
    let logs = |audit: bool| json!([{"types": ["api"], "enabled": true}, {"types": ["audit"], "enabled": audit}, {"types": ["scheduler"], "enabled": false}]);
    let world = World::of(json!([cluster(json!({"logging": {"clusterLogging": logs(false)}}))]));
    let world = world.with(|blueprint| blueprint.eks.log_types = vec!["audit".to_owned()]);
    let logging =
        |audit: bool| Some(json!({"cluster": {"status": "ACTIVE", "logging": {"clusterLogging": logs(audit)}}}));
    add("eks/cluster.rs", proposed(&world, "KA-EKS-004", "cluster/erp"), logging(false), logging(true), None);
    let sizes = json!({"minSize": 3, "maxSize": 3, "desiredSize": 3});
    let world = World::of(json!([cluster(json!({"computeConfig": null})), node_group(&sizes)]));
    let nodes = |most: u64| Some(json!({"nodegroup": {"status": "ACTIVE", "scalingConfig": {"maxSize": most}}}));
    add("eks/scaling_limits.rs", proposed(&world, "KA-NG-002", "erp/nodes/1a2b"), nodes(3), nodes(4), None);
    rows
}

const LAG: i64 = 40;

#[test]
fn the_state_before_a_change_satisfies_no_wait() {
    for Row { file, wait, old, new, harm } in rows() {
        let (came, after) = ended(&wait, &old, &new, LAG);
        assert_eq!(came, Ok(()), "{file}: {}", wait.what);
        assert!(after >= LAG, "{file}: {} held after {after} s, and the old state stood for {LAG}", wait.what);
        if wait.after_seconds == 0 {
            let (came, _) = ended(&wait, &old, &old, LAG);
            assert!(came.is_err(), "{file}: {} holds although nothing has changed", wait.what);
            continue;
        }
        // Nothing in the answer tells the two states apart, so time does: what comes to light in it ends the wait.
        assert!(after >= i64::try_from(wait.after_seconds).expect("small"), "{file}: {after}");
        let (came, at) = ended(&wait, &old, &harm, LAG);
        assert!(
            came.is_err() && at < i64::try_from(wait.after_seconds).expect("small"),
            "{file}: {came:?} after {at} s"
        );
    }
}

#[test]
fn a_group_of_which_nothing_is_healthy_or_which_is_empty_is_not_healthy() {
    let rows = rows();
    let Row { wait, old, .. } = rows.iter().find(|row| row.file == "elbv2/listener.rs").expect("a row");
    for bad in ["unhealthy", "initial", "draining", "unused", "unavailable"] {
        let all = Some(
            json!({"TargetHealthDescriptions": [{"TargetHealth": {"State": bad}}, {"TargetHealth": {"State": "healthy"}}]}),
        );
        assert!(ended(wait, old, &all, LAG).0.is_err(), "{bad}");
    }
    assert!(ended(wait, old, &Some(json!({"TargetHealthDescriptions": []})), LAG).0.is_err(), "no target at all");
}

/// Every place that makes a wait is in the table above, or asks before a change and not after one.
#[test]
fn every_wait_is_in_the_table() {
    let mut makers: BTreeMap<String, usize> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            let name = path.strip_prefix(&root).expect("below").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.contains("tests") && name != "step.rs" && !name.starts_with("run/")
            {
                let text = std::fs::read_to_string(&path).expect("text");
                let made = text.lines().filter(|line| line.trim_start().starts_with("timeout_seconds:")).count();
                makers.extend((made > 0).then_some((name, made)));
            }
        }
    }
    // Asked right before a call: what is now is what counts.
    for asks in ["path/origins.rs", "eks/api_endpoint.rs", "elbv2/tls_policy.rs"] {
        assert_eq!(makers.remove(asks), Some(1), "{asks}");
    }
    let known: BTreeMap<String, usize> = rows().iter().map(|row| (row.file.to_owned(), 1)).collect();
    assert_eq!(makers, known);
}
