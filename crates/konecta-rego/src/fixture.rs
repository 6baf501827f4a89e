//! Fixtures: one resource, the world around it, and the status that the file's name promises.
//!
//! A fixture stands at `fixtures/controls/<layer>/<control>/<status>[_<trap>].json` as
//! `{"input": <resource>, "data": {"facts", "index", "lifecycle", "blueprint", "now"}}`; what `data` leaves out is
//! empty, and `blueprint` is laid over the defaults. [`faults`] takes a fixture apart key by key and doubles what is in
//! it: the gate that no verdict gets better by knowing less, and that every input has one.

mod variant;

use serde::Deserialize;
use serde_json::{Map, Value, json};

pub use self::variant::shrunk;
use self::variant::{doubled, is_free, may_be_none, retyped};

use super::PolicyError;
use super::catalogue::Catalogue;
use super::engine::{Judge, World};
use konecta_base::blueprint::Blueprint;
use konecta_base::finding::Status;
use konecta_base::reads::reads;
use konecta_base::resource::Resource;
use konecta_base::silence;

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
pub struct FixtureRunner<'a> {
    judge: Judge<'a>,
    /// What the last question was asked in, and the world of it.
    last: Option<(Map<String, Value>, World)>,
}

impl<'a> FixtureRunner<'a> {
    /// Takes a catalogue that was narrowed to one control.
    ///
    /// # Errors
    /// When the policy does not compile.
    pub fn new(catalogue: &'a Catalogue) -> Result<Self, PolicyError> {
        let world = World::new(&world(&Map::new())).map_err(|error| refused(&error))?;
        let reads = reads();
        Ok(Self { judge: Judge::new(catalogue, &world, reads, &[])?, last: None })
    }

    /// The status of the control on one resource; `Err` inside if it could not be evaluated.
    ///
    /// # Errors
    /// When the input is not a resource or the data no world.
    pub fn status(&mut self, input: &Value, data: &Map<String, Value>) -> Result<Result<Status, String>, PolicyError> {
        let resource: Resource = serde_json::from_value(input.clone()).map_err(|error| refused(&error))?;
        self.stand_in(data)?;
        let (mut findings, mut errors) = (Vec::new(), Vec::new());
        self.judge.judge(&resource, &mut findings, &mut errors);
        Ok(match (findings.first(), errors.first()) {
            (_, Some(error)) => Err(error.message.clone()),
            (Some(finding), None) => Ok(finding.status),
            (None, None) => Err(format!("no control speaks of {}", resource.resource_type)),
        })
    }

    /// Puts the world of the data around what is asked; of a world that is near the last one, only what differs is made.
    fn stand_in(&mut self, data: &Map<String, Value>) -> Result<(), PolicyError> {
        let last = self.last.take();
        if let Some((before, _)) = &last
            && before == data
        {
            self.last = last;
            return Ok(());
        }
        let empty = json!({});
        let of = |data: &Map<String, Value>, key: &str| data.get(key).cloned();
        let world = match last {
            Some((before, near)) if ["blueprint", "now"].iter().all(|key| of(&before, key) == of(data, key)) => {
                let parts = ["index", "lifecycle"].into_iter().filter(|key| of(&before, key) != of(data, key));
                let parts = parts.map(|key| (key, data.get(key).unwrap_or(&empty)));
                let facts = data.get("facts").and_then(Value::as_object);
                near.with(parts, facts.into_iter().flatten()).map_err(|error| refused(&error))?
            }
            Some(_) | None => World::new(&world(data)).map_err(|error| refused(&error))?,
        };
        self.judge.change_world(&world)?;
        self.last = Some((data.clone(), world));
        Ok(())
    }
}

fn refused(error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::refused("fixture", 1, error.to_string())
}

/// Controls with faults that are known and not mended yet, and who mends them; [`faults`] are told of them, and no gate
/// is closed. To be empty.
pub const OPEN: &[(&str, &str)] = &[];

/// What is wrong with the verdicts on a fixture's variants. By a member less, or by one of another type, none may come
/// to pass; none may be impossible to evaluate where AWS can send it: with a member less, with lists that hold more, and
/// with whatever JSON has in a document that a user wrote.
///
/// # Errors
/// When the data is no world.
pub fn faults(bench: &mut FixtureRunner<'_>, fixture: &Fixture) -> Result<Vec<String>, PolicyError> {
    let passes = bench.status(&fixture.input, &fixture.data)? == Ok(Status::Pass);
    let resource_type = fixture.input["resourceType"].as_str().unwrap_or_default();
    let says_none = |member: &str| silence::means_none(resource_type, member);
    let mut wrong = Vec::new();
    let data = Value::Object(fixture.data.clone());
    for (part, whole) in [("/input", &fixture.input), ("/data", &data)] {
        let mut try_out = |how: String, variant: &Value, may_pass: bool, must_evaluate: bool| {
            let found = match (part, variant.as_object()) {
                ("/data", Some(data)) => bench.status(&fixture.input, data),
                _ => bench.status(variant, &fixture.data),
            };
            // What is no resource any more is refused before a control sees it.
            match found {
                Ok(Ok(Status::Pass)) if !may_pass => wrong.push(format!("passes {how}")),
                Ok(Err(error)) if must_evaluate => wrong.push(format!("is not evaluated {how}: {error}")),
                Ok(Ok(_) | Err(_)) | Err(_) => {}
            }
        };
        for (path, less) in shrunk(whole) {
            try_out(format!("without {part}{path}"), &less, passes, true);
        }
        for (path, how, other) in retyped(whole).into_iter().filter(|(path, ..)| is_sent(part, path)) {
            let path = format!("{part}{path}");
            let is_none = how == "null" && may_be_none(&path, says_none);
            let is_free = is_free(&path);
            // Where a user writes, one text and a list of texts are the same, and both are a statement.
            let may_pass = passes || is_none || (is_free && matches!(how, "text" | "[]"));
            if !may_pass || is_none || is_free {
                try_out(format!("with {path} as {how}"), &other, may_pass, is_none || is_free);
            }
        }
        for (how, more) in doubled(whole).into_iter().filter(|(path, _)| is_sent(part, path)) {
            try_out(format!("with {part}{how}"), &more, true, true);
        }
    }
    Ok(wrong)
}

/// Whether what stands at a path comes from AWS's answers or is derived of them; what the program itself writes with a
/// type (the envelope, the blueprint, the time) cannot be of another.
fn is_sent(part: &str, path: &str) -> bool {
    let mut steps = path.split('/').skip(1);
    let first = steps.next().unwrap_or_default();
    let sent: &[&str] =
        if part == "/input" { &["configuration", "supplement"] } else { &["facts", "index", "lifecycle"] };
    sent.contains(&first) && steps.next().is_some()
}
