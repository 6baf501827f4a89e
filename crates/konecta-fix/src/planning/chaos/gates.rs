//! Every remedy at its class: what it is in a world where it does something, what it costs and asks before, and a world in
//! which it is refused or disruptive. The table is a snapshot; a remedy without a row fails the test.

use std::fmt::Write as _;

use super::*;
use crate::ownership::Owner;
use crate::registry::{Remedy, remedies, remedy};
use crate::step::Step;

/// What is known of one remedy: the mildest step that it proposes anywhere, and the strictest thing that it says.
#[derive(Debug, Default)]
struct Row {
    mildest: Option<(Class, String)>,
    strictest: Option<String>,
}

/// Remedies that no recorded world gives an occasion for; their own tests hold their class.
const NO_OCCASION: &[&str] = &[];

fn said(step: &Step, world: &str) -> String {
    let mut told = format!("{} in “{world}”: {}", step.class, step.title);
    for consequence in &step.consequences {
        let _ = write!(told, "\n      costs: {consequence}");
    }
    for wait in &step.requires {
        let _ = write!(told, "\n      asks first: {}", wait.what);
    }
    told
}

fn see(
    rows: &mut BTreeMap<&'static str, Row>,
    remedy: &'static Remedy,
    finding: &Finding,
    context: &RemedyContext<'_>,
    world: &str,
) {
    let row = rows.entry(remedy.id).or_default();
    let proposal = (remedy.propose)(finding, context);
    for step in &proposal.steps {
        assert!(step.class <= remedy.class, "{}: {}", remedy.id, step.title);
        if row.mildest.as_ref().is_none_or(|(class, _)| step.class < *class) {
            row.mildest = Some((step.class, said(step, world)));
        }
        if step.class > Class::A && row.strictest.is_none() {
            row.strictest = Some(said(step, world));
        }
    }
    if let (Some(refusal), None) = (proposal.refusals.first(), &row.strictest) {
        row.strictest = Some(format!("refused in “{world}”: {}", refusal.reason));
    }
}

/// What the planner says of each remedy where somebody's Terraform manages everything.
fn owned(judged: &Judged<'_>, keys: &mut BTreeMap<&'static str, Row>) {
    let managed: BTreeMap<String, Owner> =
        judged.snapshot.resources.iter().map(|one| (one.arn.to_string(), Owner::terraform("module.erp"))).collect();
    let options = PlanOptions { allow_disruptive: true, managed, ..PlanOptions::default() };
    let planned = plan(judged, &options, "test", judged.snapshot.info.started_at).expect("a plan");
    let done: BTreeSet<&str> =
        planned.changes.iter().flat_map(|one| &one.parts).map(|part| part.fix.as_str()).collect();
    for refusal in planned.refusals.iter().filter(|refusal| refusal.reason.contains("belongs to Terraform")) {
        let control = judged.catalogue.find(refusal.control.as_str()).expect("a control");
        let Some(remedy) = control.metadata.custom.fix.as_ref().and_then(|fix| remedy(fix.as_str())) else { continue };
        if done.contains(remedy.id) {
            continue;
        }
        let row = keys.entry(remedy.id).or_default();
        row.strictest.get_or_insert_with(|| "refused where Terraform manages what it changes".to_owned());
    }
}

#[test]
fn every_remedy_has_its_class_its_cost_and_a_world_that_stops_it() {
    let ingredients = Ingredients::load();
    let nothing = engine::World::new(&serde_json::json!({})).expect("a world");
    let mut judge = Judge::new(&CATALOGUE, &nothing, reads(), &ingredients.good.gaps).expect("a judge");
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    let recipe = |labels: Vec<usize>, more: Vec<usize>| Recipe { labels, more, office: true, managed: true };
    let labels =
        (0..ingredients.labels.len()).map(|at| (ingredients.labels[at].name.as_str(), recipe(vec![at], Vec::new())));
    let more = (0..MUTATIONS.len()).map(|at| (MUTATIONS[at].0, recipe(Vec::new(), vec![at])));
    for (name, recipe) in labels.chain(more) {
        let snapshot = ingredients.world(&recipe);
        let blueprint = Ingredients::blueprint(&recipe);
        let findings = audit::again(&mut judge, &snapshot, &CATALOGUE, &blueprint).expect("an audit");
        let facts = facts::derive(&snapshot, &blueprint).expect("facts");
        let context = RemedyContext::new(&snapshot, &facts, &findings, &blueprint);
        for finding in findings.iter().filter(|finding| finding.status == konecta_base::finding::Status::Fail) {
            let control = CATALOGUE.find(finding.control.as_str()).expect("a control");
            if let Some(remedy) = control.metadata.custom.fix.as_ref().and_then(|fix| remedy(fix.as_str())) {
                see(&mut rows, remedy, finding, &context, name);
            }
        }
        owned(
            &Judged {
                snapshot: &snapshot,
                findings: &findings,
                facts: &facts,
                catalogue: &CATALOGUE,
                blueprint: &blueprint,
            },
            &mut rows,
        );
    }
    let mut table = String::new();
    let mut missing = Vec::new();
    for remedy in remedies() {
        let Some(row) = rows.get(remedy.id) else {
            missing.extend((!NO_OCCASION.contains(&remedy.id)).then_some(remedy.id));
            continue;
        };
        let stopped = row.strictest.as_deref().unwrap_or("NOTHING STOPS IT");
        missing.extend(row.strictest.is_none().then_some(remedy.id));
        let mildest = row.mildest.as_ref().map_or("never done", |(_, told)| told.as_str());
        let _ = writeln!(table, "{} (at worst {})\n    {mildest}", remedy.id, remedy.class);
        if stopped != mildest {
            let _ = writeln!(table, "    {stopped}");
        }
    }
    insta::assert_snapshot!(table);
    assert_eq!(missing, Vec::<&str>::new(), "remedies without a row, or that nothing stops");
}
