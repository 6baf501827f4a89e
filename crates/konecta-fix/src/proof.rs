//! For the tests of remedies: a small world, what a remedy proposes for it, and the proof on the model that the
//! control then passes, and that the way back leads to where it began.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::context::RemedyContext;
use super::plan::{Plan, PlanOptions};
use super::planning::{self, Judged};
use super::registry::{Proposal, remedy};
use super::simulate;
use super::step::{Class, Edit, Effect, Step};
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::{Finding, Status};
use konecta_base::gap::ReadRecord;
use konecta_base::id::Region;
use konecta_base::reads::reads;
use konecta_base::snapshot::{ScanInfo, Snapshot};
use konecta_core::audit::Audit;
use konecta_core::facts;
use konecta_rego::catalogue::{Catalogue, Selection};

const ACCOUNT: &str = "123456789012";

/// Reading all policies takes longer than most proofs.
pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().expect("catalogue"));

/// Resources in which everything was read, with a blueprint.
pub(crate) struct World {
    pub(crate) snapshot: Snapshot,
    pub(crate) blueprint: Blueprint,
}

impl World {
    /// A world of these resources. `accountId`, `capturedAt` and (for `global` things) nothing else may be left out.
    pub(crate) fn of(resources: Value) -> Self {
        let now = "2026-11-23T12:00:00Z";
        let resources = resources.as_array().expect("list").iter().map(|resource| {
            let mut resource = resource.clone();
            for (key, value) in [("accountId", ACCOUNT), ("capturedAt", now)] {
                resource.as_object_mut().expect("object").entry(key).or_insert(json!(value));
            }
            serde_json::from_str(&resource.to_string()).expect("resource")
        });
        let region: Region = "us-east-1".parse().expect("region");
        let info = ScanInfo {
            tool_version: "test".to_owned(),
            started_at: now.parse().expect("time"),
            finished_at: now.parse().expect("time"),
            accounts: vec![ACCOUNT.parse().expect("account")],
            regions: vec![region.clone()],
            calls: 1,
        };
        let whole = |action: &konecta_base::id::Action, region: &Region| ReadRecord {
            action: action.clone(),
            account_id: ACCOUNT.parse().expect("account"),
            region: region.clone(),
            calls: 1,
            complete: true,
        };
        let records = reads().iter();
        let records = records.flat_map(|(action, _)| [whole(action, &region), whole(action, &Region::global())]);
        let mut snapshot =
            Snapshot { info, resources: resources.collect(), reads: records.collect(), gaps: Vec::new() };
        snapshot.sort();
        Self { snapshot, blueprint: Blueprint::default() }
    }

    /// The same with another blueprint.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Blueprint)) -> Self {
        change(&mut self.blueprint);
        self
    }

    /// Every verdict.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        judge(&self.snapshot, &self.blueprint)
    }

    /// All that can be planned for it: class B too, whoever keeps the resources.
    pub(crate) fn planned(&self) -> Plan {
        let options = PlanOptions {
            max_class: Class::B,
            allow_disruptive: true,
            allow_managed: true,
            only: Vec::new(),
            resources: Vec::new(),
            managed: BTreeMap::new(),
        };
        let findings = self.findings();
        let (snapshot, blueprint) = (&self.snapshot, &self.blueprint);
        let facts = facts::derive(snapshot, blueprint).expect("facts");
        let judged = Judged { snapshot, findings: &findings, facts: &facts, catalogue: &CATALOGUE, blueprint };
        planning::plan(&judged, &options, "test", snapshot.info.started_at).expect("a plan")
    }

    /// What the control's remedy proposes for the failed finding on the resource whose ARN ends like this.
    pub(crate) fn proposed(&self, control: &str, arn_ends: &str) -> Proposal {
        let findings = self.findings();
        let finding = pick(&findings, control, arn_ends);
        assert_eq!(finding.status, Status::Fail, "{finding:?}");
        let facts = facts::derive(&self.snapshot, &self.blueprint).expect("facts");
        let context = RemedyContext::new(&self.snapshot, &facts, &findings, &self.blueprint);
        let fix = CATALOGUE.controls().find(|c| c.id().as_str() == control).and_then(|c| c.metadata.custom.fix.clone());
        let fix = fix.unwrap_or_else(|| panic!("{control} names no fix"));
        let remedy = remedy(fix.as_str()).unwrap_or_else(|| panic!("there is no remedy {fix}"));
        let proposal = (remedy.propose)(finding, &context);
        for step in &proposal.steps {
            assert!(step.class <= remedy.class, "{} is worse than its remedy", step.key);
            let loss = step.consequences.iter().find(|told| Class::tells_of_loss(told));
            assert!(step.class > Class::A || loss.is_none(), "{} is class A, and yet: {loss:?}", step.key);
            for action in &step.actions {
                assert!(remedy.actions.contains(&action.as_str()), "{} does not declare {action}", remedy.id);
            }
        }
        proposal
    }

    /// The steps, after it was proven on the model that the control passes with them and that no other verdict
    /// becomes a fail.
    pub(crate) fn mended(&self, control: &str, arn_ends: &str) -> Vec<Step> {
        let proposal = self.proposed(control, arn_ends);
        assert!(!proposal.steps.is_empty(), "{proposal:?}");
        let mut after = self.snapshot.clone();
        for effect in proposal.steps.iter().flat_map(|step| &step.effects) {
            let effect = laid(effect, &after);
            simulate::apply(&mut after, [&effect]).expect("effects fit");
        }
        let verdicts = judge(&after, &self.blueprint);
        if verdicts.iter().any(|f| f.control.as_str() == control && f.resource.arn.as_str().ends_with(arn_ends)) {
            let mended = pick(&verdicts, control, arn_ends);
            let open = mended.status == Status::Unknown && crate::is_open_at_best(&mended.control);
            assert!(open || matches!(mended.status, Status::Pass | Status::NotApplicable), "{mended:?}");
        } else {
            // Only a resource that went away has no verdict any more.
            let removed = |effect: &Effect| matches!(effect, Effect::Removed { resource } if resource.arn.as_str().ends_with(arn_ends));
            assert!(proposal.steps.iter().flat_map(|step| &step.effects).any(removed));
        }
        let before = self.findings();
        for finding in verdicts.iter().filter(|finding| finding.status == Status::Fail) {
            let was = before.iter().find(|old| old.is_again(finding));
            assert!(was.is_none_or(|old| old.status == Status::Fail), "broken by it: {finding:?}");
        }
        proposal.steps
    }
}

/// The effect as the planner lays it upon those before it: each step thinks of the snapshot alone.
fn laid(effect: &Effect, now: &Snapshot) -> Effect {
    let Effect::Amended { resource, edits } = effect else { return effect.clone() };
    let found = now.resources.iter().find(|one| one.arn == resource.arn).expect("resource");
    let body = simulate::body(found).expect("json");
    let laid = edits.iter().map(|edit| match (&edit.before, body.pointer(&edit.path)) {
        (Some(before @ Value::Array(_)), Some(there)) if before != there => {
            let after = crate::plan::lay(Some(before), Some(there), edit.after.as_ref()).expect("goes together");
            Edit::new(edit.path.clone(), Some(there.clone()), after)
        }
        (_, _) => edit.clone(),
    });
    Effect::Amended { resource: resource.clone(), edits: laid.collect() }
}

/// Some of the controls: all take longer than most tests need.
pub(crate) struct SomeControls(Catalogue);

impl SomeControls {
    pub(crate) fn of(controls: &[&str]) -> Self {
        let mut catalogue = Catalogue::built_in().expect("catalogue");
        let controls = controls.iter().map(|control| (*control).to_owned()).collect();
        catalogue.narrow(&Selection { controls, ..Selection::default() }).expect("they exist");
        Self(catalogue)
    }

    pub(crate) fn findings(&self, snapshot: &Snapshot) -> Vec<Finding> {
        Audit::new(&self.0, &Blueprint::default(), "test").verdicts(snapshot).expect("audit").findings
    }
}

fn judge(snapshot: &Snapshot, blueprint: &Blueprint) -> Vec<Finding> {
    let report = Audit::new(&CATALOGUE, blueprint, "test").verdicts(snapshot).expect("audit");
    assert!(report.errors.is_empty(), "{:?}", report.errors);
    report.findings
}

fn pick<'a>(findings: &'a [Finding], control: &str, arn_ends: &str) -> &'a Finding {
    let fits =
        |finding: &&Finding| finding.control.as_str() == control && finding.resource.arn.as_str().ends_with(arn_ends);
    findings.iter().find(fits).unwrap_or_else(|| panic!("no finding of {control} on …{arn_ends}"))
}

/// Every name that a remedy gives is one, and every remedy is asked for by a control.
#[test]
fn names_are_names() {
    let asked =
        |id: &str| CATALOGUE.controls().any(|c| c.metadata.custom.fix.as_ref().is_some_and(|fix| fix.as_str() == id));
    for remedy in super::registry::remedies() {
        let _ = remedy.id();
        for name in remedy.actions {
            let _ = super::action(name);
        }
        assert!(asked(remedy.id), "no control names {}", remedy.id);
    }
    let orphan = CATALOGUE.controls().find(|control| {
        let fix = control.metadata.custom.fix.as_ref().map(konecta_base::id::FixId::as_str);
        fix.is_some_and(|id| id != "none" && remedy(id).is_none())
    });
    assert!(orphan.is_none(), "{:?} names a remedy that does not exist", orphan.map(|control| control.id()));
}
