//! KA-CF-034: 403 and 404 become the page of the application. Knows the custom error responses; the errors of other
//! codes stay as they are.

use serde_json::{Value, json};

use super::behaviors::behaviors;
use super::distribution::{self, append, items, set};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::Class;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "cloudfront.spa_errors", class: Class::B, actions: distribution::ACTIONS, propose };

const LIST: &str = "/CustomErrorResponses";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(subject) = context.subject(finding) else { return Proposal::default() };
    let blueprint = &context.blueprint.cloudfront;
    let mut edits = Vec::new();
    let mut missing = Vec::new();
    for code in [403, 404] {
        let Some((path, response)) = items(subject, LIST).find(|(_, item)| item["ErrorCode"] == code) else {
            missing.push(json!({
                "ErrorCode": code, "ResponsePagePath": blueprint.spa_page, "ResponseCode": "200",
                "ErrorCachingMinTTL": blueprint.spa_error_ttl,
            }));
            continue;
        };
        edits.extend(set(subject, format!("{path}/ResponsePagePath"), json!(blueprint.spa_page)));
        edits.extend(set(subject, format!("{path}/ResponseCode"), json!("200")));
        if response["ErrorCachingMinTTL"].as_u64().is_none_or(|seconds| seconds > blueprint.spa_error_ttl) {
            edits.extend(set(subject, format!("{path}/ErrorCachingMinTTL"), json!(blueprint.spa_error_ttl)));
        }
    }
    edits.extend(append(subject, LIST, missing));
    if edits.is_empty() {
        return Proposal::default();
    }
    let title = format!("Answer 403 and 404 of {} with {}", subject.id, blueprint.spa_page);
    let mut step = distribution::step(&REMEDY, subject, title, edits);
    // What takes more than reads is an application too, and its clients look at the status.
    let writes = |config: &Value| {
        let methods = config["AllowedMethods"]["Items"].as_array().into_iter().flatten();
        methods.filter_map(Value::as_str).any(|method| !["GET", "HEAD", "OPTIONS"].contains(&method))
    };
    let all = behaviors(subject).enumerate();
    let dynamic = all.filter(|(at, behavior)| *at > 0 || writes(behavior.config));
    let others: Vec<&str> = dynamic.map(|(_, behavior)| behavior.pattern).collect();
    if others.is_empty() {
        step.class = Class::A;
    }
    step.consequences = vec![masked(&others)];
    Proposal::step(step)
}

/// What a person has to know: error responses hold for the whole distribution.
fn masked(others: &[&str]) -> String {
    if others.is_empty() {
        return "a missing file is answered with the page and status 200".to_owned();
    }
    format!(
        "holds for the whole distribution: clients of {} no longer see 403 and 404, but the page with status 200",
        others.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudfront::testdata::drifted;
    use crate::proof::World;

    fn edits(change: impl FnOnce(&mut Value)) -> Vec<(String, Option<Value>)> {
        let step = World::of(json!([drifted(change)])).mended("KA-CF-034", "/E1").remove(0);
        assert!(step.consequences[0].contains("/api/*"));
        step.call.amend.expect("amend").edits.into_iter().map(|edit| (edit.path, edit.after)).collect()
    }

    #[test]
    fn only_what_is_missing_is_added() {
        let found = edits(|config| {
            let other = json!({"ErrorCode": 500, "ErrorCachingMinTTL": 300});
            let first = config["CustomErrorResponses"]["Items"][0].take();
            config["CustomErrorResponses"] = json!({"Quantity": 2, "Items": [other, first]});
        });
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["/CustomErrorResponses/Quantity", "/CustomErrorResponses/Items/2"]);
        assert_eq!(found[1].1.as_ref().expect("item")["ErrorCode"], json!(404));
        let none = edits(|config| config["CustomErrorResponses"] = json!({"Quantity": 0}));
        assert_eq!(none[0].1, Some(json!(2)));
    }

    #[test]
    fn a_wrong_answer_is_put_right_and_a_shorter_memory_stays() {
        let found = edits(|config| {
            config["CustomErrorResponses"]["Items"][0]["ErrorCachingMinTTL"] = json!(300);
            config["CustomErrorResponses"]["Items"][1]["ErrorCachingMinTTL"] = json!(0);
            config["CustomErrorResponses"]["Items"][1]["ResponseCode"] = json!("404");
        });
        let expected = [
            ("/CustomErrorResponses/Items/0/ErrorCachingMinTTL".to_owned(), Some(json!(10))),
            ("/CustomErrorResponses/Items/1/ResponseCode".to_owned(), Some(json!("200"))),
        ];
        assert_eq!(found, expected);
    }
}
