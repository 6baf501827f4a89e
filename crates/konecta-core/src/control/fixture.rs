//! Fixtures: one resource, the world around it, and the status that the file's name promises.
//!
//! A fixture stands at `fixtures/controls/<layer>/<control>/<status>[_<trap>].json` as
//! `{"input": <resource>, "data": {"facts", "index", "lifecycle", "blueprint", "now"}}`; what `data` leaves out is
//! empty, and `blueprint` is laid over the defaults. [`shrunk`] takes a fixture apart key by key: the gate that no
//! verdict gets better by knowing less.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::PolicyError;
use super::catalogue::Catalogue;
use super::engine::{Judge, World};
use super::reads::reads;
use crate::blueprint::Blueprint;
use crate::finding::Status;
use crate::resource::Resource;

/// A fixture as it stands in its file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The resource.
    pub input: Value,
    /// The world around it.
    #[serde(default)]
    pub data: Map<String, Value>,
}

/// The statuses that a fixture's file may be named for.
#[must_use]
pub fn promised(file_stem: &str) -> Option<Status> {
    [
        ("pass", Status::Pass),
        ("fail", Status::Fail),
        ("unknown", Status::Unknown),
        ("not_applicable", Status::NotApplicable),
    ]
    .into_iter()
    .find(|(name, _)| file_stem == *name || file_stem.strip_prefix(name).is_some_and(|rest| rest.starts_with('_')))
    .map(|(_, status)| status)
}

/// The world of a fixture with what it leaves out filled in.
#[must_use]
pub fn world(data: &Map<String, Value>) -> Value {
    let mut world = json!({
        "facts": {}, "index": {}, "lifecycle": {}, "now": "2026-11-23T12:00:00Z", "blueprint": Blueprint::default(),
    });
    for (key, value) in data {
        lay_over(&mut world[key.as_str()], value);
    }
    world
}

fn lay_over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above.clone(),
    }
}

/// One control with its policy compiled, to be asked about fixture after fixture.
pub struct Bench<'a>(Judge<'a>);

impl<'a> Bench<'a> {
    /// Takes a catalogue that was narrowed to one control.
    ///
    /// # Errors
    /// When the policy does not compile.
    pub fn new(catalogue: &'a Catalogue) -> Result<Self, PolicyError> {
        let world = World::new(&world(&Map::new())).map_err(|error| refused(&error))?;
        let reads = reads()?;
        Ok(Self(Judge::new(catalogue, &world, reads, &[])?))
    }

    /// The status of the control on one resource; `Err` inside if it could not be evaluated.
    ///
    /// # Errors
    /// When the input is not a resource or the data no world.
    pub fn status(&mut self, input: &Value, data: &Map<String, Value>) -> Result<Result<Status, String>, PolicyError> {
        let resource: Resource = serde_json::from_value(input.clone()).map_err(|error| refused(&error))?;
        self.0.change_world(&World::new(&world(data)).map_err(|error| refused(&error))?)?;
        let (mut findings, mut errors) = (Vec::new(), Vec::new());
        self.0.judge(&resource, &mut findings, &mut errors);
        Ok(match (findings.first(), errors.first()) {
            (_, Some(error)) => Err(error.message.clone()),
            (Some(finding), None) => Ok(finding.status),
            (None, None) => Err(format!("no control speaks of {}", resource.resource_type)),
        })
    }
}

fn refused(error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::refused("fixture", 1, error.to_string())
}

/// Every copy of a value that lacks one key somewhere, with the path of that key.
#[must_use]
pub fn shrunk(value: &Value) -> Vec<(String, Value)> {
    let mut paths = Vec::new();
    walk(value, &mut String::new(), &mut paths);
    paths
        .into_iter()
        .map(|path| {
            let mut copy = value.clone();
            if let Some((parent, key)) = path.rsplit_once('/')
                && let Some(object) = copy.pointer_mut(parent).and_then(Value::as_object_mut)
            {
                object.remove(&key.replace("~1", "/").replace("~0", "~"));
            }
            (path, copy)
        })
        .collect()
}

fn walk(value: &Value, at: &mut String, paths: &mut Vec<String>) {
    let length = at.len();
    match value {
        Value::Object(object) => {
            for (key, child) in object {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                paths.push(at.clone());
                walk(child, at, paths);
                at.truncate(length);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                at.push('/');
                at.push_str(&index.to_string());
                walk(child, at, paths);
                at.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
