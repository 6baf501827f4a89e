//! Edits of an object that is read, changed and sent back whole: those of several remedies in one call.
//! Each remedy thought of the object as it was; here the edits of the second are made to fit what the first left.
//! Knows paths and values; the object itself is not at hand.

use serde_json::{Value, json};

use super::merge::lay;
use crate::pointer;
use crate::step::Edit;

/// The second's edits as they must be once the first's are made.
///
/// # Errors
/// With the path at which both want something different.
pub(super) fn rebase(first: &[Edit], second: &[Edit]) -> Result<Vec<Edit>, String> {
    let common = |edit: &&Edit| !is_count(&edit.path) && first.contains(edit);
    let theirs: Vec<&Edit> = first.iter().filter(|edit| !second.contains(edit)).collect();
    let ours: Vec<&Edit> = second.iter().filter(|edit| !common(edit)).collect();
    if let Some(list) = tangled(&theirs, &ours) {
        return Err(list);
    }
    let mut rebased = Vec::new();
    for edit in ours {
        let path = moved(&theirs, &edit.path);
        let mut edit = Edit { path, ..edit.clone() };
        if is_count(&edit.path) && has_items(second, &edit.path) {
            if let Some(there) = first.iter().find(|there| there.path == edit.path) {
                edit.before.clone_from(&there.after);
            }
        } else {
            let current = now(first, &edit)?;
            edit.after = lay(edit.before.as_ref(), current.as_ref(), edit.after.as_ref()).ok_or(edit.path.clone())?;
            edit.before = current;
        }
        rebased.push(edit);
    }
    // A count whose entries were all there already stays as the first left it.
    let counts: Vec<bool> = rebased
        .iter()
        .map(|edit| !is_count(&edit.path) || !has_items(second, &edit.path) || has_items(&rebased, &edit.path))
        .collect();
    let mut keep = counts.into_iter();
    rebased.retain(|_| keep.next().unwrap_or(true));
    count(&mut rebased);
    rebased.retain(|edit| edit.before != edit.after);
    Ok(rebased)
}

/// All edits in a row as the fewest that do the same: each path once, none below another.
pub(super) fn collapse(edits: Vec<Edit>) -> Result<Vec<Edit>, String> {
    let mut few: Vec<Edit> = Vec::new();
    for mut edit in edits {
        let fail = |error: pointer::PointerError| error.to_string();
        // Once an entry is out, the places after it mean something else: such edits stay as they are, in their order.
        let shifted = few
            .iter()
            .any(|there| is_removal(there) && entry(&there.path).is_some_and(|(list, _)| covers(list, &edit.path)));
        if shifted || is_removal(&edit) {
            few.push(edit);
            continue;
        }
        let folds =
            |there: &&mut Edit| covers(&there.path, &edit.path) && !(is_entry(&edit) && there.path == edit.path);
        if let Some(there) = few.iter_mut().find(folds) {
            let rest = edit.path[there.path.len()..].to_owned();
            if rest.is_empty() {
                there.after = edit.after;
            } else {
                let inner = there.after.as_mut().ok_or_else(|| edit.path.clone())?;
                pointer::put(inner, &rest, edit.after).map_err(fail)?;
            }
            continue;
        }
        let below = |there: &Edit| there.path != edit.path && covers(&edit.path, &there.path);
        for there in few.iter().rev().filter(|there| below(there)) {
            let rest = &there.path[edit.path.len()..];
            if let Some(before) = edit.before.as_mut() {
                pointer::put(before, rest, there.before.clone()).map_err(fail)?;
            }
        }
        few.retain(|there| !below(there));
        few.push(edit);
    }
    count(&mut few);
    few.retain(|edit| edit.before != edit.after);
    Ok(few)
}

/// The way back: the reverse of each, the last first.
pub(super) fn reversed(edits: &[Edit]) -> Vec<Edit> {
    edits.iter().rev().map(Edit::reversed).collect()
}

/// What stands at an edit's path once the first's edits are made.
fn now(first: &[Edit], edit: &Edit) -> Result<Option<Value>, String> {
    let mut current = edit.before.clone();
    for there in first.iter().filter(|there| !is_entry(there)) {
        if covers(&there.path, &edit.path) {
            let rest = &edit.path[there.path.len()..];
            current = there.after.as_ref().and_then(|value| value.pointer(rest).cloned());
        } else if covers(&edit.path, &there.path) {
            let inner = current.as_mut().ok_or_else(|| there.path.clone())?;
            let rest = &there.path[edit.path.len()..];
            pointer::put(inner, rest, there.after.clone()).map_err(|error| error.to_string())?;
        }
    }
    for there in
        first.iter().filter(|there| is_entry(there) && covers(&edit.path, &there.path) && there.path != edit.path)
    {
        let inner = current.as_mut().ok_or_else(|| there.path.clone())?;
        let rest = &there.path[edit.path.len()..];
        pointer::put(inner, rest, there.after.clone()).map_err(|error| error.to_string())?;
    }
    Ok(current)
}

/// Where a path leads once entries were put at the end of lists.
fn moved(first: &[&Edit], path: &str) -> String {
    let mut path = path.to_owned();
    for there in first.iter().filter(|there| is_entry(there)) {
        let Some((list, place)) = entry(&there.path) else { continue };
        let Some(rest) = path.strip_prefix(list).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let (step, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if let Some(at) = step.parse::<usize>().ok().filter(|at| *at >= place) {
            path = format!("{list}/{}{tail}", at + 1);
        }
    }
    path
}

/// A list that one of them takes an entry out of while the other changes something in it: the places of its entries
/// then mean different things to both.
fn tangled(first: &[&Edit], second: &[&Edit]) -> Option<String> {
    let pairs = [(first, second), (second, first)];
    pairs.into_iter().find_map(|(one, other)| {
        let lists = one.iter().filter(|edit| is_removal(edit)).filter_map(|edit| entry(&edit.path));
        lists.map(|(list, _)| list).find(|list| other.iter().any(|edit| covers(list, &edit.path))).map(str::to_owned)
    })
}

/// Whether an edit takes an entry out of a list.
fn is_removal(edit: &Edit) -> bool {
    edit.after.is_none() && entry(&edit.path).is_some()
}

/// Whether an edit adds an entry to a list or takes one out.
fn is_entry(edit: &Edit) -> bool {
    (edit.before.is_none() || edit.after.is_none()) && entry(&edit.path).is_some()
}

fn entry(path: &str) -> Option<(&str, usize)> {
    let (list, place) = path.rsplit_once('/')?;
    Some((list, place.parse().ok()?))
}

fn covers(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn is_count(path: &str) -> bool {
    path.ends_with("/Quantity")
}

fn items(count: &str) -> String {
    count.strip_suffix("Quantity").unwrap_or_default().to_owned() + "Items"
}

fn has_items(edits: &[Edit], count: &str) -> bool {
    let list = items(count);
    edits
        .iter()
        .any(|edit| edit.path == list || (is_entry(edit) && entry(&edit.path).is_some_and(|(of, _)| of == list)))
}

/// Makes every `Quantity` what its `Items` make it.
fn count(edits: &mut [Edit]) {
    for at in 0..edits.len() {
        if !is_count(&edits[at].path) {
            continue;
        }
        let list = items(&edits[at].path);
        let whole = edits.iter().find(|edit| edit.path == list);
        let entries = edits.iter().filter(|edit| is_entry(edit) && entry(&edit.path).is_some_and(|(of, _)| of == list));
        let (more, fewer): (Vec<&Edit>, Vec<&Edit>) = entries.partition(|edit| edit.before.is_none());
        let before = edits[at].before.as_ref().and_then(Value::as_u64);
        let after = match (whole.map(|edit| edit.after.as_ref().and_then(Value::as_array)), before) {
            (Some(Some(list)), _) => Some(list.len() as u64),
            (None, Some(before)) if more.len() + fewer.len() > 0 => {
                (before + more.len() as u64).checked_sub(fewer.len() as u64)
            }
            (Some(None) | None, _) => None,
        };
        if let Some(after) = after {
            edits[at].after = Some(json!(after));
        }
    }
}
