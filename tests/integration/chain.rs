//! The scheduled scan of an organization as it is deployed: the CloudFormation template in ministack with the real function as
//! a subprocess, started by its own schedule, over the accounts of an organization in moto (`tests/emulator/organization.py`).

mod variants;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helper::Helper;

/// The deployment; everything ends when this is dropped.
struct Deployment {
    helper: Helper,
    told: Value,
}

impl Deployment {
    fn up() -> Self {
        let function = env!("CARGO_BIN_EXE_konecta-audit-lambda");
        let (helper, told) = Helper::file("organization.py", &["up", "--function", function]);
        Self { helper, told }
    }

    fn ask(&mut self, command: &Value) -> Value {
        self.helper.order(command)
    }

    fn invoke(&mut self, event: &Value) -> Value {
        self.ask(&json!({"invoke": event}))
    }

    fn keys(&mut self, prefix: &str) -> BTreeSet<String> {
        let prefix = format!("{}{prefix}", self.told["prefix"].as_str().expect("text"));
        texts(&self.ask(&json!({"keys": prefix}))["keys"]).into_iter().collect()
    }

    fn object(&mut self, key: &str) -> String {
        self.ask(&json!({"object": key}))["text"].as_str().expect("text").to_owned()
    }
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().expect("list").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
}

/// The audit account.
const OWN: &str = "123456789012";

/// When the schedule was due; the run is named by it.
const DUE: &str = "2026-11-27T03:17:00Z";
const RUN: &str = "2026-11-27T03.17.00Z";

#[test]
fn a_schedule_scans_an_organization_and_nothing_is_passed_over_in_silence() {
    let mut deployment = Deployment::up();
    let accounts = texts(&deployment.told["accounts"]);
    let mut regions = texts(&deployment.told["regions"]);
    regions.push("global".to_owned());
    // The audit account is entered without a role.
    let others: Vec<&String> = accounts.iter().filter(|account| *account != OWN).collect();
    let (denied, failing) = (others[2].clone(), others[6].clone());
    let targets = accounts.len() * regions.len();

    let ended = deployment.ask(&json!({"schedule": {
        "time": DUE, "denied": denied, "failing": {"account": failing, "region": "eu-west-1", "calls": 2},
    }}));
    println!("{} targets in {} s, {} KiB, {}", targets, ended["seconds"], ended["memoryKib"], ended["requests"]);

    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    assert_eq!(ended["states"].as_array().and_then(|states| states.last()), Some(&json!("Incomplete")), "{ended}");
    let output = &ended["output"];
    assert_eq!(output["run"], RUN);
    assert_eq!((&output["expected"], &output["unscanned"]), (&json!(targets), &json!(regions.len())), "{output}");
    assert_eq!(output["seen"], targets - regions.len(), "{output}");

    // Twelve accounts, three regions and `global`: each an item of the map, and none of them failed.
    let items = &ended["items"][0];
    assert_eq!((&items["total"], &items["succeeded"]), (&json!(targets), &json!(targets)), "{items}");
    assert_eq!(ended["mostAtOnce"], deployment.told["maxConcurrency"]);
    // The status could not be written in two whole invocations, each with all tries of the SDK; the third one wrote it.
    assert_eq!(ended["failedCalls"], 2);

    let children = ended["children"].as_array().expect("children");
    for child in children {
        let [target] = child["targets"].as_array().expect("targets").as_slice() else { panic!("{child}") };
        let is_denied = target["account"] == denied.as_str();
        assert_eq!(target["status"] == "unscanned", is_denied, "{child}");
        assert_eq!(child["errors"], json!([]), "{child}");
        if is_denied {
            let reason = target["reason"].as_str().expect("a reason");
            assert!(reason.contains("AssumeRole") && reason.contains(&denied), "{reason}");
            assert_eq!(target["key"], Value::Null);
        }
    }
    assert_eq!(children.len(), targets);

    // What the alarms look at.
    assert_eq!(ended["metrics"]["TargetsExpected"], json!(targets as f64));
    assert_eq!(ended["metrics"]["TargetsUnscanned"], json!(regions.len() as f64));

    let mut expected = BTreeSet::new();
    for account in accounts.iter().filter(|account| **account != denied) {
        for region in &regions {
            for format in ["json", "sarif", "txt"] {
                expected.insert(format!("audit/account={account}/region={region}/date=2026-11-27/{RUN}.{format}"));
            }
        }
    }
    assert_eq!(deployment.keys("account="), expected);
    assert_eq!(deployment.keys(&format!("runs/{RUN}/parts/")), BTreeSet::new(), "parts are left behind");
    assert_eq!(deployment.keys(&format!("runs/{RUN}/status/")).len(), targets);

    let report = deployment.object(&format!("audit/account={failing}/region=eu-west-1/date=2026-11-27/{RUN}.json"));
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["scan"]["accounts"], json!([failing]));
    let scanned = |finding: &Value| {
        finding["resource"]["arn"].as_str().is_some_and(|arn| arn.contains("repository/konecta-erp/hr-service"))
    };
    assert!(report["findings"].as_array().expect("findings").iter().any(scanned), "its repository was not judged");

    let rollup = deployment.object(&format!("audit/runs/{RUN}/rollup.txt"));
    let first = rollup.lines().next().unwrap_or_default();
    assert!(first.contains("12 accounts expected, 11 seen") && first.contains("UNSCANNED"), "{first}");
    assert!(rollup.contains(&denied), "the account that was not entered is not named:\n{rollup}");
    let page = deployment.object(&format!("audit/runs/{RUN}/rollup.html"));
    assert!(page.starts_with("<!doctype html>") && page.contains(&denied), "{page}");

    // The Scheduler delivers at least once: the same run, and everything is there already.
    let before = deployment.keys("");
    let again = deployment.ask(&json!({"schedule": {"time": DUE}}));
    assert_eq!(again["output"]["seen"], output["seen"], "{again}");
    assert_eq!(again["status"], "SUCCEEDED", "{again}");
    assert_eq!(deployment.keys("").difference(&before).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(again["requests"].get("ec2"), None, "something was read again: {again}");
    println!("a second time in {} s, {}", again["seconds"], again["requests"]);
}

#[test]
fn the_function_takes_what_it_is_sent_or_says_what_is_wrong_with_it() {
    let mut deployment = Deployment::up();
    // As EventBridge Scheduler sends it where a schedule has no input of its own.
    let event = json!({
        "version": "0", "id": "6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11", "detail-type": "Scheduled Event", "source": "aws.scheduler",
        "account": "123456789012", "time": "2026-11-27T05:17:00Z", "region": "us-east-1",
        "resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/nightly"], "detail": "{}",
    });
    let answer = deployment.invoke(&event);
    assert_eq!(answer["error"], Value::Null, "{answer}");
    assert_eq!(answer["answer"]["run"], "6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11");
    let told: Vec<(&Value, &Value)> = answer["answer"]["targets"]
        .as_array()
        .expect("targets")
        .iter()
        .map(|target| (&target["account"], &target["region"]))
        .collect();
    let own = json!(OWN);
    assert_eq!(told, [(&own, &json!("global")), (&own, &json!("us-east-1"))]);
    let key = "audit/account=123456789012/region=us-east-1/date=2026-11-27/6a2e0d6c-1f6a-4b83-9b3a-0f1c7f0f5f11.json";
    assert!(deployment.keys("account=").contains(key));

    let answer = deployment.invoke(&json!({}));
    assert_eq!(answer["error"], Value::Null, "{answer}");
    assert_eq!(answer["answer"]["targets"].as_array().map(Vec::len), Some(2), "{answer}");

    let accounts: Vec<String> = (0..60_000_u64).map(|number| format!("{number:012}")).collect();
    for (event, reason) in [
        (json!({"acounts": ["123456789012"]}), "unknown field `acounts`"),
        (json!("every account, please"), "the event is not a request"),
        (json!({"accounts": accounts}), "262144 are the most"),
    ] {
        let answer = deployment.invoke(&event);
        assert_eq!(answer["error"], "InvalidEvent", "{answer}");
        let message = answer["answer"]["errorMessage"].as_str().expect("a message");
        assert!(message.contains(reason), "{message}");
    }
    // Whose accounts may be entered is not for the sender of an event to say.
    let answer = deployment.invoke(&json!({"accounts": ["999999999999"]}));
    assert_eq!(answer["error"], "ForeignAccount", "{answer}");
}
