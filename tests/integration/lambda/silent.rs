//! A service that never answers: invocations that are shorter than our patience with it still come to an end, and say what is missing.

use serde_json::{Value, json};

use super::{BUCKET, bucket, in_pieces, objects};
use crate::server::{Reply, Server};
use crate::world::World;

const SILENT: &str = "ecr:DescribeRepositories";

#[test]
fn a_call_that_outlasts_every_invocation_becomes_a_gap_and_the_rest_is_judged() {
    let world = World::up("empty");
    bucket(&world);
    let ecr = Server::start();
    ecr.on(SILENT, [Reply::hang()]);
    let settings = [("KONECTA_BUCKET", BUCKET), ("AWS_ENDPOINT_URL_ECR", &ecr.url())];
    let (answer, invocations) = in_pieces(&world, &settings, "silent", 5);
    assert!(invocations > 1, "the first one cannot know");
    assert_eq!(answer["status"], "incomplete", "{answer}");
    let objects = objects(&world);
    let report = |region: &str| -> &Value {
        let end = format!("/region={region}/");
        let found = objects.iter().find(|(key, _)| key.contains(&end) && key.ends_with("/silent.json"));
        &found.unwrap_or_else(|| panic!("no report of {region}")).1.1
    };
    assert_eq!(report("global")["gaps"], json!([]));
    let gaps = report("us-east-1")["gaps"].as_array().expect("gaps");
    let (given_up, others): (Vec<&Value>, Vec<&Value>) = gaps.iter().partition(|gap| gap["action"] == SILENT);
    let [gap] = given_up.as_slice() else { panic!("{gaps:#?}") };
    assert_eq!((&gap["kind"], &gap["error"]), (&json!("timed_out"), &json!("GivenUp")));
    let builds_on_it = |gap: &Value| {
        gap["kind"] == "not_made" && gap["action"].as_str().is_some_and(|action| action.starts_with("ecr:"))
    };
    assert!(others.iter().all(|gap| builds_on_it(gap)), "{others:#?}");
    assert!(gap["message"].as_str().expect("text").contains("more time"), "{gap}");
    let findings = report("us-east-1")["findings"].as_array().expect("findings").iter();
    let (mut unknown, mut decided) = (0, 0);
    for finding in findings {
        let is_of_ecr = finding["control"].as_str().expect("id").starts_with("KA-ECR-");
        match finding["status"].as_str().expect("status") {
            "unknown" => unknown += 1,
            status => {
                decided += 1;
                assert!(!is_of_ecr || status != "pass", "passed without having looked: {finding}");
            }
        }
    }
    assert!(unknown > 0 && decided > 0, "{unknown} unknown, {decided} decided");
    assert!(!objects.keys().any(|key| key.contains("/parts/")), "the part is not needed any more");
}

/// All the time of such an invocation goes into its start; whatever a call was sent for is given up.
#[test]
fn a_run_whose_invocations_are_too_short_for_anything_ends_and_says_so() {
    let world = World::up("empty");
    bucket(&world);
    let (answer, _) = in_pieces(&world, &[("KONECTA_BUCKET", BUCKET)], "short", 0);
    assert!(["incomplete", "unscanned"].contains(&answer["status"].as_str().expect("a status")), "{answer}");
    for target in answer["targets"].as_array().expect("targets") {
        match target["status"].as_str() {
            Some("unscanned") => {
                assert!(target["reason"].as_str().expect("a reason").contains("more time"), "{target}");
            }
            Some("incomplete") => assert!(target["gaps"].as_u64().expect("a number") > 0, "{target}"),
            _ => panic!("{target}"),
        }
    }
}
