//! The facts of one resource by their names. Few, and of very many resources: they stand in one sorted list.
//! Knows nothing of what they mean.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// Facts by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Named(Vec<(&'static str, Value)>);

impl Named {
    /// One fact; `None` where it is not known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.at(name).ok().map(|at| &self.0[at].1)
    }

    /// The facts in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    fn insert(&mut self, name: &'static str, value: Value) {
        match self.at(name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (name, value));
            }
        }
    }

    fn at(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (*known).cmp(name))
    }
}

impl FromIterator<(&'static str, Value)> for Named {
    fn from_iter<I: IntoIterator<Item = (&'static str, Value)>>(facts: I) -> Self {
        let mut named = Self::default();
        facts.into_iter().for_each(|(name, value)| named.insert(name, value));
        named
    }
}

impl Serialize for Named {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn facts_stand_once_and_in_the_order_of_their_names() {
        let facts: Named =
            [("b", 1), ("a", 2), ("b", 4)].map(|(name, value)| (name, json!(value))).into_iter().collect();
        assert_eq!(serde_json::to_string(&facts).expect("JSON"), r#"{"a":2,"b":4}"#);
        assert_eq!((facts.get("b"), facts.get("c")), (Some(&json!(4)), None));
    }
}
