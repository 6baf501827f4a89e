//! An account too large for one invocation: five seconds at a time, and the same findings in the end as in one go.

use serde_json::Value;

use super::runtime::Function;
use super::{BUCKET, MINUTES, bucket, in_pieces, objects};
use crate::world::{World, findings};

/// An account of 10,000 resources: repositories, each of which takes three further calls, and volumes, at which no control
/// looks, so that they are not read. What was answered before has to be gone through again in each invocation, by a debug build
/// on a busy machine as well; with 10,000 resources that are all read, `make bench-lambda` does the same with the release build.
const FILL: &str = r#"
import boto3, concurrent.futures as f
ecr = boto3.client('ecr'); ec2 = boto3.client('ec2')
def repository(n): ecr.create_repository(repositoryName=f'team-{n % 97}/service-{n}', imageScanningConfiguration={'scanOnPush': n % 3 != 0})
def volume(n): ec2.create_volume(AvailabilityZone='us-east-1a', Size=8, Encrypted=n % 5 != 0)
with f.ThreadPoolExecutor(8) as pool:
    list(pool.map(repository, range(1200))); list(pool.map(volume, range(8800)))
"#;

/// The findings of all reports of a run.
fn found(world: &World, run: &str) -> Vec<String> {
    let objects = objects(world);
    let reports = objects.iter().filter(|(key, _)| key.ends_with(&format!("/{run}.json")));
    let all = |report: &Value| ["fail", "pass", "unknown"].map(|status| findings(report, status)).concat();
    let mut found: Vec<String> = reports.flat_map(|(_, (_, report))| all(report)).collect();
    found.sort();
    found
}

#[test]
fn five_seconds_at_a_time_find_what_one_go_finds() {
    let world = World::up("empty");
    bucket(&world);
    world.somebody_else(FILL);
    let settings = [("KONECTA_BUCKET", BUCKET)];
    let function = Function::start(&world, &settings);
    let whole = function.invoke("r-0", r#"{"run": "whole"}"#, MINUTES).expect("an answer");
    assert_ne!(whole["status"], "continue", "{whole}");
    let peak = function.peak_megabytes();
    println!("in one go: {peak} MB at most");
    assert!(peak < 256, "{peak} MB");

    let (answer, invocations) = in_pieces(&world, &settings, "pieces", 5);
    println!("{invocations} invocations of five seconds");
    assert!(invocations > 1, "the world is too small for this test");
    assert_eq!(answer["status"], whole["status"], "{answer}");
    let (once, pieces) = (found(&world, "whole"), found(&world, "pieces"));
    assert!(once.len() > 5_000, "{}", once.len());
    assert_eq!(once, pieces);
}
