//! The members that tell one resource from another, shown to a control only when it asks, and written down when it does.
//! Knows nothing of what they mean.
//!
//! Most controls look at a name only to put it into a violation. An answer that was given without looking at the name is
//! the answer for every name.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regorus::{Engine, Value};

use crate::control::flat::PEEK;

/// The guarded members of the resource that is being judged.
#[derive(Debug, Clone)]
pub(super) struct Peek(Arc<Mutex<Watched>>);

#[derive(Debug)]
struct Watched {
    paths: Vec<Vec<String>>,
    input: Value,
    looked: Vec<usize>,
}

impl Watched {
    fn look(&mut self, at: usize) -> Value {
        let Some(path) = self.paths.get(at) else { return Value::Undefined };
        if !self.looked.contains(&at) {
            self.looked.push(at);
        }
        path.iter().fold(&self.input, |value, name| &value[name.as_str()]).clone()
    }
}

impl Peek {
    /// Gives an engine the function by which a control looks.
    pub(super) fn through(engine: &mut Engine, paths: &[Vec<String>]) -> Result<Self, String> {
        let watched = Watched { paths: paths.to_vec(), input: Value::Undefined, looked: Vec::new() };
        let peek = Self(Arc::new(Mutex::new(watched)));
        let eye = peek.clone();
        let look = move |arguments: Vec<Value>| {
            let at = arguments.first().and_then(|at| usize::try_from(at.as_u32().ok()?).ok());
            Ok(at.map_or(Value::Undefined, |at| eye.watched().look(at)))
        };
        engine.add_extension(PEEK.to_owned(), 1, Box::new(look)).map_err(|error| error.to_string())?;
        Ok(peek)
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
