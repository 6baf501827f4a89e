//! A lifecycle policy of a repository.
#![no_main]

use konecta_fuzz::world::{derive, resource};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let repository = json!({"repositoryName": "erp/hr"});
    let policy: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    let supplement = json!({"lifecyclePolicy": policy});
    derive(vec![resource("AWS::ECR::Repository", "ecr", "repository/erp/hr", "us-east-1", &repository, &supplement)]);
});
