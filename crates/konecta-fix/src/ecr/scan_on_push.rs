//! KA-ECR-002: images are scanned when they are pushed: by the repository's flag under basic scanning, by a rule of the
//! registry under enhanced scanning, where the flag switches nothing on. Knows these two.

use serde_json::{Value, json};

use super::repository::{call, change, step};
use crate::registry::{Proposal, Remedy};
use crate::step::{Call, Class, Edit, Effect};
use crate::{RemedyContext, View};
use konecta_base::changes;
use konecta_base::finding::{Finding, Status};
use konecta_base::resource_types;

pub(super) const REMEDY: Remedy = Remedy {
    id: "ecr.scan_on_push",
    class: Class::B,
    actions: &[changes::ECR_PUT_IMAGE_SCANNING_CONFIGURATION, changes::ECR_PUT_REGISTRY_SCANNING_CONFIGURATION],
    propose,
};

const FLAG: &str = "/configuration/imageScanningConfiguration/scanOnPush";

const EFFECTIVE: &str = "/supplement/scanFrequency";

const RULES: &str = "/configuration/scanningConfiguration/rules";

fn propose(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let Some(repository) = context.subject(finding) else { return Proposal::default() };
    if finding.violations.iter().any(|violation| violation.path.starts_with("registryScanningConfiguration")) {
        return registry(finding, context);
    }
    let name = repository.id.as_str();
    let scan = |on: bool| {
        call(name, "PutImageScanningConfiguration", json!({"imageScanningConfiguration": {"scanOnPush": on}}))
    };
    if repository.at(FLAG) != Some(&json!(false)) {
        return Proposal::default();
    }
    let mut edits = vec![Edit::new(FLAG, Some(json!(false)), Some(json!(true)))];
    edits.extend(scanning_edit(repository));
    let mut step = change(
        &REMEDY,
        repository,
        format!("Scan the images of {name} when they are pushed"),
        edits,
        scan(true),
        scan(false),
    );
    step.class = Class::A;
    Proposal::step(step)
}

/// What ECR will say of the repository itself then, where it was asked.
fn scanning_edit(repository: &View) -> Option<Edit> {
    let before = repository.at(EFFECTIVE)?;
    Some(Edit::new(EFFECTIVE, Some(before.clone()), Some(json!("SCAN_ON_PUSH"))))
}

/// One call replaces all rules of the registry, so whatever repositories wait for a rule get it in one step.
fn registry(finding: &Finding, context: &RemedyContext<'_>) -> Proposal {
    let here = |view: &&View| {
        (&view.reference.account_id, &view.reference.region) == (&finding.resource.account_id, &finding.resource.region)
    };
    let Some(registry) = context.all(resource_types::ECR_REGISTRY_SCANNING_CONFIGURATION).find(here) else {
        return Proposal::default();
    };
    let waiting = context.findings.iter().filter(|each| each.control == finding.control && each.status == Status::Fail);
    let waiting: Vec<&View> = waiting.filter_map(|each| context.subject(each)).filter(here).collect();
    // A declared repository that is still to be made would be scanned by nothing either, once the registry has rules.
    let is_there = |name: &&String| context.all(resource_types::ECR_REPOSITORY).any(|view| &view.id == *name);
    let missing = context.blueprint.ecr.repositories.iter().filter(|name| !is_there(name));
    let names = waiting.iter().map(|view| &view.id).chain(missing);
    let filters: Vec<Value> = names.map(|name| json!({"filter": name, "filterType": "WILDCARD"})).collect();
    let scan_type = registry.text("/configuration/scanningConfiguration/scanType").unwrap_or("ENHANCED");
    let before = registry.list(RULES).to_vec();
    let mut after = before.clone();
    let scans = |rule: &&mut Value| matches!(rule["scanFrequency"].as_str(), Some("SCAN_ON_PUSH" | "CONTINUOUS_SCAN"));
    match after.iter_mut().find(scans).and_then(|rule| rule["repositoryFilters"].as_array_mut()) {
        Some(list) => list.extend(filters),
        None => after.push(json!({"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters})),
    }
    let put = |rules: &[Value]| {
        Call::new("ecr", "PutRegistryScanningConfiguration", json!({"scanType": scan_type, "rules": rules}))
    };
    let edit = Edit::new(RULES, registry.at(RULES).cloned(), Some(json!(after)));
    let effect = Effect::Amended { resource: registry.reference.clone(), edits: vec![edit] };
    let title = "Name the repositories that nothing scans in a scanning rule of the registry".to_owned();
    let mut step = step(&REMEDY, &registry.reference, title, effect, put(&after), put(&before));
    step.effects.extend(waiting.iter().filter_map(|view| {
        Some(Effect::Amended { resource: view.reference.clone(), edits: vec![scanning_edit(view)?] })
    }));
    if scan_type == "ENHANCED" {
        step.consequences.push("Amazon Inspector charges for each image that it scans".to_owned());
    }
    Proposal::step(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecr::testdata::repository;
    use crate::proof::World;

    fn world(scan_type: &str, rules: Value) -> World {
        let silent = |name: &str| {
            let mut repository = repository(name, json!({"lifecyclePolicy": null, "repositoryPolicy": null}));
            repository["configuration"]["imageScanningConfiguration"]["scanOnPush"] = json!(false);
            repository
        };
        World::of(json!([silent("konecta-erp/auth"), silent("konecta-erp/hr"), {
            "resourceType": "AWS::ECR::RegistryScanningConfiguration", "resourceId": "123456789012", "region": "us-east-1",
            "arn": "arn:aws:ecr:us-east-1:123456789012:registry-scanning-configuration",
            "configuration": {"registryId": "123456789012", "scanningConfiguration": {"scanType": scan_type, "rules": rules}},
        }]))
    }

    #[test]
    fn under_basic_scanning_the_flag_is_enough() {
        let steps = world("BASIC", json!([])).mended("KA-ECR-002", "/auth");
        assert_eq!(steps.len(), 1);
        assert_eq!(
            steps[0].call.parameters,
            json!({"repositoryName": "konecta-erp/auth", "imageScanningConfiguration": {"scanOnPush": true}})
        );
        assert_eq!(steps[0].class, Class::A);
    }

    #[test]
    fn under_enhanced_scanning_the_rules_grow_and_keep_what_they_have() {
        let filter = |name: &str| json!({"filter": name, "filterType": "WILDCARD"});
        let rules = json!([{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [filter("intranet/*")]}]);
        let declared = ["konecta-erp/auth", "konecta-erp/payroll"].map(str::to_owned).to_vec();
        let world = world("ENHANCED", rules.clone()).with(|blueprint| blueprint.ecr.repositories = declared);
        let step = world.mended("KA-ECR-002", "/auth").remove(0);
        let named = ["intranet/*", "konecta-erp/auth", "konecta-erp/hr", "konecta-erp/payroll"];
        let filters = named.map(filter);
        assert_eq!(
            step.call.parameters["rules"],
            json!([{"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": filters}])
        );
        assert_eq!(step.inverse[0].parameters, json!({"scanType": "ENHANCED", "rules": rules}));
        assert_eq!(world.mended("KA-ECR-002", "/hr")[0].key, step.key, "one call for all");
    }
}
