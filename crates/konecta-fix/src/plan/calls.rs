//! Several steps as one call: parameters joined, edits laid upon each other, and one way back.
//! Knows calls; nothing of effects, nor of why a step is taken.

use std::collections::BTreeMap;

use super::{amends, merge};
use crate::step::{Amend, Call, Edit, Step};

/// The edits made so far to each object that is read and sent back whole.
pub(super) type Amended = BTreeMap<String, Vec<Edit>>;

/// Which of the steps does not go together with the others, and why.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) member: usize,
    pub(super) reason: String,
}

/// The joined call, and the way back.
pub(super) fn call(members: &[&Step], amended: &mut Amended) -> Result<(Call, Vec<Call>), Conflict> {
    let first = members[0];
    let mut call = first.call.clone();
    let mut inverse = first.inverse.clone();
    let mut moved = false;
    let target = call.amend.as_ref().map(|amend| format!("{} {} {}", call.service, amend.read, amend.parameters));
    let mut before: Vec<Edit> = target.as_ref().and_then(|target| amended.get(target)).cloned().unwrap_or_default();
    let mut edits: Vec<Edit> = Vec::new();
    for (at, step) in members.iter().enumerate() {
        let clash = |reason: String| {
            let others: Vec<&str> = members[..at].iter().map(|step| step.title.as_str()).collect();
            let others = if others.is_empty() {
                "an earlier change".to_owned()
            } else {
                format!("“{}”", others.join("”, “"))
            };
            Conflict { member: at, reason: format!("it does not go together with {others}: both set {reason}") }
        };
        if at > 0 {
            call = joined(&call, &step.call).map_err(clash)?;
            inverse = pairwise(&inverse, &step.inverse).map_err(clash)?;
        }
        if let Some(amend) = &step.call.amend {
            let mine = amends::rebase(&before, &amend.edits).map_err(clash)?;
            moved |= mine != amend.edits;
            before = amends::collapse(before.into_iter().chain(mine.clone()).collect()).map_err(clash)?;
            edits = amends::collapse(edits.into_iter().chain(mine).collect()).map_err(clash)?;
        }
    }
    if let Some(amend) = call.amend.as_mut()
        && (members.len() > 1 || moved)
    {
        let same = |back: &&mut Call| back.operation == call.operation && back.service == call.service;
        for back in inverse.iter_mut().filter(same).filter_map(|back| back.amend.as_mut()) {
            back.edits = amends::reversed(&edits);
        }
        amend.edits = edits;
    }
    if let Some(target) = target {
        amended.insert(target, before);
    }
    Ok((call, inverse))
}

/// Two calls of the same operation as one; edits are not joined here.
fn joined(one: &Call, other: &Call) -> Result<Call, String> {
    if (&one.service, &one.operation) != (&other.service, &other.operation) {
        return Err(format!("the operation: {} and {}", one.operation, other.operation));
    }
    let parameters = merge::join(&one.parameters, &other.parameters)?;
    let amend = match (&one.amend, &other.amend) {
        (None, None) => None,
        (Some(a), Some(b)) if (&a.read, &a.member, &a.token) == (&b.read, &b.member, &b.token) => {
            Some(Amend { parameters: merge::join(&a.parameters, &b.parameters)?, ..a.clone() })
        }
        (Some(_) | None, Some(_) | None) => return Err("how the object is read".to_owned()),
    };
    Ok(Call { parameters, amend, ..one.clone() })
}

/// The ways back, call by call; what has no counterpart is made as it is.
fn pairwise(one: &[Call], other: &[Call]) -> Result<Vec<Call>, String> {
    let mut all = one.to_vec();
    for (at, call) in other.iter().enumerate() {
        let same = |there: &&Call| (&there.service, &there.operation) == (&call.service, &call.operation);
        if let Some(there) = one.get(at).filter(same) {
            all[at] = joined(there, call)?;
        } else if !all.contains(call) {
            all.push(call.clone());
        }
    }
    Ok(all)
}
