//! KA-ECR-001: a declared repository that is missing is made, as it must be. One that nobody declared is never deleted.
//! Knows the names of repositories and what a good one is; nothing of images.

use serde_json::{Value, json};

use super::lifecycle_keeps;
use super::repository::{call, step};
use crate::registry::{Proposal, Refusal, Remedy};
use crate::step::{Class, Edit, Effect, Find, Step};
use crate::{RemedyContext, View};
use konecta_base::calls;
use konecta_base::changes;
use konecta_base::finding::Finding;
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ecr.declared_repositories",
    class: Class::A,
    actions: &[
        changes::ECR_CREATE_REPOSITORY,
        changes::ECR_DELETE_REPOSITORY,
        calls::ECR_DESCRIBE_REPOSITORIES,
        changes::ECR_PUT_LIFECYCLE_POLICY,
        changes::ECR_DELETE_LIFECYCLE_POLICY,
    ],
    propose,
};

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let mut proposal = Proposal::default();
    for violation in &finding.violations {
        let name = violation.path.strip_prefix("repositories[").and_then(|rest| rest.strip_suffix(']'));
        let Some(name) = name else { continue };
        if violation.actual == "missing" {
            proposal.steps.extend(make(finding, context, name).into_iter().flatten());
        } else {
            proposal.refusals.push(leave(finding, name));
        }
    }
    proposal
}

/// The repository, then its lifecycle policy, for which it must be there.
fn make(finding: &Finding, context: &RemedyContext<'_>, name: &str) -> Option<[Step; 2]> {
    let repository = view(finding, context, name)?;
    let ecr = &context.blueprint.ecr;
    let settings = |key: &str| repository.at(&format!("/configuration/{key}")).cloned();
    let mut parameters = json!({
        "imageScanningConfiguration": settings("imageScanningConfiguration"),
        "encryptionConfiguration": settings("encryptionConfiguration"),
        "imageTagMutability": settings("imageTagMutability"),
    });
    if let Some(filters) = settings("imageTagMutabilityExclusionFilters") {
        parameters["imageTagMutabilityExclusionFilters"] = filters;
    }
    let exists = Find {
        service: "ecr".to_owned(),
        operation: "DescribeRepositories".to_owned(),
        parameters: json!({}),
        list: "/repositories".to_owned(),
        matching: [("/repositoryName".to_owned(), json!(name))].into_iter().collect(),
        take: "/repositoryArn".to_owned(),
        planned: json!(repository.reference.arn),
    };
    let created = Effect::Created { resource: Box::new(repository.clone()), exists };
    // Without `force`: a repository that has images by then stays.
    let (there, back) = (call(name, "CreateRepository", parameters), call(name, "DeleteRepository", json!({})));
    let mut make = step(&REMEDY, &repository.reference, format!("Create the repository {name}"), created, there, back);
    make.consequences.push("the way back deletes it only while it holds no image".to_owned());
    make.actions.push(crate::action(calls::ECR_DESCRIBE_REPOSITORIES));
    let policy = lifecycle_keeps::whole(ecr.keep_images);
    let edit = Edit::new("/supplement/lifecyclePolicy", Some(Value::Null), Some(policy.clone()));
    let amended = Effect::Amended { resource: repository.reference.clone(), edits: vec![edit] };
    let title = format!("Keep the last {} images of {name}", ecr.keep_images);
    let mut keep = step(
        &REMEDY,
        &repository.reference,
        title,
        amended,
        lifecycle_keeps::put(name, &policy),
        lifecycle_keeps::delete(name),
    );
    keep.key = format!("{}.lifecycle/{}", REMEDY.id, repository.reference.arn);
    keep.needs = vec![make.key.clone()];
    Some([make, keep])
}

/// The repository as a snapshot will show it, as far as a control looks at it.
fn view(finding: &Finding, context: &RemedyContext<'_>, name: &str) -> Option<View> {
    let ecr = &context.blueprint.ecr;
    let ResourceRef { account_id, region, .. } = (*finding.resource).clone();
    let arn = format!("arn:{}:ecr:{region}:{account_id}:repository/{name}", region.partition());
    let mut configuration = json!({
        "repositoryName": name, "repositoryArn": arn,
        "imageScanningConfiguration": {"scanOnPush": true},
        "encryptionConfiguration": {"encryptionType": ecr.encryption},
    });
    super::immutable_tags::wanted(ecr).put_into(&mut configuration);
    Some(View {
        reference: ResourceRef {
            arn: arn.parse().ok()?,
            resource_type: resource_types::ECR_REPOSITORY.parse().ok()?,
            account_id,
            region,
        },
        id: name.to_owned(),
        body: json!({"configuration": configuration, "supplement": {"lifecyclePolicy": null, "repositoryPolicy": null}, "tags": null}),
    })
}

fn leave(finding: &Finding, name: &str) -> Refusal {
    let look = format!("aws ecr describe-images --repository-name {name}");
    let delete = format!("aws ecr delete-repository --repository-name {name}   # fails while it holds images");
    let procedure = [
        "declare it under `repositories` in the section [ecr] of konecta-audit.toml if it belongs to the stack",
        "else look for deployments that pull from it: kubectl get pods --all-namespaces -o jsonpath='{..image}'",
        &look,
        &delete,
    ];
    let reason =
        format!("{name} was not declared, but a repository is never deleted by us: its images cannot be brought back");
    Refusal::new(finding, Class::N, reason, &procedure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecr::testdata::repository;
    use crate::proof::World;

    fn world(names: &[&str]) -> World {
        let supplement = || json!({"lifecyclePolicy": lifecycle_keeps::whole(10), "repositoryPolicy": null});
        World::of(names.iter().map(|name| repository(name, supplement())).collect())
            .with(|blueprint| blueprint.ecr.repositories = vec!["konecta/a".to_owned(), "konecta/b".to_owned()])
    }

    #[test]
    fn what_is_missing_is_made_as_it_must_be() {
        let steps = world(&["konecta/a"]).mended("KA-ECR-001", "konecta-erp");
        let [make, keep] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!(make.call.parameters["repositoryName"], "konecta/b");
        assert_eq!(make.call.parameters["encryptionConfiguration"], json!({"encryptionType": "AES256"}));
        assert_eq!(make.call.parameters["imageScanningConfiguration"], json!({"scanOnPush": true}));
        assert_eq!(make.inverse[0].parameters, json!({"repositoryName": "konecta/b"}), "without force");
        assert_eq!(keep.needs, std::slice::from_ref(&make.key));
    }

    #[test]
    fn what_nobody_declared_is_left_and_told() {
        let proposal = world(&["konecta/a", "konecta/b", "payroll"]).proposed("KA-ECR-001", "konecta-erp");
        assert!(proposal.steps.is_empty());
        assert_eq!(proposal.refusals[0].class, Class::N);
        let both = world(&["konecta/a", "b"]).proposed("KA-ECR-001", "konecta-erp");
        assert_eq!((both.steps.len(), both.refusals.len()), (2, 1));
    }
}
