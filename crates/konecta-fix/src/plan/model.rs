//! The snapshot as it will be after the changes planned so far. Each remedy thought of the snapshot alone; here its
//! effects are laid upon those of the changes before it, and what does not go together is found out.
//! Knows effects; nothing of calls.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::context::{RemedyContext, View};
use crate::pointer;
use crate::simulate::planned;
use crate::step::{Edit, Effect, Find};
use konecta_base::id::Arn;
use konecta_base::resource::ResourceRef;

/// What one change does to one resource, while it is put together.
#[derive(Debug)]
struct Touched {
    reference: ResourceRef,
    before: Option<Value>,
    made: Option<(Box<View>, Find)>,
    paths: BTreeSet<String>,
}

/// All that one change does.
#[derive(Debug, Default)]
pub(super) struct Touches(BTreeMap<Arn, Touched>);

/// The content of the resources that the plan has changed so far; `None` for one that is gone.
#[derive(Debug, Clone)]
pub(super) struct Model<'a> {
    context: &'a RemedyContext<'a>,
    bodies: BTreeMap<Arn, Option<Value>>,
}

impl<'a> Model<'a> {
    pub(super) fn new(context: &'a RemedyContext<'a>) -> Self {
        Self { context, bodies: BTreeMap::new() }
    }

    fn body(&self, arn: &Arn) -> Option<Value> {
        let seen = || self.context.get(arn.as_str()).map(|view| view.body.clone());
        self.bodies.get(arn).cloned().unwrap_or_else(seen)
    }

    /// Lays the effects of one step upon what is there.
    ///
    /// # Errors
    /// In words, where they do not fit what is there.
    pub(super) fn take(&mut self, effects: &[Effect], touches: &mut Touches) -> Result<(), String> {
        // What the step thinks it works on: the snapshot, and what it makes itself.
        let mut own: BTreeMap<Arn, Value> = BTreeMap::new();
        for effect in effects {
            let reference = effect.resource();
            let arn = reference.arn.clone();
            let current = self.body(&arn);
            // Two changes may bring the same thing into view, or lose it from view: AWS's own policies come and go with
            // whoever names them. The first one does it.
            let done = match (effect, &current) {
                (Effect::Created { resource, .. }, Some(there)) => *there == resource.body,
                (Effect::Removed { .. }, None) => self.bodies.contains_key(&arn),
                (Effect::Amended { .. }, _) | (Effect::Created { .. }, None) | (Effect::Removed { .. }, Some(_)) => {
                    false
                }
            };
            if done {
                continue;
            }
            let touched = touches.0.entry(arn.clone()).or_insert_with(|| Touched {
                reference,
                before: current.clone(),
                made: None,
                paths: BTreeSet::new(),
            });
            let after = match (effect, current) {
                (Effect::Created { resource, exists }, None) => {
                    touched.made = Some((resource.clone(), exists.clone()));
                    own.insert(arn.clone(), resource.body.clone());
                    Some(resource.body.clone())
                }
                (Effect::Created { .. }, Some(_)) => return Err(format!("{arn} is there already")),
                (Effect::Removed { .. }, Some(_)) => None,
                (Effect::Amended { edits, .. }, Some(current)) => {
                    // What an earlier step makes is in no snapshot: there it thinks of what that step leaves.
                    let seen = || {
                        let view = self.context.get(arn.as_str());
                        view.map_or_else(|| current.clone(), |view| view.body.clone())
                    };
                    let base = own.entry(arn.clone()).or_insert_with(seen);
                    Some(amended(base, current, edits, &mut touched.paths)?)
                }
                (Effect::Removed { .. } | Effect::Amended { .. }, None) => return Err(format!("{arn} is not there")),
            };
            self.bodies.insert(arn, after);
        }
        Ok(())
    }

    /// The effects of a change in their shortest form: each path once, none below another.
    pub(super) fn effects(&self, touches: Touches) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (arn, touched) in touches.0 {
            let effect = match (touched.before, touched.made, self.body(&arn)) {
                (_, Some((view, exists)), Some(body)) => {
                    let resource = Box::new(View { body, ..*view });
                    Effect::Created { resource, exists }
                }
                (Some(_), None, None) => Effect::Removed { resource: touched.reference },
                (Some(before), None, Some(after)) => {
                    let edit = |path: String| {
                        let was = before.pointer(&path).cloned().map(planned);
                        let is = after.pointer(&path).cloned();
                        (was != is).then(|| Edit::new(path, was, is))
                    };
                    let edits: Vec<Edit> = outermost(touched.paths).into_iter().filter_map(edit).collect();
                    if edits.is_empty() {
                        continue;
                    }
                    Effect::Amended { resource: touched.reference, edits }
                }
                (None, _, _) | (_, Some(_), None) => continue,
            };
            effects.push(effect);
        }
        effects
    }
}

/// Makes the edits on `base`, as the step meant them, and lays the difference upon what is there.
fn amended(
    base: &mut Value,
    mut current: Value,
    edits: &[Edit],
    paths: &mut BTreeSet<String>,
) -> Result<Value, String> {
    let before = base.clone();
    for edit in edits {
        pointer::edit(base, edit).map_err(|error| error.to_string())?;
    }
    let mut mine = BTreeSet::new();
    for edit in edits {
        mine.insert(whole(&before, &current, edit));
    }
    for path in outermost(mine) {
        let laid = super::merge::lay(before.pointer(&path), current.pointer(&path), base.pointer(&path));
        let laid = laid.ok_or_else(|| format!("{path} is changed otherwise"))?;
        pointer::put(&mut current, &path, laid).map_err(|error| error.to_string())?;
        paths.insert(path);
    }
    Ok(current)
}

/// The path of an edit; that of the whole list where an entry goes away, or where the list is not what it was: the
/// places of its entries say nothing then.
fn whole(before: &Value, current: &Value, edit: &Edit) -> String {
    let mut path = edit.path.clone();
    let mut end = edit.path.len();
    while let Some(at) = edit.path[..end].rfind('/') {
        let parent = &edit.path[..at];
        let moved = before.pointer(parent) != current.pointer(parent);
        let removal = end == edit.path.len() && edit.after.is_none();
        if before.pointer(parent).is_some_and(Value::is_array) && (moved || removal) {
            parent.clone_into(&mut path);
        }
        end = at;
    }
    path
}

/// The paths that lie below no other.
fn outermost(paths: BTreeSet<String>) -> Vec<String> {
    let below = |path: &str| {
        let mut ends = path.match_indices('/').map(|(at, _)| at);
        ends.any(|at| paths.contains(&path[..at]))
    };
    paths.iter().filter(|path| !below(path)).cloned().collect()
}
