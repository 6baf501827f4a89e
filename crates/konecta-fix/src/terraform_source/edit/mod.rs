//! What a plan changes, written into the user's Terraform, so that the next apply keeps it: the smallest pieces of the
//! files that have to become others. What cannot be written is told, with the places that its value comes from.
//! Is given texts and writes no file itself.
//!
//! An argument is replaced where it is a literal. One that a variable, a local or a `dynamic` block sets, one of a module
//! from elsewhere, and one that several instances share of which not all are to change, stays as it is.

mod asks;
mod chain;
mod expression;
mod made;
mod node;
mod parts;
mod place;
mod requests;
mod splice;
mod text;

use std::collections::BTreeMap;

use hcl_edit::structure::Block;

use self::asks::{Ask, Want, asks};
pub use self::chain::Link;
use self::node::{without_argument, without_block};
use self::parts::{PartAsk, parts};
use self::place::{Destination, Obstacle, Step, place, told};
use self::requests::Requests;
use super::files::{Placed, Sources};
use super::join::{Declared, Join};
use super::sites::{Site, site};
use crate::View;
use crate::drift::sides::pairs;
use crate::emit::terraform::hcl;
use crate::emit::terraform::table::kind;
use crate::plan::{Change, Plan};
use crate::step::{Edit, Effect};
use konecta_base::resource::ResourceRef;
use konecta_base::resource_types;

/// A file as it is and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Its path in the repository.
    pub path: String,
    /// What was read.
    pub before: String,
    /// What is to be written.
    pub after: String,
    /// The unified diff between both.
    pub diff: String,
}

/// Something of a plan that is written into no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The change of the plan, as in `c3`.
    pub change: String,
    /// The address in Terraform, or the ARN of what no file declares.
    pub resource: String,
    /// The arguments.
    pub arguments: Vec<String>,
    /// Why.
    pub reason: String,
    /// Where the value comes from.
    pub chain: Vec<Link>,
}

/// What a plan changes in the files, and what it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edited {
    /// Every file that changes, by path.
    pub files: Vec<FileEdit>,
    /// What is to be done by hand.
    pub left: Vec<Left>,
}

/// Writes a plan into the files of a configuration. `views` are the live resources that were planned on.
#[must_use]
pub fn edited(plan: &Plan, views: &[View], sources: &Sources, join: &Join) -> Edited {
    let mut editor = Editor {
        sources,
        join,
        views: views.iter().map(|view| (view.reference.arn.as_str(), view)).collect(),
        made: BTreeMap::new(),
        requests: Requests::new(sources, join, views),
    };
    for change in &plan.changes {
        change.effects.iter().for_each(|effect| editor.effect(change, effect));
    }
    editor.requests.finish()
}

/// Why nothing is written of what was made beside Terraform.
const UNDECLARED: &str = "no file that was read declares it; `fix` itself changes it";

struct Editor<'a> {
    sources: &'a Sources,
    join: &'a Join,
    views: BTreeMap<&'a str, &'a View>,
    /// What the plan makes, by ARN.
    made: BTreeMap<String, View>,
    requests: Requests<'a>,
}

/// What is to be put into a block that lacks it.
struct Lack<'a> {
    block: Placed<'a, Block>,
    rest: Vec<Step>,
    ask: Ask,
}

impl<'a> Editor<'a> {
    fn effect(&mut self, change: &Change, effect: &Effect) {
        match effect {
            Effect::Amended { resource, edits } => self.amended(change, resource, edits),
            Effect::Created { resource, .. } => {
                self.made.insert(resource.reference.arn.to_string(), (**resource).clone());
                self.created(change, resource);
            }
            Effect::Removed { resource } => {
                // What AWS itself keeps, as a managed policy, only goes out of sight.
                let own = self.views.get(resource.arn.as_str()).and_then(|view| self.join.own(view).first().copied());
                let is_rule = resource.resource_type.as_str() == resource_types::EC2_SECURITY_GROUP_RULE;
                match own {
                    Some(declared) => self.removed(change, declared, true),
                    None if is_rule => {
                        let arn = resource.arn.as_str();
                        self.requests.left(change, arn, Vec::new(), Obstacle::new(UNDECLARED));
                    }
                    None => {}
                }
            }
        }
    }

    fn amended(&mut self, change: &Change, resource: &ResourceRef, edits: &[Edit]) {
        let arn = resource.arn.as_str();
        let Some(view) = self.views.get(arn).map(|view| (*view).clone()).or_else(|| self.made.get(arn).cloned()) else {
            return;
        };
        let mut plain = Vec::new();
        for edit in edits {
            match parts(change, &view, edit, self.join) {
                Some(parts) => parts.into_iter().for_each(|part| self.part(change, &view, part)),
                None => plain.push(edit.clone()),
            }
        }
        let (asks, untold) = asks(&view, &plain);
        let is_own = |declared: &&Declared| {
            kind(&resource.resource_type).is_some_and(|kind| kind.is_declared_by(&declared.instance.kind))
        };
        let own = self.join.own(&view).into_iter().find(is_own);
        let name = own.map_or_else(|| arn.to_owned(), |own| own.instance.address());
        for (path, reason) in untold {
            self.requests.left(change, &name, vec![path], Obstacle::new(reason));
        }
        match own {
            _ if asks.is_empty() => {}
            Some(own) => {
                let asks = self.as_declared(change, &view, own, asks);
                self.asked(change, own, asks);
            }
            None => {
                let told = asks.iter().map(|ask| told(&ask.way)).collect();
                self.requests.left(change, &name, told, Obstacle::new(UNDECLARED));
            }
        }
    }

    /// Entries of lists without a name are known by their place only: where the files and what lives say different things
    /// of any of them, none is written. A secret, which nobody can compare, is another thing.
    fn as_declared(&mut self, change: &Change, view: &View, own: &Declared, asks: Vec<Ask>) -> Vec<Ask> {
        let is_placed = |ask: &Ask| ask.way.iter().any(|step| matches!(step.entry, place::Entry::At { .. }));
        let Some(kind) = kind(&view.reference.resource_type).filter(|_| asks.iter().any(is_placed)) else {
            return asks;
        };
        let pairs = pairs(kind, &view.body, &own.instance.attributes);
        let listed = |way: &[super::Step]| way.iter().any(|step| step.entry.is_some());
        if !pairs.iter().any(|pair| listed(&pair.way) && !pair.is_same()) {
            return asks;
        }
        let (placed, others): (Vec<Ask>, Vec<Ask>) = asks.into_iter().partition(is_placed);
        let told = placed.iter().map(|ask| told(&ask.way)).collect();
        let reason = "the files say something else than lives: apply them, and plan anew";
        self.requests.left(change, &own.instance.address(), told, Obstacle::new(reason));
        others
    }

    fn part(&mut self, change: &Change, view: &View, part: PartAsk<'a>) {
        match part {
            PartAsk::Argument(declared, ask) => self.asked(change, declared, vec![ask]),
            PartAsk::Removed(declared) => self.removed(change, declared, false),
            PartAsk::BlockRemoved(declared, name, says) => {
                if let Some(site) = self.site(change, declared, vec![name.to_owned()]) {
                    let is_it = |one: &&Block| {
                        one.ident.as_str() == name
                            && says.iter().all(|(argument, value)| {
                                let found = one.body.get_attribute(argument);
                                found.and_then(|found| site.scope.value(&found.value)).as_ref() == Some(value)
                            })
                    };
                    let found = site.block.it.body.iter().filter_map(|one| one.as_block()).find(is_it);
                    let file = site.block.file;
                    let splice = found.and_then(|it| without_block(Placed { file, it }));
                    if let Some(splice) = splice {
                        self.requests.ask(change, declared, &site, vec![format!("{name} goes")], vec![splice], None);
                    }
                }
            }
            PartAsk::Made(kind, arguments) => self.made_part(change, view, kind, arguments),
            PartAsk::Left(reason) => {
                let own = self.join.own(view).first().map(|own| own.instance.address());
                let name = own.unwrap_or_else(|| view.reference.arn.to_string());
                self.requests.left(change, &name, Vec::new(), Obstacle::new(reason));
            }
        }
    }

    /// Where a resource is declared; what is not in the files of the repository is told.
    fn site(&mut self, change: &Change, declared: &'a Declared, arguments: Vec<String>) -> Option<Site<'a>> {
        let found = site(self.sources, &declared.root, &declared.instance);
        let obstacle = match &found {
            Some(site) if site.is_own => {
                let is_counted = ["count", "for_each"].iter().any(|name| site.block.it.body.has_attribute(name));
                match is_counted && declared.instance.key.is_none() {
                    true => Obstacle::new("how many instances the block has is not known without a state"),
                    false => return found,
                }
            }
            Some(site) => Obstacle {
                reason: "the files of its module are not in the repository".to_owned(),
                chain: vec![Link::new(Some(site.block.position()), "the module is called")],
            },
            // What a state has and no file any more goes with the next apply.
            None => return None,
        };
        self.requests.left(change, &declared.instance.address(), arguments, obstacle);
        None
    }

    fn asked(&mut self, change: &Change, declared: &'a Declared, asks: Vec<Ask>) {
        let Some(site) = self.site(change, declared, asks.iter().map(|ask| told(&ask.way)).collect()) else { return };
        let mut lacks = Vec::new();
        for ask in asks {
            let told = told(&ask.way);
            match place(&site.scope, site.block, &ask.way) {
                Ok(Destination::Missing { block, rest }) => {
                    if ask.want != Want::Gone {
                        lacks.push(Lack { block, rest, ask });
                    }
                }
                Ok(found) => match Self::written(&site, &found, &ask) {
                    Ok(splices) if splices.is_empty() => {}
                    Ok(splices) => {
                        let plain = Self::plain(std::slice::from_ref(&ask));
                        self.requests.ask(change, declared, &site, vec![told], splices, plain);
                    }
                    Err(obstacle) => self.requests.left(change, &declared.instance.address(), vec![told], obstacle),
                },
                Err(obstacle) => self.requests.left(change, &declared.instance.address(), vec![told], obstacle),
            }
        }
        self.lacking(change, declared, &site, lacks);
    }

    fn written(site: &Site<'_>, found: &Destination<'_>, ask: &Ask) -> Result<Vec<splice::Splice>, Obstacle> {
        let no_place = || Obstacle::new("it has no place in its file");
        if let (Destination::Argument(argument), Some(before)) = (found, &ask.before) {
            expression::is_as_it_lives(&site.scope, *argument, before, &ask.want)?;
        }
        match (found, &ask.want) {
            (Destination::Argument(argument), Want::Value(wanted)) => {
                expression::rewritten(&site.scope, argument.file, &argument.it.value, wanted)
            }
            (Destination::Argument(argument), Want::Gone) if argument.it.value.is_null() => Ok(Vec::new()),
            (Destination::Argument(argument), Want::Gone) => {
                without_argument(*argument).map(|splice| vec![splice]).ok_or_else(no_place)
            }
            (Destination::Block(block), Want::Gone) => {
                without_block(*block).map(|splice| vec![splice]).ok_or_else(no_place)
            }
            // Whether a secret that is written is the right one, nobody can say.
            (_, _) => Ok(Vec::new()),
        }
    }

    /// What one block lacks is put into it at once; a block that would need a secret is not made.
    fn lacking(&mut self, change: &Change, declared: &'a Declared, site: &Site<'a>, lacks: Vec<Lack<'a>>) {
        let address = declared.instance.address();
        let mut groups: Vec<(Placed<'a, Block>, Vec<Lack<'a>>)> = Vec::new();
        let is_secret = |lack: &Lack<'_>| lack.ask.want == Want::Secret;
        let with_secret = |one: &Lack<'_>| {
            let same = |other: &Lack<'_>| {
                std::ptr::eq(other.block.it, one.block.it)
                    && (other.rest.len() > 1)
                    && other.rest.first() == one.rest.first()
            };
            is_secret(one) || lacks.iter().any(|other| is_secret(other) && same(other))
        };
        let spoiled: Vec<bool> = lacks.iter().map(with_secret).collect();
        let mut secrets = Vec::new();
        for (lack, is_spoiled) in lacks.into_iter().zip(spoiled) {
            if is_spoiled {
                secrets.push(told(&lack.ask.way));
                continue;
            }
            match groups.iter_mut().find(|(block, _)| std::ptr::eq(block.it, lack.block.it)) {
                Some((_, group)) => group.push(lack),
                None => groups.push((lack.block, vec![lack])),
            }
        }
        if !secrets.is_empty() {
            let reason = "it holds a secret, or a value that is known only when the change is made";
            self.requests.left(change, &address, secrets, Obstacle::new(reason));
        }
        for (block, group) in groups {
            let mut node = node::Node::default();
            for lack in &group {
                if let Want::Value(value) = &lack.ask.want {
                    let reference = value.as_str().and_then(|text| made::reference(self.join, declared, text));
                    node.put(&lack.rest, reference.unwrap_or_else(|| hcl::expression(value)));
                }
            }
            let told = group.iter().map(|lack| told(&lack.ask.way)).collect();
            let asks: Vec<Ask> = group.into_iter().map(|lack| lack.ask).collect();
            match node.put_into(block) {
                Some(splices) => self.requests.ask(change, declared, site, told, splices, Self::plain(&asks)),
                None => self.requests.left(change, &address, told, Obstacle::new("it has no place in its file")),
            }
        }
    }

    /// The attributes and values of what is asked, as long as no list leads to them.
    fn plain(asks: &[Ask]) -> Option<Vec<(String, serde_json::Value)>> {
        let plain = |ask: &Ask| match &ask.want {
            Want::Value(value) => Some((ask.pointer.clone()?, value.clone())),
            Want::Gone => Some((ask.pointer.clone()?, serde_json::Value::Null)),
            Want::Secret => None,
        };
        asks.iter().map(plain).collect()
    }

    /// Takes the block of a resource out. `is_rule` says that it may be one of several rules in one block.
    fn removed(&mut self, change: &Change, declared: &'a Declared, is_rule: bool) {
        let Some(site) = self.site(change, declared, Vec::new()) else { return };
        let address = declared.instance.address();
        let may_go = !is_rule || declared.instance.kind.contains("security_group");
        if !may_go {
            self.requests.left(change, &address, Vec::new(), Obstacle::new("the resource goes; take it out by hand"));
            return;
        }
        match (self.referred(&site, declared), without_block(site.block)) {
            (Some(obstacle), _) => self.requests.left(change, &address, Vec::new(), obstacle),
            (None, Some(splice)) => self.requests.ask(change, declared, &site, Vec::new(), vec![splice], None),
            (None, None) => {}
        }
    }

    /// What else names a resource: then its block cannot go.
    fn referred(&self, site: &Site<'_>, declared: &Declared) -> Option<Obstacle> {
        let name = format!("{}.{}", declared.instance.kind, declared.instance.name);
        let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-');
        for file in self.sources.in_folder(&site.scope.dir) {
            let mut named = file.text.match_indices(&name);
            let found = named.find(|(at, name)| !file.text.get(at + name.len()..).is_some_and(goes_on));
            if let Some((at, _)) = found {
                let link = Link::new(Some(file.position(at)), format!("{name} is named"));
                return Some(Obstacle { reason: "something else names it".to_owned(), chain: vec![link] });
            }
        }
        None
    }
}

/// How many of a rule's peers there are in one resource of the older kind.
fn peers(declared: &Declared) -> usize {
    let attributes = &declared.instance.attributes;
    let lists = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"];
    let listed: usize = lists.iter().map(|name| attributes[*name].as_array().map_or(0, Vec::len)).sum();
    let alone = attributes["source_security_group_id"].as_str().is_some_and(|group| !group.is_empty());
    listed + usize::from(alone) + usize::from(attributes["self"] == true)
}

#[cfg(test)]
mod tests;
