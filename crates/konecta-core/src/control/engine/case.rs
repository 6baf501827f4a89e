//! One resource before its judges: compared with those before it, and parsed only if one of them has not seen its like.
//! Knows no control.

use std::collections::BTreeMap;
use std::sync::Arc;

use regorus::Value;
use serde::Deserialize;

use super::world::World;
use crate::control::memo::{Number, Texts};
use crate::control::outline::Outline;
use crate::resource::{Resource, ResourceRef};

/// What the resources of one type held in the places that their controls look at.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) outline: Outline,
    texts: Vec<Texts>,
    /// What the resource that is being judged holds.
    numbers: Vec<Number>,
}

impl Seen {
    /// Compares a resource, place by place. One that cannot be cut is compared with nothing.
    fn look(&mut self, resource: &Resource, facts: Option<&str>) -> &[Number] {
        let Self { outline, texts, numbers } = self;
        texts.resize_with(outline.len(), Texts::default);
        numbers.clear();
        numbers.resize(outline.len(), Number::NOTHING);
        let cut = outline.cut(resource, facts, &mut |slot, text| numbers[slot] = texts[slot].number(text));
        if cut.is_none() {
            numbers.fill(Number::UNHEARD);
        }
        numbers
    }
}

/// One resource before its judges.
pub(super) struct Case<'c> {
    pub(super) resource: &'c Resource,
    pub(super) reference: Arc<ResourceRef>,
    facts: Option<&'c str>,
    numbers: &'c [Number],
    world: &'c World,
    text: Option<String>,
    input: Option<Value>,
}

impl<'c> Case<'c> {
    pub(super) fn new(resource: &'c Resource, seen: &'c mut Seen, world: &'c World) -> Self {
        let facts = world.facts(resource.arn.as_str());
        let numbers = seen.look(resource, facts);
        Self { resource, reference: resource.reference().into(), facts, numbers, world, text: None, input: None }
    }

    /// The resource as JSON.
    pub(super) fn text(&mut self) -> Result<&str, String> {
        let text = match self.text.take() {
            Some(text) => text,
            None => serde_json::to_string(self.resource).map_err(|error| error.to_string())?,
        };
        Ok(self.text.insert(text))
    }

    /// The resource as a flat control sees it.
    pub(super) fn input(&mut self) -> Result<Value, String> {
        if let Some(input) = &self.input {
            return Ok(input.clone());
        }
        let (world, facts) = (self.world, self.facts);
        let input = world.around(self.text()?, facts)?;
        self.input = Some(input.clone());
        Ok(input)
    }

    /// Why facts of the resource are not known, by the name of the fact.
    pub(super) fn whys(&self) -> BTreeMap<String, Vec<String>> {
        #[derive(Deserialize)]
        struct Facts {
            #[serde(default)]
            why: BTreeMap<String, Vec<String>>,
        }
        self.facts.and_then(|facts| serde_json::from_str(facts).ok()).map(|facts: Facts| facts.why).unwrap_or_default()
    }

    /// What stands in one place.
    pub(super) fn number(&self, place: usize) -> Number {
        self.numbers[place]
    }

    /// What stands in these places; whether it may all have stood there before.
    pub(super) fn question(&self, places: &[usize], question: &mut Vec<Number>) -> bool {
        question.clear();
        question.extend(places.iter().map(|&place| self.numbers[place]));
        !question.contains(&Number::UNHEARD)
    }
}
