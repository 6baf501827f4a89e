//! Where facts and indexes are put together.
//! Knows nothing of what they mean; where two accounts tell different things of one id, it keeps what both tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::named::Named;

/// Facts by ARN and indexes by name, while they are being made.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    by_arn: BTreeMap<String, Named>,
    index: Indexes,
    disputed: BTreeSet<(String, &'static str)>,
    whys: BTreeMap<String, BTreeMap<&'static str, BTreeSet<String>>>,
}

/// Under this name stands why facts are not known: no fact is called so.
pub(crate) const WHY: &str = "why";

impl Sink {
    /// States a fact; `None` is not known and leaves no key.
    pub(crate) fn fact(&mut self, arn: &str, name: &'static str, value: Option<Value>) {
        if !self.disputed.is_empty() && self.disputed.contains(&(arn.to_owned(), name)) {
            return;
        }
        let facts = self.by_arn.get_mut(arn);
        match (facts, value) {
            (Some(facts), value) if facts.get(name).is_some_and(|known| Some(known) != value.as_ref()) => {
                facts.remove(name);
                self.disputed.insert((arn.to_owned(), name));
                self.why(arn, name, "two accounts of this scan tell different things of it".to_owned());
            }
            (Some(facts), Some(value)) => facts.insert(name, value),
            (None, Some(value)) => self.by_arn.entry(arn.to_owned()).or_default().insert(name, value),
            (_, None) => {}
        }
    }

    /// What was stated of a fact until now.
    pub(crate) fn get(&self, arn: &str, name: &str) -> Option<&Value> {
        self.by_arn.get(arn)?.get(name)
    }

    /// Says why a fact is not known, in a sentence for a person; forgotten where the fact is known after all.
    pub(crate) fn why(&mut self, arn: &str, name: &'static str, reason: String) {
        self.whys.entry(arn.to_owned()).or_default().entry(name).or_default().insert(reason);
    }

    /// Puts an entry into an index; `None` leaves no key.
    pub(crate) fn index(&mut self, name: &str, key: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        let entries = self.index.entry(name.to_owned()).or_default();
        let agreed = match entries.remove(key) {
            Some(known) => in_common(known, &value),
            None => Some(value),
        };
        if let Some(value) = agreed {
            entries.insert(key.to_owned(), value);
        }
    }

    /// Makes sure that an index is there, even if it is empty.
    pub(crate) fn open_index(&mut self, name: &str) {
        self.index.entry(name.to_owned()).or_default();
    }

    pub(crate) fn finish(mut self) -> (BTreeMap<String, Named>, Indexes) {
        for (arn, mut whys) in std::mem::take(&mut self.whys) {
            let facts = self.by_arn.entry(arn).or_default();
            whys.retain(|name, _| facts.get(name).is_none());
            if !whys.is_empty() {
                facts.insert(WHY, json!(whys));
            }
        }
        self.by_arn.retain(|_, facts| !facts.is_empty());
        (self.by_arn, self.index)
    }
}

type Indexes = BTreeMap<String, BTreeMap<String, Value>>;

/// What two tellings of one thing agree on.
fn in_common(one: Value, other: &Value) -> Option<Value> {
    if &one == other {
        return Some(one);
    }
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return None };
    Some(Value::Object(one.into_iter().filter(|(key, value)| other.get(key) == Some(value)).collect()))
}

/// An object out of members that may not be known: those leave no key.
pub(crate) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let told = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(told.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_leaves_no_key() {
        assert_eq!(object([("a", None), ("b", Some(json!(null)))]), json!({"b": null}));
        let mut sink = Sink::default();
        sink.fact("arn", "open", None);
        sink.open_index("subnets");
        let (facts, index) = sink.finish();
        assert!(facts.is_empty());
        assert_eq!(json!(index), json!({"subnets": {}}));
    }

    #[test]
    fn two_tellings_keep_what_they_agree_on() {
        let mut sink = Sink::default();
        for role in ["public", "private", "public"] {
            sink.fact("arn", "role", Some(json!(role)));
        }
        sink.index("subnets", "subnet-1", Some(json!({"vpcId": "vpc-1", "internet": false})));
        sink.index("subnets", "subnet-1", Some(json!({"vpcId": "vpc-1"})));
        let (facts, index) = sink.finish();
        assert_eq!(
            json!(facts["arn"]),
            json!({"why": {"role": ["two accounts of this scan tell different things of it"]}})
        );
        assert_eq!(index["subnets"]["subnet-1"], json!({"vpcId": "vpc-1"}));
    }

    #[test]
    fn why_a_fact_is_not_known_is_told_only_where_it_is_not() {
        let mut sink = Sink::default();
        for fact in ["edge", "doors"] {
            sink.why("arn", fact, "an origin is not at AWS".to_owned());
        }
        sink.fact("arn", "doors", Some(json!([])));
        sink.why("other", "doors", "none".to_owned());
        sink.fact("other", "doors", Some(json!([])));
        let (facts, _) = sink.finish();
        assert_eq!(json!(facts["arn"]), json!({"doors": [], "why": {"edge": ["an origin is not at AWS"]}}));
        assert_eq!(json!(facts["other"]), json!({"doors": []}));
    }
}
