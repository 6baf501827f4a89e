//! What policies may look at besides their resource: shared parts as the engine's values, facts as text.
//! Facts are most of it, and each is looked at once, so they become values one resource at a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use regorus::Value;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::control::flat::WORLD;

/// What policies may look at besides their resource.
#[derive(Debug, Clone)]
pub struct World {
    /// Everything but the facts, as the members of an object.
    parts: Value,
    /// The facts of each resource as text. Many resources have the same: their text exists once.
    facts: Arc<BTreeMap<Box<str>, Arc<str>>>,
}

impl World {
    /// Takes `{"blueprint", "facts", "index", "lifecycle", "now"}` as anything serde can write.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn new(data: &impl Serialize) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(data)?;
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(&text)?;
        let facts: BTreeMap<String, &RawValue> = match members.remove("facts") {
            Some(facts) => serde_json::from_str(facts.get())?,
            None => BTreeMap::new(),
        };
        let facts = facts.into_iter().map(|(arn, facts)| Ok((arn, facts)));
        Self::of(&members, facts)
    }

    /// Takes the facts of each resource one by one, and the rest as in [`World::new`].
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn of<F: Serialize>(
        parts: &impl Serialize,
        facts: impl Iterator<Item = Result<(String, F), serde_json::Error>>,
    ) -> Result<Self, serde_json::Error> {
        let parts = serde_json::from_str(&serde_json::to_string(parts)?)?;
        let mut once: HashSet<Arc<str>> = HashSet::new();
        let texts = facts.map(|fact| {
            let (arn, facts) = fact?;
            let text = serde_json::to_string(&facts)?;
            if let Some(known) = once.get(text.as_str()) {
                return Ok((arn.into_boxed_str(), known.clone()));
            }
            let text: Arc<str> = text.into();
            once.insert(text.clone());
            Ok((arn.into_boxed_str(), text))
        });
        Ok(Self { parts, facts: Arc::new(texts.collect::<Result<_, serde_json::Error>>()?) })
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
        let facts = facts.map(|(arn, facts)| Ok((arn.clone().into_boxed_str(), text(facts)?.into())));
        Ok(Self { parts: whole, facts: Arc::new(facts.collect::<Result<_, String>>()?) })
    }

    /// The facts of one resource, as text.
    pub(super) fn facts(&self, arn: &str) -> Option<&str> {
        self.facts.get(arn).map(AsRef::as_ref)
    }

    /// All of it as one value, for a control that is run as it is written.
    pub(super) fn whole(&self) -> Result<Value, String> {
        let mut facts = Value::new_object();
        for (arn, text) in self.facts.iter() {
            insert(&mut facts, arn, read(text)?)?;
        }
        let mut world = self.parts.clone();
        insert(&mut world, "facts", facts)?;
        Ok(world)
    }

    /// A resource as a flat control sees it: the world within it, and of the facts its own.
    pub(super) fn around(&self, resource: &str, facts: Option<&str>) -> Result<Value, String> {
        let mut input = read(resource)?;
        let mut world = self.parts.clone();
        if let Some(facts) = facts {
            insert(&mut world, "facts", read(facts)?)?;
        }
        insert(&mut input, WORLD, world)?;
        Ok(input)
    }
}

pub(super) fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn insert(object: &mut Value, key: &str, value: Value) -> Result<(), String> {
    object.as_object_mut().map_err(|error| error.to_string())?.insert(Value::from(key), value);
    Ok(())
}
