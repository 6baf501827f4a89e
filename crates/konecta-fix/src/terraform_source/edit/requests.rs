//! What was asked of blocks, and whether it may be done: a block that stands for several instances changes only where all
//! of them ask for the same, or are so already. Then the files are made. Knows HCL; nothing of AWS.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::parser::parse_body;
use hcl_edit::structure::Block;
use serde_json::Value;

use super::super::files::{File, Placed, Sources};
use super::super::join::{Declared, Join};
use super::super::sites::{Site, site};
use super::chain::{Link, chain};
use super::place::Obstacle;
use super::splice::{Splice, diff, spliced};
use super::{Edited, FileEdit, Left, peers};
use crate::View;
use crate::drift::meaning::is_same;
use crate::plan::Change;

/// A change of one block that one instance asks for.
#[derive(Debug)]
pub(super) struct Request<'a> {
    change: String,
    declared: &'a Declared,
    arguments: Vec<String>,
    block: Placed<'a, Block>,
    splices: Vec<Splice>,
    /// Where and as what the snapshot would have it, where no list leads there.
    plain: Option<Vec<(String, Value)>>,
    chain: Vec<Link>,
}

/// Everything that was asked.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    sources: &'a Sources,
    /// The instances of each block.
    instances: BTreeMap<*const Block, Vec<&'a Declared>>,
    /// What lives of each instance.
    live: BTreeMap<*const Declared, &'a View>,
    asked: Vec<Request<'a>>,
    /// What is put at the end of files.
    added: BTreeMap<String, Vec<Splice>>,
    left: Vec<Left>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(sources: &'a Sources, join: &'a Join, views: &'a [View]) -> Self {
        let mut instances: BTreeMap<*const Block, Vec<&Declared>> = BTreeMap::new();
        for declared in join.all() {
            if let Some(site) = site(sources, &declared.root, &declared.instance).filter(|site| site.is_own) {
                instances.entry(std::ptr::from_ref(site.block.it)).or_default().push(declared);
            }
        }
        let mut live = BTreeMap::new();
        for view in views {
            for declared in join.own(view) {
                live.entry(std::ptr::from_ref(declared)).or_insert(view);
            }
        }
        Self { sources, instances, live, asked: Vec::new(), added: BTreeMap::new(), left: Vec::new() }
    }

    pub(super) fn left(&mut self, change: &Change, resource: &str, arguments: Vec<String>, obstacle: Obstacle) {
        self.leave(&change.id, resource, arguments, obstacle);
    }

    /// What has the same reason is told together.
    fn leave(&mut self, change: &str, resource: &str, arguments: Vec<String>, obstacle: Obstacle) {
        let Obstacle { reason, chain } = obstacle;
        let same = |left: &&mut Left| {
            left.change == change && left.resource == resource && left.reason == reason && left.chain == chain
        };
        match self.left.iter_mut().find(same) {
            Some(left) => left.arguments.extend(arguments),
            None => {
                let (change, resource) = (change.to_owned(), resource.to_owned());
                self.left.push(Left { change, resource, arguments, reason, chain });
            }
        }
    }

    pub(super) fn ask(
        &mut self,
        change: &Change,
        declared: &'a Declared,
        site: &Site<'a>,
        arguments: Vec<String>,
        splices: Vec<Splice>,
        plain: Option<Vec<(String, Value)>>,
    ) {
        let mut links = Vec::new();
        let counted = ["for_each", "count"].iter().filter_map(|name| site.block.it.body.get_attribute(name));
        for it in counted {
            let at = Placed { file: site.block.file, it }.position();
            links.push(Link::new(Some(at), format!("{} makes the instances", it.key.as_str())));
            links.extend(chain(&site.scope, &it.value));
        }
        links.extend(site.calls.iter().map(|call| Link::new(Some(call.position()), "the module is called")));
        let change = change.id.clone();
        self.asked.push(Request { change, declared, arguments, block: site.block, splices, plain, chain: links });
    }

    /// Puts a new resource at the end of a file.
    pub(super) fn add(&mut self, file: &File, splice: Splice) {
        let added = self.added.entry(file.path.clone()).or_default();
        if !added.contains(&splice) {
            added.push(splice);
        }
    }

    /// How many instances of a block there are.
    pub(super) fn instances(&self, block: &Block) -> &[&'a Declared] {
        self.instances.get(&std::ptr::from_ref(block)).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn finish(mut self) -> Edited {
        let asked = std::mem::take(&mut self.asked);
        let mut splices: BTreeMap<&str, (&File, BTreeSet<Splice>)> = BTreeMap::new();
        for request in &asked {
            match self.refused(request, &asked) {
                Some(obstacle) => {
                    let address = request.declared.instance.address();
                    self.leave(&request.change, &address, request.arguments.clone(), obstacle);
                }
                None => {
                    let file = request.block.file;
                    let (_, found) = splices.entry(file.path.as_str()).or_insert_with(|| (file, BTreeSet::new()));
                    found.extend(request.splices.iter().cloned());
                }
            }
        }
        for (path, added) in &self.added {
            if let Some(file) = self.sources.file(path) {
                let (_, found) = splices.entry(file.path.as_str()).or_insert_with(|| (file, BTreeSet::new()));
                found.extend(added.iter().cloned());
            }
        }
        let mut files = Vec::new();
        for (path, (file, splices)) in splices {
            match made(file, splices.into_iter().collect()) {
                Some(edit) => files.push(edit),
                None => {
                    let obstacle = Obstacle::new("what would stand there is no HCL, or two changes meet in one place");
                    self.leave("", path, Vec::new(), obstacle);
                }
            }
        }
        Edited { files, left: self.left }
    }

    /// Why a request is not granted.
    fn refused(&self, request: &Request<'_>, asked: &[Request<'_>]) -> Option<Obstacle> {
        let is_same =
            |other: &Request<'_>| std::ptr::eq(other.block.it, request.block.it) && other.splices == request.splices;
        let all = self.instances(request.block.it);
        let agrees = |one: &&&Declared| {
            asked.iter().any(|other| std::ptr::eq(other.declared, **one) && is_same(other)) || self.is_so(one, request)
        };
        let agreeing = all.iter().filter(agrees).count();
        if agreeing < all.len() {
            return Some(Obstacle {
                reason: format!(
                    "the block stands for {} instances, and {agreeing} of them {} to change so",
                    all.len(),
                    if agreeing == 1 { "is" } else { "are" }
                ),
                chain: request.chain.clone(),
            });
        }
        let goes = |other: &&Request<'_>| std::ptr::eq(other.declared, request.declared) && is_same(other);
        let (gone, peers) = (asked.iter().filter(goes).count(), peers(request.declared));
        let is_rule = request.declared.instance.kind == "aws_security_group_rule";
        (is_rule && request.arguments.is_empty() && peers > gone)
            .then(|| Obstacle::new(format!("the rule lets in {peers}, and {gone} of them go")))
    }

    /// Whether an instance lives as the request would have it.
    fn is_so(&self, one: &Declared, request: &Request<'_>) -> bool {
        let (Some(view), Some(plain)) = (self.live.get(&std::ptr::from_ref(one)), &request.plain) else { return false };
        plain.iter().all(|(pointer, value)| is_same(view.at(pointer), Some(value)))
    }
}

/// The file with its splices; `None` where they overlap, or nothing that is HCL would come of them.
fn made(file: &File, splices: Vec<Splice>) -> Option<FileEdit> {
    let overlap = |pair: &[Splice]| matches!(pair, [one, next] if next.start < one.end);
    if splices.windows(2).any(overlap) {
        return None;
    }
    let after = spliced(&file.text, &splices).filter(|after| parse_body(after).is_ok())?;
    let diff = diff(&file.path, &file.text, &splices);
    Some(FileEdit { path: file.path.clone(), before: file.text.clone(), after, diff })
}
