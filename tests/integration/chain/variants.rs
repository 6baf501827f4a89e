//! Every way to deploy the template, run to its end: the accounts named by the organization, one by one or not at all, with and
//! without fixing, a key, Security Hub and somebody to tell. One emulator, one stack after the other.
//! What each role may do is evaluated in `deploy::roles`; an emulator authorizes nothing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Deployment, OWN, texts};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0f1c7f0f-5f11-4b83-9b3a-6a2e0d6c1f6a";
/// A control whose remedy is of class A, and that every repository of the organization fails.
const FIX: &str = "KA-ECR-001";

#[derive(Debug, Clone, Copy)]
enum Accounts {
    Organization,
    Ids,
    Own,
}

/// One way to deploy it; what is encrypted, sent to Security Hub and mailed goes together.
#[derive(Debug, Clone, Copy)]
struct Variant {
    accounts: Accounts,
    fixes: bool,
    tells: bool,
}

/// Those of every run: each value of each parameter, and what the test of the schedule does not deploy.
const SLICE: [Variant; 4] = [
    Variant { accounts: Accounts::Own, fixes: false, tells: false },
    Variant { accounts: Accounts::Own, fixes: true, tells: true },
    Variant { accounts: Accounts::Ids, fixes: true, tells: false },
    Variant { accounts: Accounts::Organization, fixes: true, tells: true },
];

fn all() -> Vec<Variant> {
    let mut all = Vec::new();
    for accounts in [Accounts::Own, Accounts::Ids, Accounts::Organization] {
        for fixes in [false, true] {
            all.extend([false, true].map(|tells| Variant { accounts, fixes, tells }));
        }
    }
    all
}

impl Variant {
    fn parameters(self, ids: &[String]) -> Value {
        let accounts = match self.accounts {
            Accounts::Organization => "organization".to_owned(),
            Accounts::Ids => ids.join(","),
            Accounts::Own => String::new(),
        };
        let mut given = json!({"Accounts": accounts, "Regions": "us-east-1"});
        if self.fixes {
            given["FixControls"] = json!(FIX);
        }
        if self.tells {
            given["KmsKeyArn"] = json!(KEY);
            given["SecurityHub"] = json!("true");
            given["AlarmEmail"] = json!("audit@example.com");
        }
        given
    }

    /// The accounts that it scans, its own always among them.
    fn scans(self, accounts: &[String], ids: &[String]) -> BTreeSet<String> {
        match self.accounts {
            Accounts::Organization => accounts.iter().cloned().collect(),
            Accounts::Ids => ids.iter().cloned().chain([OWN.to_owned()]).collect(),
            Accounts::Own => [OWN.to_owned()].into(),
        }
    }
}

fn run(variants: &[Variant]) {
    let mut deployment = Deployment::up();
    let accounts = texts(&deployment.told["accounts"]);
    let ids: Vec<String> = accounts.iter().filter(|account| *account != OWN).take(2).cloned().collect();
    let mut mended = BTreeSet::new();
    for (number, variant) in variants.iter().enumerate() {
        let stack = format!("audit-{number}");
        let ended = deployment.ask(&json!({"variant": {
            "stack": stack, "time": "2026-11-27T03:17:00Z", "parameters": variant.parameters(&ids),
        }}));
        println!("{variant:?}: {} s, {}", ended["seconds"], ended["requests"]);
        let scans = variant.scans(&accounts, &ids);
        // What an earlier variant has mended needs no journal.
        let mends = variant.fixes && !scans.is_subset(&mended);
        came_to_its_end(*variant, &scans, mends, &ended);
        if variant.fixes {
            mended.extend(scans);
        }
    }
}

fn came_to_its_end(variant: Variant, scans: &BTreeSet<String>, mends: bool, ended: &Value) {
    let (output, requests) = (&ended["output"], &ended["requests"]);
    assert_eq!(ended["status"], "SUCCEEDED", "{variant:?}: {ended}");
    // Each account is two targets: its region, and what belongs to none.
    let targets = json!(scans.len() * 2);
    assert_eq!((&output["expected"], &output["seen"]), (&targets, &targets), "{variant:?}: {output}");
    assert_eq!(output["unscanned"], 0, "{variant:?}: {output}");
    for child in ended["children"].as_array().expect("children") {
        assert_eq!(child["errors"], json!([]), "{variant:?}: {child}");
    }
    let keys: BTreeSet<String> = texts(&ended["keys"]).into_iter().collect();
    for account in scans {
        for region in ["us-east-1", "global"] {
            let place = format!("audit/account={account}/region={region}/");
            let count = keys.iter().filter(|key| key.starts_with(&place)).count();
            assert_eq!(count, 3, "{variant:?}: {place}: {keys:?}");
        }
    }
    // A scan asks each account what organization it is in, and nothing else; only who plans for one lists its accounts.
    let asks = requests["organizations"].as_u64().unwrap_or_default();
    let lists = asks > u64::try_from(scans.len()).expect("few");
    assert_eq!(lists, matches!(variant.accounts, Accounts::Organization), "{variant:?}: {requests}");
    assert_eq!(requests.get("securityhub").is_some(), variant.tells, "{variant:?}: {requests}");
    let journals = keys.iter().filter(|key| key.ends_with(".jsonl")).count();
    assert_eq!(journals > 0, mends, "{variant:?}: {keys:?}");
}

#[test]
fn the_template_runs_to_its_end_with_other_parameters() {
    run(&SLICE);
}

#[test]
#[ignore = "all twelve: minutes"]
fn the_template_runs_to_its_end_with_all_parameters() {
    run(&all());
}
