//! KA-ECR-004: a lifecycle policy keeps the declared number of images. Knows a repository's policy and nothing else.

use serde_json::{Value, json};

use super::lifecycle_rules::{Conflict, expires_more, keeping, mended};
use super::repository::{call, change};
use crate::finding::Finding;
use crate::fix::Case;
use crate::fix::registry::{Proposal, Remedy};
use crate::fix::step::{Call, Class, Edit};

pub(super) const REMEDY: Remedy = Remedy {
    id: "ecr.lifecycle_keeps",
    class: Class::B,
    actions: &["ecr:PutLifecyclePolicy", "ecr:DeleteLifecyclePolicy"],
    propose,
};

const POLICY: &str = "/supplement/lifecyclePolicy";

/// Puts a policy in the place of whatever there is.
pub(super) fn put(repository: &str, policy: &Value) -> Call {
    call(repository, "PutLifecyclePolicy", json!({"lifecyclePolicyText": policy.to_string()}))
}

/// Takes the policy away.
pub(super) fn delete(repository: &str) -> Call {
    call(repository, "DeleteLifecyclePolicy", json!({}))
}

/// The policy of a repository that has none.
pub(super) fn whole(images: u32) -> Value {
    json!({"rules": [keeping(1, images)]})
}

fn propose(finding: &Finding, case: &Case<'_>) -> Proposal {
    let Some(repository) = case.subject(finding) else { return Proposal::default() };
    let Some(before) = repository.at(POLICY) else { return Proposal::default() };
    let (name, images) = (repository.id.as_str(), case.blueprint.ecr.keep_images);
    let rules = repository.list(&format!("{POLICY}/rules"));
    let (edit, after, back) = if before.is_null() {
        let after = whole(images);
        (Edit::new(POLICY, Some(Value::Null), Some(after.clone())), after, delete(name))
    } else {
        let rules = match mended(rules, images) {
            Ok(rules) => json!(rules),
            Err(Conflict) => {
                let reason = "another rule for images of any tag status is there, and ECR takes only one of them";
                let look = format!("aws ecr get-lifecycle-policy --repository-name {name}");
                let preview = format!(
                    "aws ecr start-lifecycle-policy-preview --repository-name {name} --lifecycle-policy-text <the new text>"
                );
                return Proposal::refuse(finding, Class::N, reason, &[&look, &preview]);
            }
        };
        let edit = Edit::new(format!("{POLICY}/rules"), before.get("rules").cloned(), Some(rules.clone()));
        let mut after = before.clone();
        after["rules"] = rules;
        (edit, after, put(name, before))
    };
    let more = expires_more(rules, after["rules"].as_array().map_or(&[], Vec::as_slice));
    let title = format!("Keep the last {images} images of {name}");
    let mut step = change(&REMEDY, repository, title, vec![edit], put(name, &after), back);
    if more {
        step.consequences.push(format!(
            "ECR deletes, within a day, the images beyond the last {images}: the way back restores the policy and not the images"
        ));
    } else {
        step.class = Class::A;
    }
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::ecr::testdata::repository;
    use crate::fix::proof::World;

    fn world(policy: Value) -> World {
        World::of(json!([repository(
            "konecta-erp/auth-service",
            json!({"lifecyclePolicy": policy, "repositoryPolicy": null})
        )]))
    }

    fn sent(call: &Call) -> Value {
        serde_json::from_str(call.parameters["lifecyclePolicyText"].as_str().expect("text")).expect("json")
    }

    #[test]
    fn no_policy_becomes_one_and_can_become_none_again() {
        let step = world(Value::Null).mended("KA-ECR-004", "auth-service").remove(0);
        assert_eq!(sent(&step.call), whole(10));
        assert_eq!(step.inverse[0].operation, "DeleteLifecyclePolicy");
        assert_eq!(step.class, Class::B, "it deletes images");
    }

    #[test]
    fn keeping_more_deletes_nothing() {
        let before = json!({"rules": [keeping(1, 3)]});
        let step = world(before.clone()).mended("KA-ECR-004", "auth-service").remove(0);
        assert_eq!(step.class, Class::A);
        assert_eq!(sent(&step.call), json!({"rules": [keeping(1, 10)]}));
        assert_eq!(sent(&step.inverse[0]), before);
    }
}
