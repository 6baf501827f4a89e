//! For the tests of runs: an account in memory that does what calls say, and that can be killed, lie, and lose answers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::{self, Future};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{AccountApi, FailedCall, FailureKind, RunEvent};
use crate::journal::{Event, JournalError, Line, Log, MediumError};
use crate::pointer;
use konecta_base::finding::{Finding, Severity, Shared, Status};
use konecta_base::id::{Action, Region};
use konecta_base::snapshot::{ScanInfo, Snapshot};

pub(super) const TYPE: &str = "AWS::Test::Thing";

pub(super) fn arn(id: &str) -> String {
    format!("arn:aws:test:us-east-1:123456789012:thing/{id}")
}

/// What goes wrong, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    None,
    /// The process is killed at this point: journal lines and calls, before and after.
    KilledAt(usize),
    /// The answer of this writing call is lost after it was done.
    LostAfter(usize),
    /// The same, and it was not done.
    LostBefore(usize),
    /// Every writing call is answered with success and does nothing.
    Liar,
    /// This operation is refused.
    Refuses(&'static str),
    /// With this writing call, something else changes in `b` as well.
    Meddles(usize),
}

#[derive(Debug)]
pub(super) struct Cloud {
    pub(super) things: BTreeMap<String, Value>,
    /// Every writing call that was carried out, as it was sent, secrets out.
    pub(super) done: Vec<String>,
    pub(super) told: Vec<String>,
    pub(super) mishap: Mishap,
    pub(super) interrupt_after: Option<usize>,
    tokens: BTreeSet<String>,
    points: usize,
    writes: usize,
    made: usize,
    etag: usize,
    random: u8,
    busy: usize,
    clock: Timestamp,
}

/// The account; the cloud stays when a run dies.
#[derive(Clone)]
pub(super) struct Fake(pub(super) Rc<RefCell<Cloud>>);

impl Fake {
    pub(super) fn of(things: &[(&str, Value)]) -> Self {
        Self(Rc::new(RefCell::new(Cloud {
            things: things.iter().map(|(id, thing)| ((*id).to_owned(), thing.clone())).collect(),
            done: Vec::new(),
            told: Vec::new(),
            mishap: Mishap::None,
            interrupt_after: None,
            tokens: BTreeSet::new(),
            points: 0,
            writes: 0,
            made: 0,
            etag: 1,
            random: 0,
            busy: 0,
            clock: "2026-11-23T12:00:00Z".parse().expect("time"),
        })))
    }

    /// From now on this goes wrong.
    pub(super) fn with(&self, mishap: Mishap) {
        let mut cloud = self.0.borrow_mut();
        (cloud.mishap, cloud.points, cloud.writes) = (mishap, 0, 0);
    }

    pub(super) fn change(&self, id: &str, key: &str, value: Value) {
        self.0.borrow_mut().things.get_mut(id).expect("thing")[key] = value;
    }

    /// The things with made-up values and ids made alike, so that two ends can be compared.
    pub(super) fn things(&self) -> String {
        let cloud = self.0.borrow();
        let mut things: Vec<Value> = cloud.things.values().cloned().collect();
        for thing in &mut things {
            if thing.get("Header").is_some() {
                thing["Header"] = json!("secret");
            }
        }
        things.sort_by_key(Value::to_string);
        json!(things).to_string()
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let cloud = self.0.borrow();
        let resource = |(id, thing): (&String, &Value)| {
            let mut thing = thing.clone();
            if let Some(header) = thing.get("Header").and_then(Value::as_str) {
                thing["Header"] = json!(format!("sha256:{}", hex::encode(Sha256::digest(header.as_bytes()))));
            }
            let text = json!({
                "resourceType": TYPE, "arn": arn(id), "resourceId": id, "accountId": "123456789012",
                "region": "us-east-1", "capturedAt": cloud.clock, "configuration": thing,
            });
            serde_json::from_str(&text.to_string()).expect("resource")
        };
        let info = ScanInfo {
            tool_version: "test".into(),
            started_at: cloud.clock,
            finished_at: cloud.clock,
            accounts: vec!["123456789012".parse().expect("account")],
            regions: vec!["us-east-1".parse().expect("region")],
            calls: 1,
        };
        let resources = cloud.things.iter().map(resource).collect();
        Snapshot { info, resources, reads: Vec::new(), gaps: Vec::new() }
    }

    /// Whether the process dies here.
    fn dies(&self) -> bool {
        let mut cloud = self.0.borrow_mut();
        cloud.points += 1;
        matches!(cloud.mishap, Mishap::KilledAt(at) if cloud.points >= at)
    }

    fn answer(&self, operation: &str, parameters: &Value) -> Result<Value, FailedCall> {
        let mut cloud = self.0.borrow_mut();
        let id = parameters["Id"].as_str().unwrap_or_default().to_owned();
        match operation {
            "List" => {
                let things = cloud.things.iter().map(|(id, thing)| json!({"Id": id, "Name": thing["Name"]}));
                Ok(json!({"Things": things.collect::<Vec<_>>()}))
            }
            "GetStatus" => {
                cloud.busy = cloud.busy.saturating_sub(1);
                Ok(json!({"Parts": [{"Status": if cloud.busy == 0 { "Ready" } else { "Busy" }}]}))
            }
            "GetConfig" => Ok(json!({"Config": cloud.things[&id], "ETag": format!("e{}", cloud.etag)})),
            "GetDistributionConfig" => {
                let header = cloud.things.get(&id).and_then(|thing| thing.get("Header")).cloned();
                let items: Vec<Value> =
                    header.into_iter().map(|value| json!({"HeaderName": "X-S", "HeaderValue": value})).collect();
                let origin = json!({"Id": "o1", "CustomHeaders": {"Quantity": items.len(), "Items": items}});
                Ok(json!({"DistributionConfig": {"Origins": {"Items": [origin]}}}))
            }
            _ => cloud.write(operation, &id, parameters),
        }
    }
}

impl Cloud {
    fn write(&mut self, operation: &str, id: &str, parameters: &Value) -> Result<Value, FailedCall> {
        self.writes += 1;
        let failed = |kind, code: &str| FailedCall { kind, code: code.to_owned(), message: String::new() };
        match self.mishap {
            Mishap::Liar => return Ok(json!({})),
            Mishap::LostBefore(at) if at == self.writes => return Err(failed(FailureKind::Unknown, "TimedOut")),
            Mishap::Refuses(refused) if refused == operation => {
                return Err(failed(FailureKind::NotDone, "InvalidParameter"));
            }
            Mishap::None
            | Mishap::KilledAt(_)
            | Mishap::LostAfter(_)
            | Mishap::LostBefore(_)
            | Mishap::Refuses(_)
            | Mishap::Meddles(_) => {}
        }
        if operation == "UpdateConfig" && parameters["IfMatch"] != json!(format!("e{}", self.etag)) {
            return Err(failed(FailureKind::Stale, "PreconditionFailed"));
        }
        if parameters["Token"].as_str().is_some_and(|token| !self.tokens.insert(token.to_owned())) {
            return Ok(json!({}));
        }
        self.done.push(format!("{operation} {id} {}", parameters["Name"].as_str().unwrap_or_default()));
        self.etag += 1;
        self.busy = 3;
        match operation {
            "Set" => {
                let thing = self.things.get_mut(id).expect("thing");
                pointer::put(thing, parameters["Path"].as_str().expect("path"), Some(parameters["Value"].clone()))
                    .expect("way");
            }
            "Create" => {
                self.made += 1;
                self.things.insert(format!("new-{}", self.made), json!({"Name": parameters["Name"]}));
            }
            "Delete" => {
                self.things.remove(id);
                for rules in self.things.values_mut().filter_map(|thing| thing.get_mut("Rules")?.as_array_mut()) {
                    rules.retain(|rule| rule != id);
                }
            }
            "UpdateConfig" => drop(self.things.insert(id.to_owned(), parameters["Config"].clone())),
            other => panic!("{other}"),
        }
        if self.mishap == Mishap::Meddles(self.writes) {
            self.things.get_mut("b").expect("thing")["Stray"] = json!(self.writes);
        }
        if self.mishap == Mishap::LostAfter(self.writes) {
            return Err(failed(FailureKind::Unknown, "TimedOut"));
        }
        Ok(json!({}))
    }
}

impl AccountApi for Fake {
    async fn read(&mut self, _: &BTreeSet<Action>) -> Result<Snapshot, String> {
        Ok(self.snapshot())
    }

    async fn call(&mut self, _: &Region, _: &str, operation: &str, parameters: &Value) -> Result<Value, FailedCall> {
        let is_read = operation.starts_with("Get") || operation == "List";
        if !is_read && self.dies() {
            return future::pending().await;
        }
        let answer = self.answer(operation, parameters);
        if !is_read && self.dies() {
            return future::pending().await;
        }
        answer
    }

    async fn pause(&mut self, duration: Duration) {
        let seconds = SignedDuration::try_from(duration).expect("short");
        self.0.borrow_mut().clock += seconds;
    }

    fn judge(&mut self, snapshot: &Snapshot) -> Result<Vec<Finding>, String> {
        let finding = |resource: &konecta_base::resource::Resource| {
            let thing: Value = serde_json::from_str(resource.configuration.get()).expect("json");
            Finding {
                control: "KA-T-1".parse().expect("id"),
                name: "test".into(),
                title: "test".into(),
                severity: Severity::Low,
                status: if thing["Good"] == true { Status::Pass } else { Status::Fail },
                resource: resource.reference().into(),
                violations: Shared::default(),
                reasons: Shared::default(),
                evidence: Shared::default(),
                unattainable: false,
            }
        };
        Ok(snapshot.resources.iter().map(finding).collect())
    }

    fn now(&mut self) -> Timestamp {
        self.0.borrow().clock
    }

    fn random(&mut self) -> Option<[u8; 36]> {
        let mut cloud = self.0.borrow_mut();
        cloud.random += 1;
        Some([cloud.random; 36])
    }

    fn interrupted(&mut self) -> bool {
        let cloud = self.0.borrow();
        cloud.interrupt_after.is_some_and(|after| cloud.done.len() >= after)
    }

    fn tell(&mut self, told: RunEvent<'_>) {
        let text = match told {
            RunEvent::Begun(change, _) => format!("begun {}", change.id),
            RunEvent::Waiting { what, .. } => format!("waiting {what}"),
            RunEvent::Over(change, _, outcome, reason) => format!("{} {outcome} {reason}", change.id),
        };
        self.0.borrow_mut().told.push(text);
    }
}

/// A journal in memory, of a process that may die before or after each line.
#[derive(Clone)]
pub(super) struct Dying(pub(super) Rc<RefCell<Vec<String>>>, pub(super) Fake);

impl Dying {
    pub(super) fn lines(&self) -> Vec<Line> {
        self.0.borrow().iter().map(|line| serde_json::from_str(line).expect("line")).collect()
    }
}

impl Log for Dying {
    async fn write(&mut self, at: Timestamp, event: &Event) -> Result<(), JournalError> {
        let dead = || JournalError::Medium(MediumError::failed("dead".to_owned(), "dead"));
        if self.1.dies() {
            return Err(dead());
        }
        let line = Line { seq: 0, at, previous: String::new(), event: event.clone() };
        self.0.borrow_mut().push(serde_json::to_string(&line)?);
        if self.1.dies() { Err(dead()) } else { Ok(()) }
    }
}

/// Runs a future that never has to wait; `None` if it does, as one that was killed.
pub(super) fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}
