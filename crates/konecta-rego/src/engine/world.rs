//! What policies may look at besides their resource: shared parts as the engine's values, facts as text.
//! Facts are most of it, and each is looked at once, so they become values one resource at a time.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use regorus::Value;
use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::RawValue;

use crate::fact_reads::{FactTexts, shared};
use crate::flat::WORLD;

/// The same where names come from outside.
type Facts = Box<[(Arc<str>, Arc<str>)]>;

/// What policies may look at besides their resource.
#[derive(Debug, Clone)]
pub struct World {
    /// Everything but the facts, as the members of an object.
    parts: Value,
    /// The facts of each resource. Many resources have the same: each text exists once.
    facts: Arc<HashMap<Box<str>, Facts>>,
}

impl World {
    /// Takes `{"blueprint", "facts", "index", "lifecycle", "now"}` as anything serde can write.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn new(data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(data)?;
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(&text)?;
        let facts: Option<BTreeMap<String, &RawValue>> = match members.remove("facts") {
            Some(facts) => serde_json::from_str(facts.get())?,
            None => None,
        };
        let parts = serde_json::from_str(&serde_json::to_string(&members)?)?;
        let facts = facts.into_iter().flatten().map(|(arn, facts)| Ok((arn.into_boxed_str(), by_name(facts.get())?)));
        Ok(Self { parts, facts: Arc::new(facts.collect::<Result<_, serde_json::Error>>()?) })
    }

    /// Takes the entries of each index and the facts of each resource one by one, so that none is held twice, and the rest
    /// as in [`World::new`].
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn gathered(
        parts: &impl Serialize,
        indexes: impl Iterator<Item = (String, BTreeMap<String, Arc<str>>)>,
        facts: impl Iterator<Item = (Box<str>, FactTexts)>,
    ) -> Result<Self, serde_json::Error> {
        let mut parts = serde_json::from_str(&serde_json::to_string(parts)?)?;
        let mut all = Value::new_object();
        for (name, entries) in indexes {
            let mut index = Value::new_object();
            // Of entries that are alike, one value is held.
            let mut once: HashMap<Arc<str>, Value> = HashMap::new();
            for (key, entry) in entries {
                let value = match once.get(&entry) {
                    Some(known) => known.clone(),
                    None => {
                        let value: Value = serde_json::from_str(&entry)?;
                        once.insert(entry, value.clone());
                        value
                    }
                };
                insert(&mut index, &key, value).map_err(serde_json::Error::custom)?;
            }
            insert(&mut all, &name, index).map_err(serde_json::Error::custom)?;
        }
        insert(&mut parts, "index", all).map_err(serde_json::Error::custom)?;
        let mut names: HashSet<Arc<str>> = HashSet::new();
        let facts = facts.map(|(arn, facts)| {
            let named = facts.into_iter().map(|(name, text)| (shared(&mut names, name), text));
            (arn, named.collect())
        });
        Ok(Self { parts, facts: Arc::new(facts.collect()) })
    }

    /// The same with some parts exchanged, and with these facts.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub fn with<'f, F: Serialize + 'f>(
        &self,
        parts: impl Iterator<Item = (&'static str, &'f F)>,
        facts: impl Iterator<Item = (&'f String, &'f F)>,
    ) -> Result<Self, String> {
        let text = |value: &F| serde_json::to_string(value).map_err(|error| error.to_string());
        let mut whole = self.parts.clone();
        for (name, part) in parts {
            insert(&mut whole, name, read(&text(part)?)?)?;
        }
        let facts = facts.map(|(arn, facts)| {
            let facts = by_name(&text(facts)?).map_err(|error| error.to_string())?;
            Ok((arn.clone().into_boxed_str(), facts))
        });
        Ok(Self { parts: whole, facts: Arc::new(facts.collect::<Result<_, String>>()?) })
    }

    /// The facts of one resource.
    pub(crate) fn facts(&self, arn: &str) -> Option<FactsOf<'_>> {
        self.facts.get(arn).map(|facts| FactsOf(facts))
    }

    /// All of it as one value, for a control that is run as it is written.
    pub(super) fn whole(&self) -> Result<Value, String> {
        let mut facts = Value::new_object();
        for (arn, own) in self.facts.iter() {
            insert(&mut facts, arn, FactsOf(own).value()?)?;
        }
        let mut world = self.parts.clone();
        insert(&mut world, "facts", facts)?;
        Ok(world)
    }

    /// A resource as a flat control sees it: the world within it, and of the facts its own.
    pub(super) fn around(&self, resource: &str, facts: Option<FactsOf<'_>>) -> Result<Value, String> {
        let mut input = read(resource)?;
        let mut world = self.parts.clone();
        if let Some(facts) = facts {
            insert(&mut world, "facts", facts.value()?)?;
        }
        insert(&mut input, WORLD, world)?;
        Ok(input)
    }
}

/// The facts of one resource, each as text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FactsOf<'w>(&'w [(Arc<str>, Arc<str>)]);

impl<'w> FactsOf<'w> {
    /// One of them.
    pub(crate) fn get(self, name: &str) -> Option<&'w str> {
        let at = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        self.0.get(at).map(|(_, text)| &**text)
    }

    /// Each of them.
    pub(super) fn texts(self) -> impl Iterator<Item = &'w str> {
        self.0.iter().map(|(_, text)| &**text)
    }

    /// All of them as one JSON object.
    pub(crate) fn text(self) -> Result<String, serde_json::Error> {
        let members = self.0.iter().map(|(name, text)| Ok((&**name, serde_json::from_str::<&RawValue>(text)?)));
        serde_json::to_string(&members.collect::<Result<BTreeMap<_, _>, serde_json::Error>>()?)
    }

    fn value(self) -> Result<Value, String> {
        let mut facts = Value::new_object();
        for (name, text) in self.0 {
            insert(&mut facts, name, read(text)?)?;
        }
        Ok(facts)
    }
}

/// The members of an object, as text, in the order of their names; anything else has none.
fn by_name(object: &str) -> Result<Facts, serde_json::Error> {
    if !object.starts_with('{') {
        return Ok(Facts::default());
    }
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(object)?;
    Ok(members.into_iter().map(|(name, text)| (name.into(), text.get().into())).collect())
}

pub(super) fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn insert(object: &mut Value, key: &str, value: Value) -> Result<(), String> {
    object.as_object_mut().map_err(|error| error.to_string())?.insert(Value::from(key), value);
    Ok(())
}
