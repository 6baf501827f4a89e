//! The whole stack in Terraform and the drifted world: what the plan writes into it, read by eye in the snapshot, and the
//! proof that the next apply mends what it was written for.

use std::collections::{BTreeMap, BTreeSet};

use konecta_base::finding::{Finding, Status};
use serde_json::{Map, Value, json};

use super::super::super::evaluate::Scope;
use super::super::super::files::SourceText;
use super::super::super::tests::konecta::{drifted, sources, text, texts};
use super::super::*;
use crate::emit::terraform::table::{Kind, TABLE};
use crate::proof::World;
use crate::terraform_plan::{apply, changes};
use crate::terraform_state::instances;
use hcl_edit::structure::{Block as HclBlock, Body};

fn join(sources: &Sources) -> Join {
    let state = instances(&text("terraform.tfstate")).expect("state");
    Join::new(sources, vec![("terraform.tfstate".to_owned(), state)]).0
}

/// The files with what was written.
fn mended(edited: &Edited) -> Vec<SourceText> {
    let of = |path: &str| edited.files.iter().find(|file| file.path == path).map(|file| file.after.clone());
    texts().into_iter().map(|one| SourceText { text: of(&one.path).unwrap_or(one.text), path: one.path }).collect()
}

#[test]
fn the_whole_plan_is_written_as_far_as_it_can_be_and_once() {
    let world = drifted();
    let plan = world.planned();
    let views: Vec<View> = world.snapshot.resources.iter().map(View::of).collect();
    let before = sources(texts());
    let edited = edited(&plan, &views, &before, &join(&before));
    insta::assert_snapshot!(edited.text());
    let after = sources(mended(&edited));
    let again = super::super::edited(&plan, &views, &after, &join(&after));
    assert_eq!(again.files, [], "the second time there is nothing to write");
    let argued: BTreeSet<String> = differing(&before, &after);
    insta::assert_snapshot!(argued.into_iter().collect::<Vec<_>>().join("\n"));
}

/// Every argument of every block, by the way to it.
fn arguments(sources: &Sources) -> BTreeMap<String, String> {
    fn walk(way: &str, body: &Body, found: &mut BTreeMap<String, String>) {
        for argument in body.attributes() {
            found.insert(format!("{way}.{}", argument.key.as_str()), argument.value.to_string().trim().to_owned());
        }
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for block in body.blocks() {
            let labels: Vec<&str> = block.labels.iter().map(|label| label.as_str()).collect();
            let name = [&[block.ident.as_str()], labels.as_slice()].concat().join(" ");
            let number = count.entry(name.clone()).and_modify(|number| *number += 1).or_default();
            let way = format!("{way}/{name}#{number}");
            found.insert(way.clone(), String::new());
            walk(&way, &block.body, found);
        }
    }
    let mut found = BTreeMap::new();
    for path in texts().into_iter().map(|one| one.path) {
        let text = sources.file(&path).expect("it was read").text.clone();
        walk(&path, &hcl_edit::parser::parse_body(&text).expect("HCL"), &mut found);
    }
    found
}

fn differing(before: &Sources, after: &Sources) -> BTreeSet<String> {
    let (before, after) = (arguments(before), arguments(after));
    let ways: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let side = |side: &BTreeMap<String, String>, way: &String| side.get(way).cloned().unwrap_or_else(|| "-".to_owned());
    let differs = ways.into_iter().filter(|way| before.get(*way) != after.get(*way));
    differs.map(|way| format!("{way}: {} -> {}", side(&before, way), side(&after, way))).collect()
}

/// What a body says, as a plan has it: a block is a list.
fn said(scope: &Scope<'_>, body: &Body) -> Value {
    let mut members = Map::new();
    for argument in body.attributes() {
        if let Some(value) = scope.value(&argument.value) {
            members.insert(argument.key.as_str().to_owned(), value);
        }
    }
    let blocks: Vec<&HclBlock> = body.blocks().filter(|block| block.ident.as_str() != "dynamic").collect();
    for block in blocks {
        let list = members.entry(block.ident.as_str()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(said(scope, &block.body));
        }
    }
    Value::Object(members)
}

/// The state as Terraform refreshes it before it plans: what lives goes before what was applied last.
fn refreshed(kind: &Kind, view: &View, attributes: &Value) -> Value {
    let mut found = attributes.clone();
    for (pointer, argument) in kind.arguments.iter().filter(|(pointer, _)| !pointer.contains('*')) {
        let way: Vec<&str> = argument.split('.').collect();
        let live = match pointer.strip_prefix("/supplement/attributes/") {
            Some(key) => {
                let entry = view.list("/supplement/attributes").iter().find(|entry| entry["Key"] == key);
                entry.map(|entry| match entry["Value"].as_str() {
                    Some("true") => json!(true),
                    Some("false") => json!(false),
                    _ => entry["Value"].clone(),
                })
            }
            None => view.at(pointer).cloned(),
        };
        match (way.as_slice(), live) {
            ([name], Some(live)) => found[*name] = live,
            ([block, name], Some(live)) if found[*block][0].is_object() => found[*block][0][*name] = live,
            (_, _) => {}
        }
    }
    found
}

/// Lays what a configuration says over attributes.
fn over(attributes: &Value, said: &Value) -> Value {
    match (attributes, said) {
        (Value::Object(old), Value::Object(new)) => {
            let mut found = old.clone();
            for (name, value) in new {
                let under = old.get(name).cloned().unwrap_or_default();
                found.insert(name.clone(), over(&under, value));
            }
            Value::Object(found)
        }
        (Value::Array(old), Value::Array(new)) if new.iter().any(Value::is_object) && old.len() == new.len() => {
            Value::Array(old.iter().zip(new).map(|(old, new)| over(old, new)).collect())
        }
        (_, new) => new.clone(),
    }
}

/// The plan that Terraform would make of the state and the files, with what lives.
fn terraform_plan(world: &World, sources: &Sources) -> String {
    let state = instances(&text("terraform.tfstate")).expect("state");
    let join = join(sources);
    let views: Vec<View> = world.snapshot.resources.iter().map(View::of).collect();
    let mut found = Vec::new();
    for instance in &state {
        let live = views.iter().find(|view| {
            let own = join.own(view);
            own.first().is_some_and(|own| own.instance.address() == instance.address())
                && kind(&view.reference.resource_type).is_some_and(|kind| kind.is_declared_by(&instance.kind))
        });
        let known = live.and_then(|live| Some((live, kind(&live.reference.resource_type)?)));
        let before = known.map(|(live, known)| refreshed(known, live, &instance.attributes));
        let before = before.unwrap_or_else(|| instance.attributes.clone());
        let (actions, after) = match site(sources, "", instance) {
            Some(site) if site.is_own => {
                let said = said(&site.scope, &site.block.it.body);
                (["update"], over(&before, &said))
            }
            Some(_) => continue,
            None => (["delete"], Value::Null),
        };
        if before != after {
            found.push(
                json!({"address": instance.address(), "mode": "managed", "type": instance.kind, "name": instance.name,
                "change": {"actions": actions, "before": before, "after": after, "after_unknown": {}}}),
            );
        }
    }
    json!({"format_version": "1.2", "resource_changes": found}).to_string()
}

fn status(findings: &[Finding], control: &str, arn: &str) -> Option<Status> {
    let mut fitting = findings.iter().filter(|one| one.control.as_str() == control && one.resource.arn.as_str() == arn);
    fitting.next().map(|one| one.status)
}

/// What a change was made for passes after the next apply, unless a list of blocks changes, of which a plan of Terraform
/// does not say which entry is which; then it is not known, and never a fail that is new.
#[test]
fn the_next_apply_mends_what_was_written() {
    let world = drifted();
    let plan = world.planned();
    let views: Vec<View> = world.snapshot.resources.iter().map(View::of).collect();
    let before = sources(texts());
    let edited = edited(&plan, &views, &before, &join(&before));
    let after = sources(mended(&edited));
    let applied =
        apply(world.snapshot.clone(), &changes(&terraform_plan(&world, &after)).expect("a plan")).expect("laid");
    let after = World { snapshot: applied.snapshot.clone(), blueprint: world.blueprint.clone() }.findings();
    let was = world.findings();
    let unseen = |arn: &str| {
        let view = views.iter().find(|view| view.reference.arn.as_str() == arn).expect("it lives");
        let join = join(&before);
        let mut parts = join.of(view).into_iter().chain(join.referring(view)).map(|part| &part.instance);
        // Policies and attachments are of types that no plan is laid over a snapshot by.
        parts.any(|part| {
            let address = part.address();
            !TABLE.values().any(|kind| kind.is_declared_by(&part.kind))
                || applied.not_judged.iter().any(|told| told.starts_with(&address))
        })
    };
    let open: BTreeSet<&str> = edited.left.iter().map(|left| left.change.as_str()).collect();
    let mut told = BTreeSet::new();
    for change in plan.changes.iter().filter(|change| !open.contains(change.id.as_str())) {
        for verified in &change.verifies {
            let (control, arn) = (verified.control.as_str(), verified.arn.as_str());
            let now = status(&after, control, arn).map_or_else(|| "gone".to_owned(), |status| status.to_string());
            let now = if now == "fail" && unseen(arn) { "not judged by a plan".to_owned() } else { now };
            assert_ne!(now, "fail", "{} {control} {arn}", change.id);
            told.insert(format!("{control} {}: {now}", arn.rsplit(':').next().unwrap_or_default()));
        }
    }
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"));
    let broken = after.iter().filter(|one| one.status == Status::Fail);
    let broken =
        broken.filter(|one| status(&was, one.control.as_str(), one.resource.arn.as_str()) == Some(Status::Pass));
    let broken: Vec<String> = broken.map(|one| format!("{} {}", one.control, one.resource.arn)).collect();
    assert_eq!(broken, Vec::<String>::new(), "nothing that passed is broken");
}
