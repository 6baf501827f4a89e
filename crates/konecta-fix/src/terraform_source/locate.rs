//! The place of an argument in a block: the argument itself, or the innermost block on the way to it that is there.
//! Knows HCL; nothing of AWS.

use hcl_edit::structure::{Block, Body};
use serde_json::Value;

use super::arguments::Step;
use super::files::{Placed, Position};
use super::sites::Site;

/// Where the argument stands; of what is not there, the block that lacks it. `state` is the resource as the state has it.
pub(super) fn locate(site: &Site<'_>, way: &[Step], state: &Value) -> Position {
    if !site.is_own {
        // A module from elsewhere: an input of its call that is named as the argument is the likeliest to be its value.
        let named = way.last().into_iter().flat_map(|step| step.name.split('|'));
        let input = named.filter_map(|name| site.block.it.body.get_attribute(name)).next();
        return input.map_or_else(|| site.block.position(), |it| Placed { file: site.block.file, it }.position());
    }
    walk(site, site.block, &site.block.it.body, way, Some(state))
}

fn walk(site: &Site<'_>, within: Placed<'_, Block>, body: &Body, way: &[Step], state: Option<&Value>) -> Position {
    let Some((step, rest)) = way.split_first() else { return within.position() };
    for name in step.name.split('|') {
        if let Some(it) = body.get_attribute(name) {
            return Placed { file: within.file, it }.position();
        }
        let there = state.and_then(|state| state.get(name));
        if let Some((at, block)) = chosen(site, body, name, step.entry.as_deref(), there) {
            let state = there.and_then(|list| list.get(at).or(list.as_object().map(|_| list)));
            return walk(site, Placed { file: within.file, it: block }, &block.body, rest, state);
        }
        let mut written = body.get_blocks("dynamic");
        if let Some(dynamic) = written.find(|block| block.labels.first().is_some_and(|label| label.as_str() == name)) {
            let content = dynamic.body.get_blocks("content").next().unwrap_or(dynamic);
            return walk(site, Placed { file: within.file, it: content }, &content.body, rest, None);
        }
    }
    within.position()
}

/// The block of this name that an entry of a path means, with its place among those.
fn chosen<'b>(
    site: &Site<'_>,
    body: &'b Body,
    name: &'b str,
    entry: Option<&str>,
    state: Option<&Value>,
) -> Option<(usize, &'b Block)> {
    let blocks: Vec<&Block> = body.get_blocks(name).collect();
    let at = |place: usize| Some((place, *blocks.get(place)?));
    let Some(entry) = entry else { return at(0) };
    let says = |block: &&Block| {
        let mut values = block.body.attributes().filter_map(|argument| site.scope.value(&argument.value));
        values.any(|value| is(&value, entry))
            || block.body.blocks().any(|inner| inner.ident.as_str() == entry.replace('-', "_"))
    };
    if let Some(place) = blocks.iter().position(says) {
        return at(place);
    }
    // What the configuration does not say, the state may: its list has the order of the blocks, unless that is a set.
    let listed = state.and_then(Value::as_array).filter(|listed| listed.len() == blocks.len());
    let in_state = listed.and_then(|listed| {
        listed.iter().position(|item| item.as_object().is_some_and(|item| item.values().any(|value| is(value, entry))))
    });
    in_state.or_else(|| entry.parse().ok()).and_then(at)
}

/// Whether a value is what a path calls it.
fn is(value: &Value, entry: &str) -> bool {
    match value {
        Value::String(text) => text == entry,
        Value::Number(number) => number.to_string() == entry,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}
