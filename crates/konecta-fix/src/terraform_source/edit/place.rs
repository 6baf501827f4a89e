//! Where in a block an argument is written, or which block on the way to it lacks it. Knows HCL; nothing of AWS.

use hcl_edit::structure::{Attribute, Block};
use serde_json::Value;

use super::super::evaluate::Scope;
use super::super::files::Placed;
use super::chain::{Link, chain};

/// Which of several blocks of one name is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// There is one at most.
    Only,
    /// The one that says this.
    Named(String),
    /// The one at this place, of so many.
    At { index: usize, of: usize },
}

/// A step of the way to an argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    /// A name; a block without content ends in `{}`.
    pub(super) name: String,
    pub(super) entry: Entry,
    /// Whether the block lives already.
    pub(super) lives: bool,
}

/// Why something is not written, and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    pub(super) reason: String,
    pub(super) chain: Vec<Link>,
}

impl Obstacle {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), chain: Vec::new() }
    }
}

/// Where a way leads.
#[derive(Debug, Clone)]
pub(super) enum Destination<'s> {
    /// To an argument.
    Argument(Placed<'s, Attribute>),
    /// To a block without content that is there.
    Block(Placed<'s, Block>),
    /// To nothing: this block lacks what is left of the way.
    Missing { block: Placed<'s, Block>, rest: Vec<Step> },
}

/// What tells one block of a name from the others, the surest first.
const KEYS: [&str; 6] = ["origin_id", "path_pattern", "error_code", "name", "filter", "http_header_name"];

/// Follows a way into a block.
pub(super) fn place<'s>(
    scope: &Scope<'s>,
    block: Placed<'s, Block>,
    way: &[Step],
) -> Result<Destination<'s>, Obstacle> {
    let Some((step, rest)) = way.split_first() else { return Ok(Destination::Block(block)) };
    let Placed { file, it } = block;
    let is_block = !rest.is_empty() || step.name.ends_with("{}");
    let name = step.name.trim_end_matches("{}");
    match (it.body.get_attribute(name), is_block) {
        (Some(it), false) => return Ok(Destination::Argument(Placed { file, it })),
        (Some(it), true) => {
            let at = Placed { file, it }.position();
            let link = Link::new(Some(at), format!("{name} is written as an argument"));
            return Err(Obstacle { reason: format!("{name} is no block"), chain: vec![link] });
        }
        (None, _) => {}
    }
    let missing = || Ok(Destination::Missing { block, rest: way.to_vec() });
    if !is_block {
        return missing();
    }
    match chosen(scope, block, name, step)? {
        Some(it) => place(scope, Placed { file, it }, rest),
        None => missing(),
    }
}

/// The block that a step means; none where it is to be made.
fn chosen<'s>(
    scope: &Scope<'s>,
    block: Placed<'s, Block>,
    name: &str,
    step: &Step,
) -> Result<Option<&'s Block>, Obstacle> {
    let blocks: Vec<&'s Block> = block.it.body.iter().filter_map(|one| one.as_block()).collect();
    let (blocks, others): (Vec<&Block>, Vec<&Block>) = blocks.into_iter().partition(|one| one.ident.as_str() == name);
    let found = match &step.entry {
        Entry::Only if blocks.len() > 1 => {
            return Err(Obstacle::new(format!("there are several blocks {name}")));
        }
        Entry::Only => blocks.first().copied(),
        Entry::Named(entry) => named(scope, &blocks, name, entry)?,
        Entry::At { index, of } => match blocks.get(*index) {
            Some(found) if !step.lives || blocks.len() == *of => Some(*found),
            None if !step.lives && blocks.len() >= *of => None,
            Some(_) | None => return Err(untold(name)),
        },
    };
    if found.is_some() {
        return Ok(found);
    }
    let is_dynamic = |one: &&&Block| {
        one.ident.as_str() == "dynamic" && one.labels.first().is_some_and(|label| label.as_str() == name)
    };
    if let Some(it) = others.iter().find(is_dynamic) {
        return Err(dynamic(scope, Placed { file: block.file, it }, name));
    }
    match (&step.entry, step.lives) {
        (Entry::Named(entry), true) => Err(Obstacle::new(format!(
            "the block {name} of {entry} lives and is not declared: the next apply takes it away"
        ))),
        (_, _) => Ok(None),
    }
}

fn named<'s>(scope: &Scope<'s>, blocks: &[&'s Block], name: &str, entry: &str) -> Result<Option<&'s Block>, Obstacle> {
    let mut is_told = true;
    for block in blocks {
        let Some(key) = KEYS.iter().find_map(|key| block.body.get_attribute(key)) else {
            is_told = false;
            continue;
        };
        match scope.value(&key.value) {
            Some(Value::String(text)) if text == entry => return Ok(Some(block)),
            Some(Value::Number(number)) if number.to_string() == entry => return Ok(Some(block)),
            Some(_) => {}
            None => is_told = false,
        }
    }
    if is_told { Ok(None) } else { Err(untold(name)) }
}

fn untold(name: &str) -> Obstacle {
    Obstacle::new(format!("which of the blocks {name} it is cannot be told"))
}

fn dynamic(scope: &Scope<'_>, block: Placed<'_, Block>, name: &str) -> Obstacle {
    let mut links = vec![Link::new(Some(block.position()), format!("dynamic \"{name}\" makes the blocks"))];
    if let Some(each) = block.it.body.get_attribute("for_each") {
        links.extend(chain(scope, &each.value));
    }
    Obstacle { reason: format!("the blocks {name} are dynamic"), chain: links }
}

/// A way as a person reads it.
pub(super) fn told(way: &[Step]) -> String {
    let step = |step: &Step| {
        let name = step.name.trim_end_matches("{}");
        match &step.entry {
            Entry::Only => name.to_owned(),
            Entry::Named(entry) => format!("{name}[{entry}]"),
            Entry::At { index, .. } => format!("{name}[{index}]"),
        }
    };
    way.iter().map(step).collect::<Vec<_>>().join(".")
}
