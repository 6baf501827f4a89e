//! Parts of a resource that Terraform has as resources of their own: policies and attachments, by the table
//! the column `terraform_parts`. Compares by meaning, as all of drift does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::meaning::is_same;
use super::{DriftItem, DriftKind, Expected};
use crate::View;
use crate::terraform_parts;
use crate::terraform_source::{Declared, Join, Step};

/// The parts of a resource in which a state and what lives say different things.
pub(super) fn compare(view: &View, join: &Join, expected: &Expected, items: &mut Vec<DriftItem>) {
    let ours = view.reference.resource_type.as_str();
    let Some(own) = join.own(view).first().copied() else { return };
    let parts =
        |by: &str| -> Vec<&Declared> { join.of(view).into_iter().filter(|part| part.instance.kind == by).collect() };
    let mut tell = |address: String, argument: String, declared: Option<Value>, live: Option<Value>| {
        items.push(DriftItem {
            kind: DriftKind::ChangedLive,
            resource_type: ours.to_owned(),
            resource: view.reference.arn.to_string(),
            breaks: expected.at(&address, &[Step { name: argument.clone(), entry: None }]),
            address: Some(address),
            argument: Some(argument),
            declared,
            live,
            owner: None,
        });
    };
    let of_its_own =
        || terraform_parts::parts().iter().filter(|part| part.is_separate() && part.resource_type.as_str() == ours);
    for part in of_its_own() {
        let (by, Some(argument)) = (part.terraform.as_str(), part.document.as_deref()) else { continue };
        // What was not read is not known, and nothing is said of it.
        let Some(live) = view.at(&part.at) else { continue };
        let part = parts(by).first().copied();
        let declared = part.and_then(|part| part.instance.attributes.get(argument));
        if !is_same(declared, Some(live)) {
            let address = part.map_or_else(|| own.instance.address(), |part| part.instance.address());
            let argument = if part.is_some() { argument.to_owned() } else { by.to_owned() };
            tell(address, argument, declared.cloned(), Some(live.clone()).filter(|live| !live.is_null()));
        }
    }
    for part in of_its_own() {
        // A list of names: what one name tells from the others.
        let Some((argument, member)) = part.name() else { continue };
        let by = part.terraform.as_str();
        let Some(list) = view.at(&part.at).and_then(Value::as_array) else { continue };
        let here: BTreeSet<&str> = list.iter().filter_map(|item| item[member].as_str()).collect();
        let declared = parts(by);
        let there: BTreeSet<&str> =
            declared.iter().filter_map(|part| part.instance.attributes.get(argument)?.as_str()).collect();
        for name in here.difference(&there) {
            tell(own.instance.address(), format!("{by}[{name}]"), None, Some(Value::from(*name)));
        }
        for name in there.difference(&here) {
            tell(own.instance.address(), format!("{by}[{name}]"), Some(Value::from(*name)), None);
        }
    }
}
