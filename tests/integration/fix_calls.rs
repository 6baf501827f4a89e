//! Every call that a remedy makes must be one that can be made: declared, and with parameters that the operation has.

use std::collections::BTreeSet;
use std::path::PathBuf;

use konecta_aws::apply::{DECLARED, Kind, declared};

use crate::world::root;

const SERVICES: [&str; 8] = ["cloudfront", "ec2", "ecr", "eks", "elbv2", "iam", "rds", "wafv2"];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> =
        SERVICES.iter().map(|service| root().join("crates/konecta-core/src/fix").join(service)).collect();
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
        assert!(action.parse::<konecta_core::id::Action>().is_ok(), "{action}");
        let reads = ["Get", "List", "Describe"].iter().any(|verb| known.operation.starts_with(verb));
        assert_eq!(reads, known.kind == Kind::Read, "{action}: a write is sent once, a read again and again");
    }
}
