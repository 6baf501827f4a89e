//! KA-ECR-005: tags cannot be moved, but for those that are declared movable. Knows a repository's mutability and when
//! its `latest` was pushed.

use serde_json::{Value, json};

use super::repository::{call, change};
use crate::RemedyContext;
use crate::registry::{Proposal, Remedy};
use crate::step::{Class, Edit};
use konecta_base::blueprint::Ecr;
use konecta_base::changes;
use konecta_base::finding::Finding;

pub(super) const REMEDY: Remedy =
    Remedy { id: "ecr.immutable_tags", class: Class::B, actions: &[changes::ECR_PUT_IMAGE_TAG_MUTABILITY], propose };

const MUTABILITY: &str = "imageTagMutability";
const FILTERS: &str = "imageTagMutabilityExclusionFilters";

/// The two members that say which tags can be moved.
pub(super) struct Mutability {
    mutability: Value,
    filters: Option<Value>,
}

/// What is declared.
pub(super) fn wanted(ecr: &Ecr) -> Mutability {
    if ecr.movable_tags.is_empty() {
        return Mutability { mutability: json!("IMMUTABLE"), filters: None };
    }
    let filters: Vec<Value> =
        ecr.movable_tags.iter().map(|tag| json!({"filterType": "WILDCARD", "filter": tag})).collect();
    Mutability { mutability: json!("IMMUTABLE_WITH_EXCLUSION"), filters: Some(json!(filters)) }
}

impl Mutability {
    /// Puts the members into an object.
    pub(super) fn put_into(&self, object: &mut Value) {
        object[MUTABILITY] = self.mutability.clone();
        if let Some(filters) = &self.filters {
            object[FILTERS] = filters.clone();
        }
    }
}

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(repository) = context.subject(finding) else { return Proposal::default() };
    let name = repository.id.as_str();
    let wanted = wanted(&context.blueprint.ecr);
    if !context.blueprint.ecr.movable_tags.iter().any(|tag| tag == "latest") {
        // Nobody knows who pushes; that `latest` is there says that somebody does.
        match repository.at("/supplement/latestPushedAt") {
            Some(Value::Null) => {}
            Some(pushed) => {
                let when = pushed.as_str().unwrap_or("some time ago");
                let reason = format!(
                    "`latest` of {name} is being pushed (the last time {when}), and the next push of it would fail"
                );
                let procedure = [
                    "let the pipeline push a tag of its own for each build (the commit's id), and the deployments name it",
                    "or declare movable_tags = [\"latest\"] in the section [ecr] of konecta-audit.toml",
                ];
                return Proposal::refuse(finding, Class::B, reason, &procedure);
            }
            None => {
                let reason = format!("whether `latest` of {name} is being pushed was not told");
                return Proposal::refuse(finding, Class::B, reason, &["allow ecr:DescribeImages and run it again"]);
            }
        }
    }
    let at = |member: &str| repository.at(&format!("/configuration/{member}")).cloned();
    let before = Mutability {
        mutability: at(MUTABILITY).unwrap_or(Value::Null),
        filters: at(FILTERS).filter(|filters| !filters.is_null()),
    };
    let put = |to: &Mutability| {
        let mut parameters = json!({});
        to.put_into(&mut parameters);
        call(name, "PutImageTagMutability", parameters)
    };
    let none = at(FILTERS).filter(Value::is_null).or(Some(Value::Null));
    let edits = [
        (MUTABILITY, at(MUTABILITY), Some(wanted.mutability.clone())),
        (FILTERS, at(FILTERS), wanted.filters.clone().or(none)),
    ];
    let edits = edits.into_iter().filter(|(_, before, after)| before != after);
    let edits =
        edits.map(|(member, before, after)| Edit::new(format!("/configuration/{member}"), before, after)).collect();
    let title = format!("Stop tags of {name} from being moved");
    let mut step = change(&REMEDY, repository, title, edits, put(&wanted), put(&before));
    let movable = context.blueprint.ecr.movable_tags.join(", ");
    let but = if movable.is_empty() { String::new() } else { format!(", other than {movable},") };
    step.consequences.push(format!("a push of a tag{but} that exists already is refused from now on"));
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecr::testdata;
    use crate::proof::World;

    fn world(pushed: Option<Value>, movable: &[&str]) -> World {
        let mut supplement = json!({"lifecyclePolicy": null, "repositoryPolicy": null});
        if let Some(pushed) = pushed {
            supplement["latestPushedAt"] = pushed;
        }
        let mut repository = testdata::repository("konecta-erp/auth", supplement);
        repository["configuration"]["imageTagMutability"] = json!("MUTABLE");
        repository["configuration"]["imageTagMutabilityExclusionFilters"] = Value::Null;
        let movable = movable.iter().map(|&tag| tag.to_owned()).collect();
        World::of(json!([repository])).with(|blueprint| blueprint.ecr.movable_tags = movable)
    }

    #[test]
    fn the_documented_push_of_latest_goes_on() {
        let step = world(Some(json!("2026-11-22T12:00:00Z")), &["latest"]).mended("KA-ECR-005", "/auth").remove(0);
        let filters = json!([{"filterType": "WILDCARD", "filter": "latest"}]);
        assert_eq!(step.call.parameters["imageTagMutability"], "IMMUTABLE_WITH_EXCLUSION");
        assert_eq!(step.call.parameters["imageTagMutabilityExclusionFilters"], filters);
        assert_eq!(
            step.inverse[0].parameters,
            json!({"repositoryName": "konecta-erp/auth", "imageTagMutability": "MUTABLE"})
        );
    }

    #[test]
    fn no_tag_is_frozen_while_latest_is_pushed_or_may_be() {
        for pushed in [Some(json!("2026-11-22T12:00:00Z")), None] {
            let proposal = world(pushed, &[]).proposed("KA-ECR-005", "/auth");
            assert!(proposal.steps.is_empty(), "{proposal:?}");
            assert_eq!(proposal.refusals[0].class, Class::B);
        }
        let step = world(Some(Value::Null), &[]).mended("KA-ECR-005", "/auth").remove(0);
        assert_eq!(step.call.parameters["imageTagMutability"], "IMMUTABLE");
    }
}
