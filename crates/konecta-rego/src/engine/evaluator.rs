//! One control with an engine of its own, as one module where that is certain to mean the same, what it answered, and the
//! findings that its answers make.

use std::collections::{BTreeMap, BTreeSet};

use regorus::{Engine, Value};

use super::evaluation::Evaluation;
use super::guard::guarded;
use super::identity_reads::{IDS_READ, IdentityReads};
use super::world::read;
use super::{Way, add, brief, engine_within, refused, time_limit};
use crate::PolicyError;
use crate::catalogue::{Catalogue, Control, Origin};
use crate::flat::{CONTROL, Flat, flatten};
use crate::outline::{FACTS, Outline};
use crate::result_cache::{Number, ResultCache};
use crate::source::PolicySource;
use crate::verdict::{ControlAnswer, FindingBuilder, Open};
use konecta_base::finding::Finding;
use konecta_base::resource_types;
use konecta_base::rule::ControlError;

/// The package of a control that is one module: every reference costs by its length.
const FLAT: &str = "c";

const ASK_FLAT: &str = "data.c.konecta_answers";

const ASK: &str = "data.konecta_ask.konecta_answers";

/// One control with its engine.
pub(super) struct ControlEvaluator<'a> {
    bench: FindingBuilder<'a>,
    engine: Engine,
    /// What a flat control can look at; `None` for one that is run as it is written.
    sight: Option<Sight>,
    /// The members that an open verdict may rest on; `None` where they are not known.
    watched: Option<Watched>,
    result_cache: Option<ResultCache>,
    /// The question that is being asked.
    question: Vec<Number>,
    /// Why it is asked no more: its engine panicked, and nobody knows what state that left it in.
    broken: Option<String>,
    #[cfg(test)]
    evaluations: usize,
}

/// The places in a cut that a flat control can look at.
struct Sight {
    open: Vec<usize>,
    guarded: Vec<usize>,
    identity_reads: IdentityReads,
    /// Whether it may look at ids of rules unnoticed.
    unnoted: bool,
}

/// The members that a control's rules name, whichever way they are run: places in a cut, and their paths.
struct Watched {
    open: Vec<usize>,
    paths: Vec<Vec<String>>,
}

impl Watched {
    /// The members that are not there, and the facts that are not known; of a member that is not there, none of its own.
    fn missing(&self, evaluation: &Evaluation<'_>) -> (Vec<String>, Vec<String>) {
        let places = self.open.iter().zip(&self.paths);
        let absent = places.filter(|&(&place, _)| evaluation.number(place) == Number::NOTHING).map(|(_, path)| path);
        let absent: Vec<&Vec<String>> = absent.collect();
        let is_within =
            |path: &[String]| absent.iter().any(|other| other.len() < path.len() && path.starts_with(other));
        let outermost = absent.iter().filter(|path| !is_within(path));
        let (facts, members): (Vec<&&Vec<String>>, Vec<&&Vec<String>>) =
            outermost.partition(|path| path.first().is_some_and(|first| first == FACTS));
        let named = |path: &[String]| path.join(".");
        let facts: BTreeSet<String> = facts.into_iter().filter_map(|path| path.get(1).cloned()).collect();
        (members.into_iter().map(|path| named(path)).collect(), facts.into_iter().collect())
    }
}

impl<'a> ControlEvaluator<'a> {
    /// Makes the engine of a control; `whole` is all of the world, for one that is run as it is written.
    pub(super) fn new(
        bench: FindingBuilder<'a>,
        catalogue: &Catalogue,
        outline: &mut Outline,
        whole: &mut dyn FnMut() -> Result<Value, PolicyError>,
        way: Way,
    ) -> Result<Self, PolicyError> {
        let control = bench.control;
        let one_module = control.one_module(catalogue.libraries());
        let watched = one_module.map(|OneModule { flat, .. }| Watched {
            open: outline.add(&flat.spelled),
            paths: flat.spelled.iter().cloned().collect(),
        });
        let is_flat = matches!(way, Way::Flat | Way::Remembering);
        // What regorus does not take as one module, it is given as it is written.
        let copy = one_module.filter(|_| is_flat).map(|one| (&one.flat, one.engine.clone()));
        if let Some((flat, Some(mut engine))) = copy {
            let identity_reads =
                IdentityReads::through(&mut engine, &flat.guarded).map_err(|error| refused(control.name(), &error))?;
            let (open, guarded) = (outline.add(&flat.looked_at), outline.add(&flat.guarded));
            let sight = Sight { open, guarded, identity_reads, unnoted: flat.unnoted };
            let result_cache = (way == Way::Remembering).then(ResultCache::default);
            return Ok(Self::of(bench, engine, Some(sight), watched, result_cache));
        }
        let engine = engine_as_written(control, catalogue, whole()?)?;
        Ok(Self::of(bench, engine, None, watched, None))
    }

    fn of(
        bench: FindingBuilder<'a>,
        engine: Engine,
        sight: Option<Sight>,
        watched: Option<Watched>,
        result_cache: Option<ResultCache>,
    ) -> Self {
        Self {
            bench,
            engine,
            sight,
            watched,
            result_cache,
            question: Vec::new(),
            broken: None,
            #[cfg(test)]
            evaluations: 0,
        }
    }

    /// Whether the control is one module.
    #[cfg(test)]
    pub(super) fn is_flat(&self) -> bool {
        self.sight.is_some()
    }

    /// How often the engine was asked about a resource.
    #[cfg(test)]
    pub(super) fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Puts another world around it.
    pub(super) fn change_world(
        &mut self,
        whole: &mut dyn FnMut() -> Result<Value, PolicyError>,
    ) -> Result<(), PolicyError> {
        if let Some(result_cache) = &mut self.result_cache {
            result_cache.forget();
        }
        if self.sight.is_none() {
            self.engine.clear_data();
            self.engine.add_data(whole()?).map_err(|error| refused(self.bench.control.name(), &error))?;
        }
        Ok(())
    }

    /// The verdict on one resource.
    ///
    /// # Errors
    /// When a built-in control has none.
    pub(super) fn judge(&mut self, evaluation: &mut Evaluation<'_>) -> Result<Finding, ControlError> {
        let control = self.bench.control;
        let answer = match &self.broken {
            Some(message) => Err(message.clone()),
            None => guarded(watched_as(control), || self.answer(evaluation)).unwrap_or_else(|message| {
                self.broken = Some(message.clone());
                Err(message)
            }),
        };
        match answer {
            Ok(answer) => {
                let (control, watched) = (self.bench.control, self.watched.as_ref());
                let open = || open(control, watched, evaluation);
                self.bench.judge(&evaluation.reference, evaluation.resource.captured_at, answer, &open)
            }
            Err(message) => self.bench.failed(&evaluation.reference, evaluation.resource.captured_at, &message),
        }
    }

    fn answer(&mut self, evaluation: &mut Evaluation<'_>) -> Result<ControlAnswer, String> {
        let Some(sight) = &self.sight else { return ask(&mut self.engine, read(evaluation.text()?)?, ASK) };
        let result_cache = self.result_cache.as_mut().filter(|result_cache| result_cache.is_worthwhile());
        let mut result_cache = result_cache.filter(|_| evaluation.question(&sight.open, &mut self.question));
        let guarded = |at: usize| sight.guarded.get(at).map_or(Number::UNHEARD, |&place| evaluation.number(place));
        if let Some(answer) =
            result_cache.as_deref_mut().and_then(|result_cache| result_cache.find(&mut self.question, guarded))
        {
            return Ok(answer);
        }
        let input = evaluation.input()?;
        sight.identity_reads.show(input.clone());
        #[cfg(test)]
        {
            self.evaluations += 1;
        }
        let answer = ask(&mut self.engine, input, ASK_FLAT)?;
        if let Some(result_cache) = result_cache {
            evaluation.question(&sight.open, &mut self.question);
            let guarded = |at: usize| sight.guarded.get(at).map_or(Number::UNHEARD, |&place| evaluation.number(place));
            let mut looked = sight.identity_reads.looked();
            if evaluation.holds_ids(&answer, sight.unnoted) {
                looked.push(IDS_READ);
            }
            result_cache.keep(&mut self.question, &looked, guarded, &answer);
        }
        Ok(answer)
    }
}

/// Of the types that one control judges together, the members that only one of them has (RDS API reference, `DBInstance`
/// and `DBCluster`): of the other they are not missing.
const MEMBERS_OF_ONE: [(&str, &[&str]); 2] = [
    (resource_types::RDS_DB_CLUSTER, &["configuration.DBClusterMembers", "configuration.DBClusterParameterGroup"]),
    (
        resource_types::RDS_DB_INSTANCE,
        &[
            "configuration.DBParameterGroups",
            "configuration.ReadReplicaSourceDBInstanceIdentifier",
            "configuration.ReadReplicaSourceDBClusterIdentifier",
        ],
    ),
];

/// What was not there for a control to look at.
fn open(control: &Control, watched: Option<&Watched>, evaluation: &Evaluation<'_>) -> Open {
    let (mut absent, mut underived) = watched.map(|watched| watched.missing(evaluation)).unwrap_or_default();
    let own = evaluation.resource.resource_type.as_str();
    let of_another =
        |path: &String| MEMBERS_OF_ONE.iter().any(|(kind, members)| *kind != own && members.contains(&path.as_str()));
    absent.retain(|path| !of_another(path));
    let told = evaluation.whys();
    let mut whys = Vec::new();
    for fact in &control.metadata.custom.facts {
        if let Some(reasons) = told.get(fact) {
            whys.extend(reasons.iter().cloned());
            underived.retain(|name| name != fact);
        }
    }
    Open { absent, whys, underived }
}

/// A control as one module, ready to be copied for whoever judges with it: a copy shares what was parsed and compiled.
#[derive(Debug)]
pub(crate) struct OneModule {
    flat: Flat,
    /// `None` where regorus does not take it. It lacks the functions by which a control looks: those of a copy are its own.
    engine: Option<Engine>,
}

impl OneModule {
    /// `None` where one module is not certain to mean the same.
    pub(crate) fn of(control: &Control, libraries: &[PolicySource]) -> Option<Self> {
        let flat = flatten(&control.source, libraries)?;
        let engine = flat_engine(control, &flat).ok();
        Some(Self { flat, engine })
    }
}

fn flat_engine(control: &Control, flat: &Flat) -> Result<Engine, PolicyError> {
    let mut engine = engine_within(time_limit(control));
    let questions = questions(control, CONTROL);
    let text = format!("package {FLAT}\n\nimport rego.v1\n\n{}\n{questions}", flat.rules);
    add(&mut engine, &control.source.file, &text)?;
    compiled(engine, control, &format!("data.{FLAT}.konecta_ready"))
}

fn engine_as_written(control: &Control, catalogue: &Catalogue, world: Value) -> Result<Engine, PolicyError> {
    let subject = control.name();
    let mut engine = engine_within(time_limit(control));
    engine.add_data(world).map_err(|error| refused(subject, &error))?;
    for source in named(control, catalogue) {
        add(&mut engine, &source.file, &source.text)?;
    }
    let text = questions(control, &format!("data.{}.", control.source.package));
    add(&mut engine, "konecta_ask.rego", &format!("package konecta_ask\n\nimport rego.v1\n\n{text}"))?;
    compiled(engine, control, "data.konecta_ask.konecta_ready")
}

/// What the watch calls a control; it is kept for what a user wrote.
fn watched_as(control: &Control) -> Option<&str> {
    (control.origin == Origin::User).then(|| control.name())
}

/// The first evaluation compiles everything; better here, once, than on somebody's resource.
fn compiled(mut engine: Engine, control: &Control, ask: &str) -> Result<Engine, PolicyError> {
    engine.set_input(Value::new_object());
    let evaluated = guarded(watched_as(control), || engine.eval_rule(ask.to_owned()));
    evaluated.map_err(|message| refused(control.name(), &message))?.map_err(|error| refused(control.name(), &error))?;
    Ok(engine)
}

/// The controls of the same type, which this one may look at, and the libraries that any of them names, directly or
/// by another library.
fn named<'a>(control: &Control, catalogue: &'a Catalogue) -> Vec<&'a PolicySource> {
    let shares = |other: &&Control| {
        other.metadata.subjects().any(|subject| control.metadata.subjects().any(|own| own == subject))
    };
    let controls = catalogue.controls().filter(shares);
    let controls: Vec<&PolicySource> = controls.map(|other| &other.source).collect();
    let mut open = controls.clone();
    let mut named: BTreeMap<&str, &PolicySource> = BTreeMap::new();
    while let Some(source) = open.pop() {
        for library in catalogue.libraries().iter().filter(|library| source.names(library)) {
            if named.insert(&library.file, library).is_none() {
                open.push(library);
            }
        }
    }
    named.into_values().chain(controls).collect()
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
    // Only heard where nothing is proven.
    if control.source.defines("unknown") {
        let proven = if control.source.defines("not_applicable") {
            format!("\n\tcount({at}not_applicable) == 0")
        } else {
            String::new()
        };
        let _ = writeln!(
            rules,
            "konecta_answers contains [\"unknown\", said] if {{\n\tnot {at}pass\n\tcount({at}violations) == 0{proven}\n\t\
             said := {at}unknown\n\tcount(said) > 0\n}}\n"
        );
    }
    rules
}

fn ask(engine: &mut Engine, input: Value, rule: &str) -> Result<ControlAnswer, String> {
    engine.set_input(input);
    let said = engine.eval_rule(rule.to_owned()).map_err(|error| brief(&format!("{error:#}")))?;
    let mut answer = ControlAnswer::default();
    for item in said.as_set().map_err(|error| error.to_string())?.iter() {
        let content = &item[1];
        match item[0].as_string().map_err(|error| error.to_string())?.as_ref() {
            "pass" => answer.pass = true,
            "violations" => answer.violations = to_plain(content)?,
            "not_applicable" => answer.not_applicable = to_plain(content)?,
            "unknown" => answer.unknown = to_plain(content)?,
            _ => answer.unattainable = to_plain(content)?,
        }
    }
    Ok(answer)
}

fn to_plain<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    let text = value.to_json_str().map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| format!("a rule has another shape than documented: {error}"))
}
