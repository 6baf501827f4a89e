//! KA-ECR-004: a lifecycle policy keeps the declared number of images. Knows a repository's policy and nothing else.

use serde_json::{Value, json};

use super::lifecycle_rules::{Conflict, expires_more, keeping, mended};
use super::repository::{call, change};
use crate::RemedyContext;
use crate::emit::shell;
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Call, Class, Edit};
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ecr.lifecycle_keeps",
    class: Class::C,
    actions: &[changes::ECR_PUT_LIFECYCLE_POLICY, changes::ECR_DELETE_LIFECYCLE_POLICY],
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

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(repository) = context.subject(finding) else { return Proposal::default() };
    let Some(before) = repository.at(POLICY) else { return Proposal::default() };
    let (name, images) = (repository.id.as_str(), context.blueprint.ecr.keep_images);
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
    let region = &repository.reference.region;
    let title = format!("Keep the last {images} images of {name}");
    let mut step = change(&REMEDY, repository, title.clone(), vec![edit], put(name, &after), back);
    if !more {
        step.class = Class::A;
        return Proposal::step(step);
    }
    let reason = "ECR would delete, within a day, images that are kept now, and putting the old policy back does not bring them back";
    let text = shell::json(&after);
    let preview = format!(
        "aws ecr start-lifecycle-policy-preview --region {region} --repository-name {name} --lifecycle-policy-text {text}"
    );
    let look = format!("aws ecr get-lifecycle-policy-preview --region {region} --repository-name {name}");
    let put = format!(
        "aws ecr put-lifecycle-policy --region {region} --repository-name {name} --lifecycle-policy-text {text}"
    );
    let lines = [&preview, "read which images would go, and keep elsewhere what is still needed:", &look, &put];
    let refusal = Refusal::new(finding, Class::C, reason, &lines).of_step(title);
    Proposal { steps: Vec::new(), refusals: vec![refusal] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecr::testdata::repository;
    use crate::proof::World;

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
    fn what_deletes_images_is_a_procedure() {
        let proposal = world(Value::Null).proposed("KA-ECR-004", "auth-service");
        assert!(proposal.steps.is_empty(), "it deletes images, and nothing brings them back");
        let refusal = &proposal.refusals[0];
        assert_eq!(refusal.class, Class::C);
        assert!(refusal.procedure[0].contains("start-lifecycle-policy-preview"), "{:?}", refusal.procedure);
        assert!(refusal.procedure[3].contains(r#""countNumber":10"#), "{:?}", refusal.procedure);
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
