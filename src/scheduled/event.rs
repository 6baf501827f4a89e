//! What an invocation is asked to do: EventBridge Scheduler's event or a plain request, checked to its last member.
//! Knows nothing of how it is done.

use jiff::Timestamp;
use konecta_aws::s3::S3Place;
use konecta_base::id::{AccountId, ControlId, Region};
use konecta_base::target::Target;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Longer than any request that names its accounts one by one should be; whoever has more has an organization.
const LONGEST: usize = 256 * 1024;

/// The most targets of one `scan`: what is more belongs into a Distributed Map.
pub(super) const MOST_TARGETS: usize = 1_000;

/// What is to be done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Task {
    /// All targets of the request, one after the other.
    #[default]
    Scan,
    /// Find the targets of an organization and write them down.
    Plan,
    /// One target of a run.
    Target,
    /// Put the statuses of a run together.
    Rollup,
}

/// A request, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Request {
    pub(super) task: Task,
    /// The run's name; a retry is known by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<String>,
    /// When the run was to begin: its reports are filed under this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) accounts: Vec<AccountId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) regions: Vec<Region>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) controls: Vec<ControlId>,
    /// Judge this snapshot, `s3://bucket/key`, instead of reading an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) snapshot: Option<String>,
    /// For `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<AccountId>,
    /// For `target`: a region, or `global`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<Region>,
    /// What an invocation answered whose time ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) continuation: Option<Continuation>,
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Continuation {
    pub(super) run: String,
    /// Of the one target that was asked for, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

impl Continuation {
    pub(super) fn of(run: &str, target: Option<&Target>) -> Self {
        let (account, region) = target.map(|one| (one.account.clone(), one.region.clone())).unzip();
        Self { run: run.to_owned(), account, region }
    }

    pub(super) fn target(&self) -> Option<Target> {
        Some(Target { account: self.account.clone()?, region: self.region.clone()? })
    }
}

/// What EventBridge wraps around a request. Of its members, these are looked at.
#[derive(Deserialize)]
struct Envelope {
    id: String,
    time: Option<Timestamp>,
    #[serde(default)]
    detail: Value,
}

/// A request that cannot be carried out as it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event is not a request: {0}")]
pub(super) struct EventError(pub(super) String);

impl Request {
    /// Reads an event.
    pub(super) fn of(event: &Value) -> Result<Self, EventError> {
        let size = event.to_string().len();
        if size > LONGEST {
            return Err(EventError(format!(
                "it has {size} bytes, and {LONGEST} are the most; the task `plan` takes the accounts of an organization"
            )));
        }
        // The marks of an envelope; a request has neither.
        let is_wrapped = event.get("detail-type").is_some() && event.get("source").is_some();
        let request = if is_wrapped { unwrapped(event)? } else { parsed(event)? };
        request.checked()
    }

    fn checked(self) -> Result<Self, EventError> {
        let wrong = |reason: &str| Err(EventError(reason.to_owned()));
        if let Some(run) = self.run.as_deref().or(self.continuation.as_ref().map(|from| from.run.as_str()))
            && !is_name(run)
        {
            return wrong("`run` may hold letters, digits, `.`, `_` and `-`, at most 120 of them");
        }
        let is_target = self.account.is_some() && self.region.is_some();
        match self.task {
            Task::Target if !is_target || self.run.is_none() => {
                wrong("the task `target` needs `run`, `account` and `region`")
            }
            Task::Rollup if self.run.is_none() => wrong("the task `rollup` needs `run`"),
            Task::Scan | Task::Plan | Task::Rollup if self.account.is_some() || self.region.is_some() => {
                wrong("`account` and `region` belong to the task `target`; `scan` takes `accounts` and `regions`")
            }
            Task::Plan if !self.accounts.is_empty() || self.snapshot.is_some() => {
                wrong("the task `plan` takes its accounts from the organization")
            }
            Task::Target | Task::Plan | Task::Rollup if self.continuation.is_some() => {
                wrong("`continuation` is a request by itself")
            }
            Task::Scan if self.regions.iter().any(Region::is_global) => {
                wrong("`global` is always part of a scan; `regions` takes regions")
            }
            Task::Scan if self.accounts.len().max(1) * (self.regions.len().max(1) + 1) > MOST_TARGETS => {
                Err(EventError(format!(
                    "it names more than {MOST_TARGETS} targets; the task `plan` takes the accounts of an organization"
                )))
            }
            Task::Scan if self.snapshot.as_ref().is_some_and(|place| !is_object(place)) => {
                wrong("`snapshot` is not an s3://bucket/key")
            }
            Task::Scan | Task::Plan | Task::Target | Task::Rollup => Ok(self),
        }
    }
}

fn parsed(value: &Value) -> Result<Request, EventError> {
    // What a careless schedule sends.
    if value.is_null() {
        return Ok(Request::default());
    }
    // A list of no members would do for the members of a request, all of which may be missing.
    if !value.is_object() {
        return Err(EventError("what is asked is not a JSON object".to_owned()));
    }
    Request::deserialize(value).map_err(|error| EventError(error.to_string()))
}

fn unwrapped(event: &Value) -> Result<Request, EventError> {
    let envelope = Envelope::deserialize(event).map_err(|error| EventError(format!("of its envelope, {error}")))?;
    // The Scheduler writes the detail as text.
    let detail = match envelope.detail.as_str() {
        Some(text) => serde_json::from_str(text).map_err(|error| EventError(format!("of its detail, {error}")))?,
        None => envelope.detail,
    };
    let mut request = parsed(&detail)?;
    request.run.get_or_insert(envelope.id);
    request.time = request.time.or(envelope.time);
    Ok(request)
}

/// A name that is safe as a part of a key: the Scheduler's execution ids and UUIDs are.
fn is_name(run: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !run.is_empty() && run.len() <= 120 && run.bytes().all(good) && !run.starts_with('.')
}

fn is_object(place: &str) -> bool {
    place.parse::<S3Place>().is_ok_and(|place| !place.prefix.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(event: &Value) -> String {
        Request::of(event).expect_err("refused").to_string()
    }

    #[test]
    fn the_scheduler_wraps_and_names_a_request() {
        let event = json!({
            "version": "0", "id": "6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11", "detail-type": "Scheduled Event", "source": "aws.scheduler",
            "account": "123456789012", "time": "2026-11-27T05:17:00Z", "region": "us-east-1",
            "resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"], "detail": "{}",
        });
        let request = Request::of(&event).expect("request");
        assert_eq!(request.run.as_deref(), Some("6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11"));
        assert_eq!(request.time, "2026-11-27T05:17:00Z".parse().ok());
        assert_eq!(request.task, Task::Scan);
        let mut event = event;
        event["detail"] = json!({"regions": ["eu-west-1"], "run": "mine"});
        let request = Request::of(&event).expect("request");
        assert_eq!((request.run.as_deref(), request.regions.len()), (Some("mine"), 1));
        event["detail"] = json!("{");
        assert!(error(&event).starts_with("the event is not a request: of its detail, "));
    }

    #[test]
    fn an_empty_event_is_a_scan_of_the_own_account() {
        for empty in [json!({}), Value::Null] {
            assert_eq!(Request::of(&empty), Ok(Request::default()));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (event, reason) in [
            (json!([]), "not a JSON object"),
            (json!("x"), "not a JSON object"),
            (json!({"acounts": []}), "unknown field `acounts`"),
            (json!({"accounts": ["12"]}), "`12` is not an AWS account id"),
            (json!({"run": "../x"}), "`run` may hold"),
            (json!({"run": ""}), "`run` may hold"),
            (json!({"task": "target", "run": "a", "account": "123456789012"}), "needs `run`, `account` and `region`"),
            (json!({"task": "rollup"}), "needs `run`"),
            (json!({"account": "123456789012"}), "belong to the task `target`"),
            (json!({"regions": ["global"]}), "`global` is always part"),
            (json!({"snapshot": "s3://bucket"}), "not an s3://bucket/key"),
            (json!({"task": "plan", "accounts": ["123456789012"]}), "from the organization"),
        ] {
            let error = error(&event);
            assert!(error.contains(reason), "{event}: {error}");
        }
    }

    #[test]
    fn what_is_too_large_is_refused_with_the_way_out() {
        let accounts: Vec<String> = (0..60_000_u64).map(|number| format!("{number:012}")).collect();
        assert!(error(&json!({"accounts": accounts})).contains("the task `plan`"));
        let accounts: Vec<String> = (0..900_u64).map(|number| format!("{number:012}")).collect();
        assert!(error(&json!({"accounts": accounts, "regions": ["us-east-1"]})).contains("more than 1000 targets"));
    }
}
