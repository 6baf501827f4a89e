//! The Lambda as AWS runs it: the real binary behind the runtime API, on the emulators.

mod large;
mod runtime;
mod scheduled;
mod silent;

use std::time::Duration;

use serde_json::{Value, json};

use self::runtime::Function;
use crate::world::World;

/// The bucket of these tests.
const BUCKET: &str = "konecta-reports";

/// The time that the template gives: enough on a slow machine, too.
const MINUTES: Duration = Duration::from_secs(900);

/// Everything in the bucket by key: the ETag, and the content where it is JSON.
fn objects(world: &World) -> std::collections::BTreeMap<String, (String, Value)> {
    let found = world.ask(&format!(
        "import boto3, json
s3 = boto3.client('s3')
found = {{}}
for page in s3.get_paginator('list_objects_v2').paginate(Bucket='{BUCKET}'):
    for item in page.get('Contents', []):
        body = s3.get_object(Bucket='{BUCKET}', Key=item['Key'])['Body'].read()
        found[item['Key']] = [item['ETag'], json.loads(body) if item['Key'].endswith('.json') else body.decode('utf-8', 'replace')]
print(json.dumps(found))"
    ));
    let found = found.as_object().expect("objects").clone();
    found.into_iter().map(|(key, pair)| (key, (pair[0].to_string(), pair[1].clone()))).collect()
}

/// Invocations of so many seconds until one comes to the end: its answer, and how many they were. Each is by a fresh
/// process: nothing is left but what is in the bucket.
fn in_pieces(world: &World, settings: &[(&str, &str)], run: &str, seconds: u64) -> (Value, usize) {
    let mut event = json!({"run": run}).to_string();
    for number in 1..60 {
        let function = Function::start(world, settings);
        let answer = function.invoke("r-1", &event, Duration::from_secs(seconds)).expect("an answer");
        if answer["status"] != "continue" {
            return (answer, number);
        }
        event = json!({"continuation": answer["continuation"]}).to_string();
    }
    panic!("it does not come to its end: {event}");
}

/// An empty bucket, as the template makes it.
fn bucket(world: &World) {
    world.somebody_else(&format!("import boto3; boto3.client('s3').create_bucket(Bucket='{BUCKET}')"));
}
