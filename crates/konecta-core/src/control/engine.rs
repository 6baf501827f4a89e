//! The policy engine: the only place that knows regorus.
//!
//! One engine a resource type, holding only that type's controls and a generated module that asks them all at once,
//! so that a rule two of them share is evaluated once. Built-in errors are errors. Data is shared by reference.

use std::collections::BTreeMap;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::PolicyError;
use super::catalogue::{Catalogue, Control};
use super::reads::Reads;
use super::source::Source;
use super::verdict::{Answer, Bench, Gaps};
use crate::finding::Finding;
use crate::gap::Gap;
use crate::report::ControlError;
use crate::resource::Resource;

const ASK: &str = "data.konecta_ask.answers";

/// Longer than any of our controls takes by a factor of a thousand; a user's loop ends here.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// What policies may look at besides their resource.
#[derive(Debug, Clone)]
pub struct World(Value);

impl World {
    /// Takes `{"blueprint", "facts", "index", "lifecycle", "now"}` as anything serde can write.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn new(data: &impl serde::Serialize) -> Result<Self, serde_json::Error> {
        let text = serde_json::to_string(data)?;
        serde_json::from_str(&text).map(Self)
    }
}

/// Judges resources one by one.
pub struct Judge<'a> {
    types: BTreeMap<&'a str, TypeEngine<'a>>,
    bench: Bench<'a>,
}

struct TypeEngine<'a> {
    engine: Engine,
    controls: Vec<&'a Control>,
}

impl<'a> Judge<'a> {
    /// Makes an engine for every type that a control speaks of.
    ///
    /// # Errors
    /// When a policy does not parse or compile.
    pub fn new(
        catalogue: &'a Catalogue,
        world: &World,
        reads: &'a Reads,
        gaps: &'a [Gap],
    ) -> Result<Self, PolicyError> {
        let mut by_type: BTreeMap<&str, Vec<&Control>> = BTreeMap::new();
        for control in catalogue.controls() {
            by_type.entry(control.metadata.subject()).or_default().push(control);
        }
        let types = by_type
            .into_iter()
            .map(|(subject, controls)| {
                let engine = engine_for(subject, &controls, catalogue, world)?;
                Ok((subject, TypeEngine { engine, controls }))
            })
            .collect::<Result<_, PolicyError>>()?;
        Ok(Self { types, bench: Bench { reads, gaps: Gaps::new(gaps) } })
    }

    /// Puts another world around the resources to come; the policies stay compiled.
    ///
    /// # Errors
    /// When the engine refuses the data.
    pub fn change_world(&mut self, world: &World) -> Result<(), PolicyError> {
        for (subject, TypeEngine { engine, .. }) in &mut self.types {
            engine.clear_data();
            engine.add_data(world.0.clone()).map_err(|error| refused(subject, &error))?;
        }
        Ok(())
    }

    /// Whether any control speaks of resources of this type.
    #[must_use]
    pub fn judges(&self, resource_type: &str) -> bool {
        self.types.contains_key(resource_type)
    }

    /// Every verdict on one resource, in the order of the control ids.
    pub fn judge(&mut self, resource: &Resource, found: &mut Vec<Finding>, errors: &mut Vec<ControlError>) {
        let Some(TypeEngine { engine, controls }) = self.types.get_mut(resource.resource_type.as_str()) else { return };
        let reference = resource.reference();
        let answers = input(resource).and_then(|input| {
            engine.set_input(input);
            ask_all(engine, controls)
        });
        for (at, control) in controls.iter().enumerate() {
            let answer = match &answers {
                Ok(answers) => read_answer(answers, at),
                Err(_) => ask_one(engine, control),
            };
            let finding = match answer {
                Ok(answer) => self.bench.judge(control, &reference, resource.captured_at, answer),
                Err(message) => self.bench.failed(control, &reference, resource.captured_at, &message),
            };
            match finding {
                Ok(finding) => found.push(finding),
                Err(error) => errors.push(error),
            }
        }
    }
}

/// Whether a policy parses, before any account is read.
///
/// # Errors
/// When it does not, with file and line.
pub(super) fn parse(source: &Source) -> Result<(), PolicyError> {
    add(&mut fresh_engine(), &source.file, &source.text)
}

/// Parses a policy for a type's engine, or says where it does not parse.
pub(super) fn add(engine: &mut Engine, file: &str, text: &str) -> Result<(), PolicyError> {
    match engine.add_policy(file.to_owned(), text.to_owned()) {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{error:#}");
            Err(PolicyError::refused(file, line_of(&message), brief(&message)))
        }
    }
}

fn engine_for(
    subject: &str,
    controls: &[&Control],
    catalogue: &Catalogue,
    world: &World,
) -> Result<Engine, PolicyError> {
    let mut engine = fresh_engine();
    engine.add_data(world.0.clone()).map_err(|error| refused(subject, &error))?;
    for library in imported(catalogue.libraries(), controls) {
        add(&mut engine, &library.file, &library.text)?;
    }
    for control in controls {
        add(&mut engine, &control.source.file, &control.source.text)?;
    }
    add(&mut engine, "konecta_ask.rego", &questions(controls))?;
    // The first evaluation compiles everything; better here, once, than on somebody's resource.
    engine.set_input(Value::new_object());
    engine.eval_rule("data.konecta_ask.ready".to_owned()).map_err(|error| refused(subject, &error))?;
    Ok(engine)
}

/// The libraries that controls name, directly or by another library: an engine analyses all that it holds, time and again.
fn imported<'a>(libraries: &'a [Source], controls: &[&Control]) -> Vec<&'a Source> {
    let mut open: Vec<&str> = controls.iter().map(|control| control.source.text.as_str()).collect();
    let mut named: BTreeMap<&str, &Source> = BTreeMap::new();
    while let Some(text) = open.pop() {
        for library in libraries.iter().filter(|library| text.contains(&library.package)) {
            if named.insert(&library.file, library).is_none() {
                open.push(&library.text);
            }
        }
    }
    named.into_values().collect()
}

fn refused(subject: &str, error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::Engine { resource_type: subject.to_owned(), reason: brief(&format!("{error:#}")) }
}

/// An engine with the settings that every evaluation here has.
pub(super) fn fresh_engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: TIME_LIMIT,
        check_interval: std::num::NonZeroU32::MIN.saturating_add(9_999),
    });
    engine
}

/// The module that asks every control of a type for all that it has to say.
fn questions(controls: &[&Control]) -> String {
    use std::fmt::Write as _;
    let mut module = String::from("package konecta_ask\n\nimport rego.v1\n\nready := true\n\n");
    for (at, control) in controls.iter().enumerate() {
        let package = &control.source.package;
        let _ = writeln!(module, "answers contains [{at}, \"pass\", true] if data.{package}.pass == true\n");
        for rule in ["violations", "not_applicable", "unattainable"] {
            if control.source.defines(rule) {
                let _ = writeln!(
                    module,
                    "answers contains [{at}, \"{rule}\", said] if {{\n\tsaid := data.{package}.{rule}\n\tcount(said) > 0\n}}\n"
                );
            }
        }
    }
    module
}

/// The resource as the engine's own value, without a detour through another tree.
fn input(resource: &Resource) -> Result<Value, String> {
    let text = serde_json::to_string(resource).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn ask_all(engine: &mut Engine, controls: &[&Control]) -> Result<Vec<Answer>, String> {
    let said = engine.eval_rule(ASK.to_owned()).map_err(|error| brief(&format!("{error:#}")))?;
    answers(&said, controls.len())
}

fn read_answer(answers: &[Answer], at: usize) -> Result<Answer, String> {
    answers.get(at).cloned().ok_or_else(|| "no answer".to_owned())
}

/// Asks one control by itself, so that an error in one leaves the others their verdicts.
fn ask_one(engine: &mut Engine, control: &Control) -> Result<Answer, String> {
    let mut ask = |rule: &str| {
        if !control.source.defines(rule) {
            return Ok(Value::Undefined);
        }
        let path = format!("data.{}.{rule}", control.source.package);
        engine.eval_rule(path).map_err(|error| brief(&format!("{error:#}")))
    };
    Ok(Answer {
        pass: ask("pass")? == Value::Bool(true),
        violations: listed(&ask("violations")?)?,
        not_applicable: listed(&ask("not_applicable")?)?,
        unattainable: listed(&ask("unattainable")?)?,
    })
}

fn listed<T: serde::de::DeserializeOwned>(said: &Value) -> Result<Vec<T>, String> {
    if *said == Value::Undefined { Ok(Vec::new()) } else { to_plain(said) }
}

fn answers(said: &Value, count: usize) -> Result<Vec<Answer>, String> {
    let mut answers = vec![Answer::default(); count];
    let said = said.as_set().map_err(|error| error.to_string())?;
    for item in said.iter() {
        let at = item[0].as_u64().map_err(|error| error.to_string())?;
        let answer = usize::try_from(at).ok().and_then(|at| answers.get_mut(at)).ok_or("an answer to no question")?;
        let content = &item[2];
        match item[1].as_string().map_err(|error| error.to_string())?.as_ref() {
            "pass" => answer.pass = true,
            "violations" => answer.violations = to_plain(content)?,
            "not_applicable" => answer.not_applicable = to_plain(content)?,
            _ => answer.unattainable = to_plain(content)?,
        }
    }
    Ok(answers)
}

fn to_plain<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    let text = value.to_json_str().map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("a rule has another shape than documented: {error}"))
}

/// regorus draws the place of an error over several lines; its last line says what it is.
pub(super) fn brief(message: &str) -> String {
    let last = message.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or(message);
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// The line that an error of regorus names, as in `--> file:12:3`.
pub(super) fn line_of(message: &str) -> usize {
    message
        .split("--> ")
        .nth(1)
        .and_then(|place| place.lines().next())
        .and_then(|place| place.rsplit(':').nth(1))
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or(1)
}
