//! The members that tell one resource from another, and its facts, shown to a control only when it asks, and written down when it does.
//! Knows nothing of what they mean.
//!
//! Most controls look at a name only to put it into a violation. An answer that was given without looking at the name is
//! the answer for every name. So with facts: one that says that a control does not apply leaves the others unread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regorus::{Engine, Value};

use crate::flat::{IDS, PEEK, WORLD};
use crate::outline::FACTS;

/// The guarded members of the resource that is being judged.
#[derive(Debug, Clone)]
pub(super) struct IdentityReads(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    paths: Vec<Vec<String>>,
    input: Value,
    looked: Vec<usize>,
}

/// In the place of a number among the guarded members: ids of rules were looked at.
pub(super) const IDS_READ: usize = usize::MAX;

/// One id, or a list of some; a rule itself is none.
fn are_ids(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(list) => list.iter().any(|one| matches!(one, Value::String(_))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Set(_) | Value::Object(_) | Value::Undefined => false,
    }
}

impl Watched {
    fn note(&mut self, at: usize) {
        if !self.looked.contains(&at) {
            self.looked.push(at);
        }
    }

    fn look(&mut self, at: usize) -> Value {
        self.note(at);
        let Some(path) = self.paths.get(at) else { return Value::Undefined };
        let (from, path) = match path.split_first() {
            Some((first, path)) if first == FACTS => (&self.input[WORLD]["facts"], path),
            Some(_) | None => (&self.input, path.as_slice()),
        };
        path.iter().fold(from, |value, name| &value[name.as_str()]).clone()
    }
}

impl IdentityReads {
    /// Gives an engine the function by which a control looks.
    pub(super) fn through(engine: &mut Engine, paths: &[Vec<String>]) -> Result<Self, String> {
        let watched = Watched { paths: paths.to_vec(), input: Value::Undefined, looked: Vec::new() };
        let identity_reads = Self(Arc::new(Mutex::new(watched)));
        let eye = identity_reads.clone();
        let look = move |arguments: Vec<Value>| {
            let at = arguments.first().and_then(|at| usize::try_from(at.as_u32().ok()?).ok());
            Ok(at.map_or(Value::Undefined, |at| eye.watched().look(at)))
        };
        engine.add_extension(PEEK.to_owned(), 1, Box::new(look)).map_err(|error| error.to_string())?;
        let eye = identity_reads.clone();
        let note = move |mut arguments: Vec<Value>| {
            let ids = arguments.pop().unwrap_or(Value::Undefined);
            if are_ids(&ids) {
                eye.watched().note(IDS_READ);
            }
            Ok(ids)
        };
        engine.add_extension(IDS.to_owned(), 1, Box::new(note)).map_err(|error| error.to_string())?;
        Ok(identity_reads)
    }

    /// Puts a resource behind the function; nobody has looked yet.
    pub(super) fn show(&self, input: Value) {
        let mut watched = self.watched();
        watched.input = input;
        watched.looked.clear();
    }

    /// Which members were looked at, in the order of the first looks.
    pub(super) fn looked(&self) -> Vec<usize> {
        self.watched().looked.clone()
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
