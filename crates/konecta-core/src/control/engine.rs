//! The policy engine: the only place that knows regorus.
//!
//! One engine a control, so that an error in one leaves the others their verdicts and no evaluation pays for the
//! modules of another. Each holds its control as one module ([`super::flat`]), or as it is written where that is not
//! certain to mean the same. Built-in errors are errors. The world is shared by reference.

use std::collections::BTreeMap;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use super::PolicyError;
use super::catalogue::{Catalogue, Control};
use super::flat::{Flat, WORLD, flatten};
use super::memo::Memo;
use super::outline::Outline;
use super::reads::Reads;
use super::source::Source;
use super::verdict::{Answer, Bench, Gaps};
use crate::finding::Finding;
use crate::gap::Gap;
use crate::report::ControlError;
use crate::resource::Resource;

/// The package of a control that is one module: every reference costs by its length.
const FLAT: &str = "c";

const ASK_FLAT: &str = "data.c.konecta_answers";

const ASK: &str = "data.konecta_ask.konecta_answers";

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
    types: BTreeMap<&'a str, TypeJudge<'a>>,
    bench: Bench<'a>,
    around: Around,
}

/// The controls of one type.
#[derive(Default)]
struct TypeJudge<'a> {
    seats: Vec<Seat<'a>>,
    outline: Outline,
}

/// One control with its engine.
struct Seat<'a> {
    control: &'a Control,
    engine: Engine,
    ask: &'static str,
    /// What a flat control can look at; `None` for one that is run as it is written.
    sight: Option<Sight>,
    memo: Memo<Value>,
}

/// Where the members that a control can look at stand in a cut, and whether it can look at facts.
struct Sight {
    slots: Vec<usize>,
    facts: bool,
}

/// The world as a flat control sees it, without and with the facts of each resource.
struct Around {
    parts: Value,
    facts: Value,
}

impl Around {
    fn new(world: &World) -> Result<Self, PolicyError> {
        let mut parts = world.0.clone();
        if let Ok(members) = parts.as_object_mut() {
            members.remove(&Value::from("facts"));
        }
        Ok(Self { parts, facts: world.0["facts"].clone() })
    }

    fn input(&self, text: &str, facts: &Value) -> Result<Value, String> {
        let mut input: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let mut world = self.parts.clone();
        if *facts != Value::Undefined {
            insert(&mut world, "facts", facts.clone())?;
        }
        insert(&mut input, WORLD, world)?;
        Ok(input)
    }
}

fn insert(object: &mut Value, key: &str, value: Value) -> Result<(), String> {
    object.as_object_mut().map_err(|error| error.to_string())?.insert(Value::from(key), value);
    Ok(())
}

impl<'a> Judge<'a> {
    /// Makes an engine for every control.
    ///
    /// # Errors
    /// When a policy does not parse or compile.
    pub fn new(
        catalogue: &'a Catalogue,
        world: &World,
        reads: &'a Reads,
        gaps: &'a [Gap],
    ) -> Result<Self, PolicyError> {
        let mut types: BTreeMap<&str, TypeJudge<'_>> = BTreeMap::new();
        for control in catalogue.controls() {
            let subject = control.metadata.subject();
            let judge = types.entry(subject).or_default();
            let flat = flatten(&control.source, catalogue.libraries());
            let engine = engine_for(subject, control, flat.as_ref(), catalogue.libraries(), world)?;
            let ask = if flat.is_some() { ASK_FLAT } else { ASK };
            let sight = flat.map(|flat| Sight { slots: judge.outline.add(&flat.looked_at), facts: flat.facts });
            judge.seats.push(Seat { control, engine, ask, sight, memo: Memo::default() });
        }
        Ok(Self { types, bench: Bench { reads, gaps: Gaps::new(gaps) }, around: Around::new(world)? })
    }

    /// Puts another world around the resources to come; the policies stay compiled.
    ///
    /// # Errors
    /// When the engine refuses the data.
    pub fn change_world(&mut self, world: &World) -> Result<(), PolicyError> {
        self.around = Around::new(world)?;
        for (subject, judge) in &mut self.types {
            for seat in &mut judge.seats {
                seat.memo.forget();
                if seat.sight.is_none() {
                    seat.engine.clear_data();
                    seat.engine.add_data(world.0.clone()).map_err(|error| refused(subject, &error))?;
                }
            }
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
        let Some(judge) = self.types.get_mut(resource.resource_type.as_str()) else { return };
        let reference = resource.reference();
        let text = serde_json::to_string(resource).map_err(|error| error.to_string());
        let mut case = text.as_deref().map(|text| Case {
            text,
            cut: judge.outline.cut(text),
            facts: self.around.facts[resource.arn.as_str()].clone(),
            around: &self.around,
            input: None,
        });
        for seat in &mut judge.seats {
            let answer = match &mut case {
                Ok(case) => seat.answer(case),
                Err(message) => Err((*message).clone()),
            };
            let finding = match answer {
                Ok(answer) => self.bench.judge(seat.control, &reference, resource.captured_at, answer),
                Err(message) => self.bench.failed(seat.control, &reference, resource.captured_at, &message),
            };
            match finding {
                Ok(finding) => found.push(finding),
                Err(error) => errors.push(error),
            }
        }
    }
}

/// One resource before its judges; parsed only if one of them has not seen its like.
struct Case<'c> {
    text: &'c str,
    cut: Option<Vec<Option<&'c str>>>,
    facts: Value,
    around: &'c Around,
    input: Option<Value>,
}

impl Case<'_> {
    fn input(&mut self) -> Result<Value, String> {
        if let Some(input) = &self.input {
            return Ok(input.clone());
        }
        let input = self.around.input(self.text, &self.facts)?;
        self.input = Some(input.clone());
        Ok(input)
    }

    /// All that a control can look at in this resource, in one text.
    fn question(&self, sight: &Sight) -> Option<String> {
        let cut = self.cut.as_ref()?;
        let mut question = String::with_capacity(256);
        for &slot in &sight.slots {
            match cut.get(slot)? {
                // No JSON text has these two characters, so no two questions are spelled alike.
                Some(text) => {
                    question.push('\u{1}');
                    question.push_str(text);
                }
                None => question.push('\u{2}'),
            }
        }
        Some(question)
    }
}

impl Seat<'_> {
    fn answer(&mut self, case: &mut Case<'_>) -> Result<Answer, String> {
        let Some(sight) = &self.sight else {
            let input = serde_json::from_str(case.text).map_err(|error| error.to_string())?;
            return ask(&mut self.engine, input, self.ask);
        };
        let question = if self.memo.is_worthwhile() { case.question(sight) } else { None };
        let Some(question) = question else { return ask(&mut self.engine, case.input()?, self.ask) };
        let facts = if sight.facts { case.facts.clone() } else { Value::Undefined };
        if let Some(answer) = self.memo.find(&question, &facts) {
            return Ok(answer);
        }
        let answer = ask(&mut self.engine, case.input()?, self.ask)?;
        self.memo.keep(&question, facts, &answer);
        Ok(answer)
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
    control: &Control,
    flat: Option<&Flat>,
    libraries: &[Source],
    world: &World,
) -> Result<Engine, PolicyError> {
    let mut engine = fresh_engine();
    let file = &control.source.file;
    let ask = match flat {
        Some(flat) => {
            let text = format!("package {FLAT}\n\nimport rego.v1\n\n{}\n{}", flat.rules, questions(control, ""));
            add(&mut engine, file, &text)?;
            format!("data.{FLAT}.konecta_ready")
        }
        None => {
            engine.add_data(world.0.clone()).map_err(|error| refused(subject, &error))?;
            for library in imported(libraries, control) {
                add(&mut engine, &library.file, &library.text)?;
            }
            add(&mut engine, file, &control.source.text)?;
            let text = questions(control, &format!("data.{}.", control.source.package));
            add(&mut engine, "konecta_ask.rego", &format!("package konecta_ask\n\nimport rego.v1\n\n{text}"))?;
            "data.konecta_ask.konecta_ready".to_owned()
        }
    };
    // The first evaluation compiles everything; better here, once, than on somebody's resource.
    engine.set_input(Value::new_object());
    engine.eval_rule(ask).map_err(|error| refused(subject, &error))?;
    Ok(engine)
}

/// The libraries that a control names, directly or by another library: an engine pays for all that it holds.
fn imported<'a>(libraries: &'a [Source], control: &Control) -> Vec<&'a Source> {
    let mut open = vec![control.source.text.as_str()];
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

/// The rules that ask a control for all that it has to say, at once.
fn questions(control: &Control, at: &str) -> String {
    use std::fmt::Write as _;
    let mut rules = String::from("konecta_ready := true\n\n");
    let _ = writeln!(rules, "konecta_answers contains [\"pass\", true] if {at}pass == true\n");
    for rule in ["violations", "not_applicable", "unattainable"] {
        if control.source.defines(rule) {
            let _ = writeln!(
                rules,
                "konecta_answers contains [\"{rule}\", said] if {{\n\tsaid := {at}{rule}\n\tcount(said) > 0\n}}\n"
            );
        }
    }
    rules
}

fn ask(engine: &mut Engine, input: Value, rule: &str) -> Result<Answer, String> {
    engine.set_input(input);
    let said = engine.eval_rule(rule.to_owned()).map_err(|error| brief(&format!("{error:#}")))?;
    let mut answer = Answer::default();
    for item in said.as_set().map_err(|error| error.to_string())?.iter() {
        let content = &item[1];
        match item[0].as_string().map_err(|error| error.to_string())?.as_ref() {
            "pass" => answer.pass = true,
            "violations" => answer.violations = to_plain(content)?,
            "not_applicable" => answer.not_applicable = to_plain(content)?,
            _ => answer.unattainable = to_plain(content)?,
        }
    }
    Ok(answer)
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
