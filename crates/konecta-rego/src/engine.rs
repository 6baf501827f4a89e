//! The policy engine: the only place that knows regorus.
//!
//! One engine a control, so that an error in one leaves the others their verdicts and no evaluation pays for the
//! modules of another. Each holds its control as one module (`flat`), or as it is written where that is not
//! certain to mean the same. Built-in errors are errors. The world is shared by reference.

mod evaluation;
mod evaluator;
mod guard;
mod identity_reads;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};

use self::evaluation::{Evaluation, Seen};
use self::evaluator::ControlEvaluator;
pub(crate) use self::evaluator::OneModule;
pub(super) use self::guard::guarded;
pub use self::guard::{is_inside, watch};
pub(crate) use self::world::FactsOf;
pub use self::world::World;
use super::PolicyError;
use super::catalogue::{Catalogue, Control, Origin};
use super::source::PolicySource;
use super::verdict::FindingBuilder;
use konecta_base::finding::Finding;
use konecta_base::gap::Gap;
use konecta_base::reads::Reads;
use konecta_base::resource::Resource;
use konecta_base::rule::ControlError;

/// Where a user's loop ends.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// Ours end by themselves, and those that join the whole stack take seconds where it has thousands of parts and the
/// machine is busy: that must not become an error.
const BUILT_IN_TIME_LIMIT: Duration = Duration::from_secs(60);

/// How controls are run. The verdicts are the same; a test holds the ways together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// With its libraries beside it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the way that the others are held against"))]
    AsWritten,
    /// As one module.
    #[cfg_attr(not(test), expect(dead_code, reason = "the way that the others are held against"))]
    Flat,
    /// As one module, and asked only what it was not asked before.
    Remembering,
}

/// Judges resources one by one.
pub struct Judge<'a> {
    types: BTreeMap<&'a str, TypeJudge<'a>>,
    world: World,
}

/// The controls of one type.
#[derive(Default)]
struct TypeJudge<'a> {
    evaluators: Vec<ControlEvaluator<'a>>,
    seen: Seen,
}

impl<'a> Judge<'a> {
    /// Makes an engine for every control.
    ///
    /// # Errors
    /// When a policy does not parse or compile.
    pub fn new(catalogue: &'a Catalogue, world: &World, reads: &Reads, gaps: &'a [Gap]) -> Result<Self, PolicyError> {
        Self::with(catalogue, world, reads, gaps, Way::Remembering)
    }

    fn with(
        catalogue: &'a Catalogue,
        world: &World,
        reads: &Reads,
        gaps: &'a [Gap],
        way: Way,
    ) -> Result<Self, PolicyError> {
        let mut types: BTreeMap<&str, TypeJudge<'_>> = BTreeMap::new();
        let mut whole = Whole::of(world);
        for control in catalogue.controls() {
            for subject in control.metadata.subjects() {
                let judge = types.entry(subject).or_default();
                let bench = FindingBuilder::new(control, reads, gaps);
                let evaluator =
                    ControlEvaluator::new(bench, catalogue, &mut judge.seen.outline, &mut || whole.value(), way)?;
                judge.evaluators.push(evaluator);
            }
        }
        Ok(Self { types, world: world.clone() })
    }

    /// Puts another world around the resources to come; the policies stay compiled.
    ///
    /// # Errors
    /// When the engine refuses the data.
    pub fn change_world(&mut self, world: &World) -> Result<(), PolicyError> {
        self.world = world.clone();
        let mut whole = Whole::of(world);
        let mut evaluators = self.types.values_mut().flat_map(|judge| &mut judge.evaluators);
        evaluators.try_for_each(|evaluator| evaluator.change_world(&mut || whole.value()))
    }

    #[cfg(test)]
    fn evaluations(&self) -> usize {
        self.types.values().flat_map(|judge| &judge.evaluators).map(ControlEvaluator::evaluations).sum()
    }

    /// Whether any control speaks of resources of this type.
    #[must_use]
    pub fn judges(&self, resource_type: &str) -> bool {
        self.types.contains_key(resource_type)
    }

    /// Every verdict on one resource, in the order of the control ids.
    pub fn judge(&mut self, resource: &Resource, found: &mut Vec<Finding>, errors: &mut Vec<ControlError>) {
        let Some(judge) = self.types.get_mut(resource.resource_type.as_str()) else { return };
        let mut evaluation = Evaluation::new(resource, &mut judge.seen, &self.world);
        for evaluator in &mut judge.evaluators {
            match evaluator.judge(&mut evaluation) {
                Ok(finding) => found.push(finding),
                Err(error) => errors.push(error),
            }
        }
    }
}

/// All of a world as one value, made when somebody first asks for it.
struct Whole<'w> {
    world: &'w World,
    value: Option<Value>,
}

impl<'w> Whole<'w> {
    fn of(world: &'w World) -> Self {
        Self { world, value: None }
    }

    fn value(&mut self) -> Result<Value, PolicyError> {
        if let Some(value) = &self.value {
            return Ok(value.clone());
        }
        let value = self.world.whole().map_err(|error| refused("every type", &error))?;
        self.value = Some(value.clone());
        Ok(value)
    }
}

/// Whether a policy parses, before any account is read.
///
/// # Errors
/// When it does not, with file and line.
pub(super) fn parse(source: &PolicySource) -> Result<(), PolicyError> {
    add(&mut engine_within(TIME_LIMIT), &source.file, &source.text)
}

/// Parses a policy for a type's engine, or says where it does not parse.
pub(super) fn add(engine: &mut Engine, file: &str, text: &str) -> Result<(), PolicyError> {
    let added = guarded(Some(file), || engine.add_policy(file.to_owned(), text.to_owned()));
    match added.map_err(|message| PolicyError::refused(file, 1, message))? {
        Ok(_) => Ok(()),
        Err(error) => {
            let message = format!("{error:#}");
            Err(PolicyError::refused(file, line_of(&message), brief(&message)))
        }
    }
}

fn refused(subject: &str, error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::Engine { resource_type: subject.to_owned(), reason: brief(&format!("{error:#}")) }
}

/// How long an evaluation of this control may take, on the clock of the wall.
pub(super) fn time_limit(control: &Control) -> Duration {
    if control.origin == Origin::BuiltIn { BUILT_IN_TIME_LIMIT } else { TIME_LIMIT }
}

/// An engine with the settings that every evaluation here has, and this limit for each.
pub(super) fn engine_within(limit: Duration) -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit,
        check_interval: std::num::NonZeroU32::MIN.saturating_add(9_999),
    });
    engine
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
