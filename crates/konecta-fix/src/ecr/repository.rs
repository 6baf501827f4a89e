//! A step on one repository: ECR has a call a setting and answers at once, so all of them look alike.
//! Knows nothing of which setting is wanted or why.

use serde_json::{Value, json};

use crate::registry::Remedy;
use crate::step::{Call, Edit, Effect, Step};
use crate::{View, action};
use konecta_base::resource::ResourceRef;

/// A call on a repository.
pub(super) fn call(repository: &str, operation: &str, mut parameters: Value) -> Call {
    if let Some(map) = parameters.as_object_mut() {
        map.insert("repositoryName".to_owned(), json!(repository));
    }
    Call::new("ecr", operation, parameters)
}

/// A change of a repository.
pub(super) fn change(
    remedy: &Remedy,
    repository: &View,
    title: String,
    edits: Vec<Edit>,
    call: Call,
    back: Call,
) -> Step {
    let effect = Effect::Amended { resource: repository.reference.clone(), edits };
    step(remedy, &repository.reference, title, effect, call, back)
}

/// A step with everything that it need not say.
pub(super) fn step(
    remedy: &Remedy,
    resource: &ResourceRef,
    title: String,
    effect: Effect,
    call: Call,
    back: Call,
) -> Step {
    let mut actions: Vec<_> = [&call, &back].map(|call| action(&format!("ecr:{}", call.operation))).to_vec();
    actions.dedup();
    Step {
        effects: vec![effect],
        inverse: vec![back],
        actions,
        ..Step::new(remedy, resource, format!("{}/{}", remedy.id, resource.arn), title, call)
    }
}
