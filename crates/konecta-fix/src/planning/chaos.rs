//! The chaos test: random worlds, planned for as `fix --yes` would, change by change carried out on the model, and
//! after each change a walk of the world that knows nothing of the planner says what still works.
//!
//! A world is the good one with some of the labels' changes (`fixtures/chaos`, recorded from the emulators by
//! `tests/emulator/record_labels.py`) and some of [`more::MUTATIONS`]. `CHAOS_WORLDS=2000` tries more of them than 200,
//! `CHAOS_SEED=17` that one alone.

mod gates;
mod keeps;
mod more;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use self::more::{MUTATIONS, World};
use self::walk::{Works, works};
use super::*;
use crate::plan::Change;
use crate::proof::CATALOGUE;
use crate::simulate;
use crate::step::{Class, Effect, Wait};
use konecta_base::snapshot::SnapshotFile;
use konecta_core::{audit, facts};
use konecta_rego::engine::{self, Judge};

const WORLDS: u64 = 200;
const OFFICE: &str = "203.0.113.0/24";

/// What a label changes.
#[derive(Debug)]
struct Label {
    name: String,
    changed: Vec<Value>,
    added: Vec<Value>,
    removed: Vec<String>,
}

/// What random worlds are made of.
struct Ingredients {
    good: Snapshot,
    resources: Vec<Value>,
    labels: Vec<Label>,
}

/// What one world is made of: labels and mutations by their place, and what the blueprint and the operator say.
#[derive(Debug, Clone)]
struct Recipe {
    labels: Vec<usize>,
    more: Vec<usize>,
    office: bool,
    managed: bool,
}

/// A harm: what no longer works, and the change that broke it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Harm {
    change: String,
    lost: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/chaos")
}

impl Ingredients {
    fn load() -> Self {
        let good = SnapshotFile::open(&folder().join("good.snap")).and_then(|file| file.load()).expect("good.snap");
        let packed = fs::File::open(folder().join("labels.jsonl.zst")).expect("labels.jsonl.zst");
        let text = String::from_utf8(zstd::decode_all(packed).expect("zstd")).expect("UTF-8");
        let label = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let resources = |key: &str| line[key].as_array().expect("list").clone();
            Label {
                name: line["label"].as_str().expect("text").to_owned(),
                changed: resources("changed"),
                added: resources("added"),
                removed: resources("removed").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            }
        };
        let resources = good.resources.iter().map(|one| serde_json::to_value(one).expect("JSON")).collect();
        Self { resources, labels: text.lines().map(label).collect(), good }
    }

    /// First each mutation alone, then some of all.
    fn recipe(&self, seed: u64) -> Recipe {
        let place = usize::try_from(seed).expect("small");
        if place < MUTATIONS.len() {
            return Recipe { labels: Vec::new(), more: vec![place], office: true, managed: true };
        }
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let some = |dice: &mut Dice, most: usize, of: usize| {
            let picked: BTreeSet<usize> = (0..dice.below(most + 1)).map(|_| dice.below(of)).collect();
            picked.into_iter().collect()
        };
        Recipe {
            labels: some(&mut dice, 24, self.labels.len()),
            more: some(&mut dice, 5, MUTATIONS.len()),
            office: dice.below(4) > 0,
            managed: dice.below(2) > 0,
        }
    }

    fn describe(&self, recipe: &Recipe) -> String {
        let labels = recipe.labels.iter().map(|at| self.labels[*at].name.as_str());
        let more = recipe.more.iter().map(|at| MUTATIONS[*at].0);
        let names: Vec<&str> = labels.chain(more).collect();
        format!("office {}, managed {}: {}", recipe.office, recipe.managed, names.join("; "))
    }

    /// The world. Labels that want different things of one resource do not go together: the later one is left out.
    fn world(&self, recipe: &Recipe) -> Snapshot {
        let mut made: BTreeMap<String, Value> =
            self.resources.iter().map(|one| (arn(one).to_owned(), one.clone())).collect();
        let base = made.clone();
        for label in recipe.labels.iter().map(|at| &self.labels[*at]) {
            let merged = label.changed.iter().map(|changed| {
                let before = base.get(arn(changed))?;
                merge(before, made.get(arn(changed))?, changed)
            });
            let Some(merged) = merged.collect::<Option<Vec<Value>>>() else { continue };
            for one in merged.into_iter().chain(label.added.iter().cloned()) {
                made.insert(arn(&one).to_owned(), one);
            }
            for gone in &label.removed {
                made.remove(gone);
            }
        }
        let mut world = World(made.into_values().collect());
        for at in &recipe.more {
            (MUTATIONS[*at].1)(&mut world);
        }
        let resources = world.0.iter().map(|one| serde_json::from_str(&one.to_string()).expect("a resource"));
        let mut snapshot = Snapshot { resources: resources.collect(), ..self.good.clone() };
        snapshot.sort();
        snapshot
    }

    fn blueprint(recipe: &Recipe) -> Blueprint {
        let mut blueprint = Blueprint::default();
        blueprint.cloudfront.origin_header = "X-Origin-Verify".to_owned();
        if recipe.office {
            blueprint.bastion.ssh_cidrs = vec![OFFICE.to_owned()];
        }
        blueprint
    }
}

fn arn(resource: &Value) -> &str {
    resource["arn"].as_str().expect("an ARN")
}

/// What two changes of one value make of it; nothing where both want something different.
fn merge(base: &Value, one: &Value, other: &Value) -> Option<Value> {
    if base == one || one == other {
        return Some(other.clone());
    }
    if base == other {
        return Some(one.clone());
    }
    match (base, one, other) {
        (Value::Object(base), Value::Object(one), Value::Object(other)) => {
            let keys: BTreeSet<&String> = base.keys().chain(one.keys()).chain(other.keys()).collect();
            let member = |map: &serde_json::Map<String, Value>, key: &String| map.get(key).cloned().unwrap_or_default();
            keys.into_iter()
                .map(|key| Some((key.clone(), merge(&member(base, key), &member(one, key), &member(other, key))?)))
                .collect::<Option<_>>()
                .map(Value::Object)
        }
        (Value::Array(base), Value::Array(one), Value::Array(other))
            if base.len() == one.len() && base.len() == other.len() =>
        {
            let each = base.iter().zip(one).zip(other).map(|((base, one), other)| merge(base, one, other));
            each.collect::<Option<_>>().map(Value::Array)
        }
        _ => None,
    }
}

/// xorshift: the same worlds for the same seeds on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("32 bits") % bound
    }
}

/// What a run with these options breaks, change by change.
fn harms(judge: &mut Judge<'_>, snapshot: &Snapshot, recipe: &Recipe, totals: &mut Totals) -> BTreeSet<Harm> {
    let blueprint = Ingredients::blueprint(recipe);
    let findings = audit::again(judge, snapshot, &CATALOGUE, &blueprint).expect("an audit");
    let facts = facts::derive(snapshot, &blueprint).expect("facts");
    let ssh = [OFFICE.to_owned()];
    let before = works(snapshot, &ssh);
    totals.paths += before.stack.len();
    let mut found = BTreeSet::new();
    for allow_disruptive in [false, true] {
        let options = PlanOptions { allow_disruptive, allow_managed: recipe.managed, ..PlanOptions::default() };
        let judged =
            Judged { snapshot, findings: &findings, facts: &facts, catalogue: &CATALOGUE, blueprint: &blueprint };
        let plan = plan(&judged, &options, "test", snapshot.info.started_at).expect("a plan");
        plan.is_within_remedies().expect("what remedies make is theirs");
        totals.changes[usize::from(allow_disruptive)] += plan.changes.len();
        let mut world = snapshot.clone();
        let mut lost: BTreeSet<String> = BTreeSet::new();
        let mut undone: BTreeSet<&str> = BTreeSet::new();
        for change in &plan.changes {
            // As a run does: what is asked right before a change does not hold, and so it and what needs it is not done.
            let refused = |wait: &Wait| wait.service == "ec2" && !resolves(&world, wait);
            if change.needs.iter().any(|need| undone.contains(need.as_str())) || change.requires.iter().any(refused) {
                undone.insert(&change.id);
                continue;
            }
            simulate::apply(&mut world, &change.effects).expect("the effects fit");
            let after = works(&world, &ssh);
            let mut gone: BTreeSet<String> = before.stack.difference(&after.stack).cloned().collect();
            gone.extend(deleted(change));
            if !allow_disruptive {
                gone.extend(before.others.difference(&after.others).cloned());
                assert_eq!(change.class, Class::A, "{}", change.title());
            }
            let told = format!(
                "{} {} [{}] {}",
                if allow_disruptive { "with" } else { "without" },
                change.class,
                change.parts.iter().map(|part| part.key.as_str()).collect::<Vec<_>>().join(" + "),
                change.title(),
            );
            found.extend(gone.difference(&lost).map(|lost| Harm { change: told.clone(), lost: lost.clone() }));
            lost.extend(gone);
        }
    }
    found
}

/// What the world answers to a question that a run asks of the VPC right before a change.
fn resolves(world: &Snapshot, wait: &Wait) -> bool {
    let text = wait.parameters.to_string();
    let mine = world.resources.iter().filter(|one| one.resource_type.as_str() == "AWS::EC2::VPC");
    let mut all = mine.filter(|one| wait.operation == "DescribeDhcpOptions" || text.contains(&one.resource_id));
    all.all(|one| {
        let is_on = |key: &str| one.supplement.get(key).is_none_or(|value| value.get() != "false");
        match wait.parameters["Attribute"].as_str() {
            Some(attribute) => is_on(attribute),
            None => is_on("amazonProvidedDns"),
        }
    })
}

/// Whether a person could give back what an operation takes away; data, and what holds it, nobody can.
const GIVEN_BACK: [&str; 5] =
    ["DeleteNetworkAclEntry", "DeleteRepositoryPolicy", "DeleteRolePolicy", "DeleteRoute", "DeleteRule"];
const HOLDS_DATA: [&str; 4] = ["AWS::RDS::", "AWS::ECR::Repository", "AWS::EC2::Instance", "AWS::EC2::Volume"];

/// What a change takes away for good.
fn deleted(change: &Change) -> BTreeSet<String> {
    let gone = |effect: &Effect| match effect {
        Effect::Removed { resource }
            if HOLDS_DATA.iter().any(|kind| resource.resource_type.as_str().starts_with(kind)) =>
        {
            Some(format!("{} is there", resource.arn))
        }
        Effect::Removed { .. } | Effect::Amended { .. } | Effect::Created { .. } => None,
    };
    let effects = change.effects.iter().filter_map(gone);
    let operation = change.call.operation.as_str();
    let kind = ["Delete", "Terminate", "BatchDelete"].iter().any(|word| operation.starts_with(word));
    let kind = kind && (change.class == Class::A || !GIVEN_BACK.contains(&operation));
    effects.chain(kind.then(|| format!("what {operation} deletes is there"))).collect()
}

/// What was tried.
#[derive(Debug, Default)]
struct Totals {
    worlds: usize,
    paths: usize,
    /// Without and with `--allow-disruptive`.
    changes: [usize; 2],
}

/// The harm with as little as is needed for it.
fn smallest(ingredients: &Ingredients, judge: &mut Judge<'_>, recipe: &Recipe, harm: &Harm) -> Recipe {
    let mut least = recipe.clone();
    let mut still = |recipe: &Recipe| {
        let found = harms(judge, &ingredients.world(recipe), recipe, &mut Totals::default());
        found.iter().any(|one| one.lost == harm.lost && one.change.split('[').next() == harm.change.split('[').next())
    };
    for place in (0..recipe.labels.len() + recipe.more.len()).rev() {
        let mut less = least.clone();
        if place < recipe.labels.len() {
            less.labels.retain(|at| *at != recipe.labels[place]);
        } else {
            less.more.retain(|at| *at != recipe.more[place - recipe.labels.len()]);
        }
        if still(&less) {
            least = less;
        }
    }
    least
}

fn number(told: Option<&str>) -> Option<u64> {
    told?.parse().ok()
}

/// How many worlds are tried, and one alone: told when the test is compiled, since the core asks no environment.
const MANY: Option<&str> = option_env!("CHAOS_WORLDS");
const ONE: Option<&str> = option_env!("CHAOS_SEED");

#[test]
fn no_run_breaks_what_worked_in_any_world() {
    let ingredients = Ingredients::load();
    let seeds = match number(ONE) {
        Some(seed) => seed..seed + 1,
        None => 0..number(MANY).unwrap_or(WORLDS),
    };
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let nothing = engine::World::new(&serde_json::json!({})).expect("a world");
        let mut judge = Judge::new(&CATALOGUE, &nothing, reads(), &ingredients.good.gaps).expect("a judge");
        let (mut told, mut totals) = (BTreeMap::new(), Totals::default());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return (told, totals);
            }
            let recipe = ingredients.recipe(seed);
            totals.worlds += 1;
            for harm in harms(&mut judge, &ingredients.world(&recipe), &recipe, &mut totals) {
                // One world for a kind of harm is enough.
                let kind = harm.change.split('/').next().unwrap_or_default().to_owned();
                if told.contains_key(&kind) {
                    continue;
                }
                let least = smallest(&ingredients, &mut judge, &recipe, &harm);
                let told_of = format!(
                    "{}\n    loses: {}\n    seed {seed}, {}",
                    harm.change,
                    harm.lost,
                    ingredients.describe(&least)
                );
                told.insert(kind, told_of);
            }
        }
    };
    let (mut told, mut totals) = (BTreeMap::new(), Totals::default());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (more, counted) = worker.join().expect("a worker");
            told.extend(more);
            totals.worlds += counted.worlds;
            totals.paths += counted.paths;
            (0..2).for_each(|at| totals.changes[at] += counted.changes[at]);
        }
    });
    println!("{totals:?}");
    let told: Vec<String> = told.into_values().collect();
    assert!(told.is_empty(), "{} kinds of harm:\n{}", told.len(), told.join("\n"));
    if number(ONE).is_none() {
        // Worlds in which little works, or little is mended, would prove little.
        assert!(totals.paths > 100 * totals.worlds && totals.changes[0] > totals.worlds, "{totals:?}");
    }
}

/// The oracle sees: in the good world all parts of the stack reach each other.
#[test]
fn the_walk_finds_every_path_of_the_good_world() {
    let ingredients = Ingredients::load();
    let recipe = Recipe { labels: Vec::new(), more: Vec::new(), office: true, managed: false };
    let Works { stack, others } = works(&ingredients.world(&recipe), &[OFFICE.to_owned()]);
    for (from, to, least) in [
        ("viewers over https", "i-", 12),
        ("node ", "→ database", 6),
        ("people at", "→ bastion", 1),
        ("bastion ", "→ node", 3),
        ("node ", "pulls from", 24),
        ("image ", "stays", 80),
    ] {
        let count = stack.iter().filter(|one| one.starts_with(from) && one.contains(to)).count();
        assert!(count >= least, "{from} … {to}: {count}\n{stack:#?}\n{others:#?}");
    }
}

/// The oracle is no rubber stamp: what plainly breaks a path is seen as its loss.
#[test]
fn the_walk_sees_what_plainly_breaks() {
    let ingredients = Ingredients::load();
    let recipe = Recipe { labels: Vec::new(), more: Vec::new(), office: true, managed: false };
    let world = ingredients.world(&recipe);
    let ssh = [OFFICE.to_owned()];
    let before = works(&world, &ssh);
    for kind in [
        "AWS::EC2::SecurityGroupRule",
        "AWS::EC2::RouteTable",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::EC2::PrefixList",
    ] {
        let mut less = world.clone();
        less.resources.retain(|one| one.resource_type.as_str() != kind);
        let after = works(&less, &ssh);
        let lost = before.stack.difference(&after.stack).count();
        assert!(lost >= 4, "without any {kind} only {lost} paths are lost");
    }
}
