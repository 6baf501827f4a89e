//! Every call that a remedy makes must be one that can be made: declared, and with parameters that the operation has.

use std::collections::BTreeSet;
use std::path::PathBuf;

use konecta_aws::apply::{DECLARED, Kind, check, declared};
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::snapshot::SnapshotFile;
use konecta_core::audit::Audit;
use konecta_core::facts;
use konecta_fix::registry::remedies;
use konecta_fix::{RemedyContext, simulate};
use konecta_rego::catalogue::Catalogue;
use serde_json::{Value, json};

use crate::world::{World, root};

const SERVICES: [&str; 8] = ["cloudfront", "ec2", "ecr", "eks", "elbv2", "iam", "rds", "wafv2"];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        SERVICES.iter().map(|service| root().join("crates/konecta-fix/src").join(service)).collect();
    while let Some(path) = open.pop() {
        if let Ok(entries) = std::fs::read_dir(&path) {
            open.extend(entries.map(|entry| entry.expect("entry").path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.clone(), std::fs::read_to_string(&path).expect("text")));
        }
    }
    found
}

/// The texts in quotes, each with what stands before it, back to the text before it.
fn quoted(source: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = source.split('"').collect();
    parts.chunks(2).filter_map(|pair| Some((*pair.first()?, *pair.get(1)?))).collect()
}

/// Names of operations as they stand in a remedy: after the service (`"ec2", "CreateRoute"`), in `operation:` or `read:`.
fn calls(source: &str) -> Vec<(Option<String>, String)> {
    let texts = quoted(source);
    let mut found = Vec::new();
    for (at, (before, text)) in texts.iter().enumerate() {
        let is_operation = text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.len() > 6
            && text.chars().all(|char| char.is_ascii_alphanumeric());
        let service = at.checked_sub(1).and_then(|last| texts.get(last)).map(|(_, text)| *text);
        let follows = before.trim() == "," && service.is_some_and(|service| SERVICES.contains(&service));
        let named = ["operation:", "read:"].iter().any(|label| before.trim_end().ends_with(label));
        if is_operation && (follows || named) {
            found.push((service.filter(|_| follows).map(str::to_owned), (*text).to_owned()));
        }
    }
    found
}

#[test]
fn every_call_of_a_remedy_is_declared() {
    let mut missing = BTreeSet::new();
    let mut seen = 0;
    for (path, source) in sources() {
        // An apostrophe is no quote, but a quote in a comment would be one.
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for (service, operation) in calls(&code.join("\n")) {
            seen += 1;
            let known = match &service {
                Some(service) => declared(service, &operation).is_some(),
                None => DECLARED.iter().any(|known| known.operation == operation),
            };
            if !known {
                missing.insert(format!("{} calls {service:?} {operation}", path.display()));
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "declare it in crates/konecta-aws/src/apply/operations.rs");
    assert!(seen > 5, "only {seen} calls were found: has `Call::new(\"service\", \"Operation\", …)` another form now?");
}

/// The IAM actions of remedies are named by the service's prefix; those of a declared write must be the call's own.
#[test]
fn a_declared_operation_names_an_action() {
    for known in DECLARED {
        let action = format!("{}:{}", known.prefix, known.operation);
        assert!(action.parse::<konecta_base::id::Action>().is_ok(), "{action}");
        let reads = ["Get", "List", "Describe"].iter().any(|verb| known.operation.starts_with(verb));
        assert_eq!(reads, known.kind == Kind::Read, "{action}: a write is sent once, a read again and again");
    }
}

/// With something in the place of every placeholder.
fn filled(parameters: &Value) -> Value {
    fn tokens(value: &mut Value) {
        match value {
            Value::Object(map) if map.contains_key("$token") => *value = json!("a-token"),
            Value::Object(map) => map.values_mut().for_each(tokens),
            Value::Array(list) => list.iter_mut().for_each(tokens),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut parameters = simulate::planned(parameters.clone());
    tokens(&mut parameters);
    parameters
}

/// Whatever the remedies propose for the drifted world must be calls that can be written, forth and back.
#[test]
fn every_call_for_the_drifted_world_can_be_written() {
    let world = World::up("drifted");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("world.jsonl.zst");
    world.scan(&["--save-snapshot", file.to_str().expect("UTF-8")]);
    let snapshot = SnapshotFile::open(&file).and_then(|file| file.load()).expect("a snapshot");
    let blueprint = Blueprint::default();
    let catalogue = Catalogue::built_in().expect("catalogue");
    let report = Audit::new(&catalogue, &blueprint, "test").verdicts(&snapshot).expect("judged");
    let facts = facts::derive(&snapshot, &blueprint).expect("facts");
    let context = RemedyContext::new(&snapshot, &facts, &report.findings, &blueprint);
    let mut wrong = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let remedy = |finding: &Finding| {
        let control = catalogue.controls().find(|control| control.metadata.custom.id == finding.control)?;
        let id = control.metadata.custom.fix.as_ref()?.to_string();
        remedies().find(|remedy| remedy.id == id)
    };
    for finding in report.findings.iter().filter(|finding| finding.status == Status::Fail) {
        let Some(remedy) = remedy(finding) else { continue };
        for step in (remedy.propose)(finding, &context).steps {
            for call in std::iter::once(&step.call).chain(&step.inverse) {
                let name = format!("{} {}", call.service, call.operation);
                // An amended object is read first; without it the parameters are not whole.
                let outcome = match &call.amend {
                    Some(amend) => check(&call.service, &amend.read, &filled(&amend.parameters)),
                    None => check(&call.service, &call.operation, &filled(&call.parameters)),
                };
                if let Err(failure) = outcome {
                    wrong.insert(format!("{} of {}: {name}: {failure}", finding.control, remedy.id));
                }
                seen.insert(name);
            }
        }
    }
    assert_eq!(wrong, BTreeSet::new());
    println!("{} operations: {seen:?}", seen.len());
    assert!(seen.len() > 3, "{seen:?}");
}
