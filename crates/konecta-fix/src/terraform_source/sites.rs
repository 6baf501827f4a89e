//! Where a resource of a state is declared: the block, by the calls of modules that its address names. And without a
//! state, what a configuration declares, as far as it stands there.

use hcl_edit::structure::Block;
use serde_json::{Map, Value};

use super::evaluate::Scope;
use super::files::{Placed, Sources, local_folder};
use crate::terraform_state::{Instance, ModuleStep};

/// How deep modules may call modules: a configuration may call itself.
const DEPTH: usize = 16;

/// What the call of a module weighs beside what is evaluated in it: modules that declare nothing may call each other without end.
const MODULE: u64 = 20;

/// What one configuration may declare: a `count` of a million is no reason to run out of memory.
const MOST: usize = 50_000;

/// Where a resource is declared.
#[derive(Debug)]
pub(super) struct Site<'s> {
    /// Its block; the call of its module where that comes from elsewhere.
    pub(super) block: Placed<'s, Block>,
    /// What the names in the block mean.
    pub(super) scope: Scope<'s>,
    /// The calls of the modules that lead to it, the outermost first.
    pub(super) calls: Vec<Placed<'s, Block>>,
    /// Whether the block is its own.
    pub(super) is_own: bool,
}

/// The block that declares an instance, in the configuration that is run in the folder `root`.
pub(super) fn site<'s>(sources: &'s Sources, root: &str, instance: &Instance) -> Option<Site<'s>> {
    let mut scope = Scope::root(sources, root);
    let mut calls = Vec::new();
    for ModuleStep { name, key } in &instance.module {
        let call = sources.block(&scope.dir, "module", &[name])?;
        let here = scope.with(each(&scope, call.it, key.as_ref()));
        let Some(dir) = local_folder(&scope.dir, call.it).filter(|dir| sources.has(dir)) else {
            return Some(Site { block: call, scope: here, calls, is_own: false });
        };
        calls.push(call);
        scope = here.inside(dir, call.it);
    }
    let block = sources.block(&scope.dir, "resource", &[&instance.kind, &instance.name])?;
    let scope = scope.with(each(&scope, block.it, instance.key.as_ref()));
    Some(Site { block, scope, calls, is_own: true })
}

fn each(scope: &Scope<'_>, block: &Block, key: Option<&Value>) -> Option<(Value, Option<Value>)> {
    let key = key?;
    let known = scope.instances(block)?.into_iter().find(|(found, _)| found == key);
    Some(known.unwrap_or_else(|| (key.clone(), None)))
}

/// Every resource that the configuration in this folder declares, with the arguments that stand in it.
pub(super) fn declared(sources: &Sources, root: &str) -> Vec<Instance> {
    let mut found = Vec::new();
    module(&Scope::root(sources, root), &[], &mut found);
    found
}

fn module(scope: &Scope<'_>, way: &[ModuleStep], found: &mut Vec<Instance>) {
    if way.len() > DEPTH || found.len() > MOST || scope.spend(MODULE).is_none() {
        return;
    }
    for (labels, block) in scope.sources.blocks(&scope.dir, "resource") {
        let [kind, name] = labels else { continue };
        for each in instances(scope, block.it) {
            let key = each.as_ref().map(|(key, _)| key.clone());
            let attributes = arguments(&scope.with(each), block.it);
            found.push(Instance { module: way.to_vec(), kind: kind.clone(), name: name.clone(), key, attributes });
        }
    }
    for (name, call) in scope.sources.calls(&scope.dir) {
        let Some(dir) = local_folder(&scope.dir, call.it).filter(|dir| scope.sources.has(dir)) else { continue };
        for each in instances(scope, call.it) {
            let key = each.as_ref().map(|(key, _)| key.clone());
            let inner = scope.with(each).inside(dir.clone(), call.it);
            let way: Vec<ModuleStep> = way.iter().cloned().chain([ModuleStep { name: name.to_owned(), key }]).collect();
            module(&inner, &way, found);
        }
    }
}

/// Where nobody can say how many there are, it is taken as one.
fn instances(scope: &Scope<'_>, block: &Block) -> Vec<Option<(Value, Option<Value>)>> {
    let counted = block.body.has_attribute("count");
    match scope.instances(block) {
        Some(several) if !several.is_empty() || counted => several.into_iter().map(Some).collect(),
        Some(_) | None => vec![None],
    }
}

fn arguments(scope: &Scope<'_>, block: &Block) -> Value {
    let known = block.body.attributes().filter_map(|argument| {
        let value = scope.value(&argument.value).filter(|value| !value.is_null())?;
        Some((argument.key.as_str().to_owned(), value))
    });
    Value::Object(known.collect::<Map<String, Value>>())
}
