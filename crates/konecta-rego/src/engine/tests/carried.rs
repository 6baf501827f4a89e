//! A control that names only the listing of its type says the same without what the listing does not carry.

use std::collections::BTreeSet;

use super::*;
use crate::flat::flatten;
use konecta_base::id::Action;
use konecta_base::reads::Read;

/// The calls that complete a type of which the listing carries a part.
fn partly() -> Vec<(&'static Action, &'static Read)> {
    reads().iter().filter(|(_, read)| !read.adds.is_empty()).collect()
}

/// A resource, where the call completes its type, without what only the call carries.
fn without(input: &Json, read: &Read) -> Option<Json> {
    let is_completed = read.completes.iter().any(|kind| input["resourceType"] == kind.as_str());
    let mut less = is_completed.then(|| input.clone())?;
    if let Some(configuration) = less.get_mut("configuration") {
        read.set_added(configuration, None);
    }
    Some(less)
}

/// The members that only the call carries among those that a control may look at, as its text has them.
fn looked_at(control: &crate::catalogue::Control, libraries: &[PolicySource], read: &Read) -> Vec<String> {
    let flat = flatten(&control.source, libraries).unwrap_or_else(|| panic!("{} is not one module", control.name()));
    let guarded: BTreeSet<Vec<String>> = flat.guarded.into_iter().collect();
    let steps = |path: &str| -> Vec<String> {
        std::iter::once("configuration").chain(path.split('.')).map(str::to_owned).collect()
    };
    let may_see = |path: &&String| {
        let adds = steps(path);
        flat.looked_at.union(&guarded).any(|looked| adds.starts_with(looked) || looked.starts_with(&adds))
    };
    read.adds.iter().filter(may_see).cloned().collect()
}

#[test]
fn what_a_listing_lacks_is_looked_at_only_by_controls_that_name_the_call_for_it() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let (mut wrong, mut spared) = (Vec::new(), 0);
    for (action, read) in partly() {
        for control in catalogue.controls() {
            let subjects = &control.metadata.custom.resource;
            if !subjects.iter().any(|subject| read.completes.contains(subject)) {
                continue;
            }
            let looks = looked_at(control, catalogue.libraries(), read);
            let asks = control.metadata.custom.reads.contains(action);
            spared += usize::from(!asks);
            if asks == looks.is_empty() {
                wrong.push(format!("{} looks at {looks:?} and names {action}: {asks}", control.name()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(spared >= 10, "only {spared} controls do with a listing");
}

#[test]
fn verdicts_do_not_hang_on_what_only_a_call_carries_that_is_not_named() {
    let catalogue = Catalogue::built_in().expect("catalogue");
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (action, read) in partly() {
        for control in catalogue.controls() {
            let mut only = catalogue.clone();
            let selection = Selection { controls: vec![control.name().to_owned()], ..Selection::default() };
            only.narrow(&selection).expect("exists");
            let mut runner = fixture::FixtureRunner::new(&only).expect("compiles");
            let mut changes = false;
            for one in fixtures(control.name()) {
                let Some(less) = without(&one.input, read) else { continue };
                let mut status = |input: &Json| runner.status(input, &one.data).expect("a fixture");
                changes |= status(&one.input) != status(&less);
                tried += 1;
            }
            if changes != control.metadata.custom.reads.contains(action) && judges(control, read) {
                wrong.push(format!("{}: verdicts change without what {action} adds: {changes}", control.name()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(tried >= 100, "only {tried} fixtures");
}

/// Whether a control judges what the call completes; one of a whole stack names calls for its facts.
fn judges(control: &crate::catalogue::Control, read: &Read) -> bool {
    control.metadata.custom.resource.iter().any(|subject| read.completes.contains(subject))
}
