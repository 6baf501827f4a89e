//! What a journal says has happened so far: the same whether it is read back or just being written.
//! Knows events and nothing of what is to be done next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::{Event, Images, Line, Made, Outcome, States, VERSION, Way};
use crate::plan::{Change, Plan};
use crate::step::Class;

/// How far a change has come, one way.
#[derive(Debug, Clone, Default)]
pub enum Stage {
    /// Not begun.
    #[default]
    Pending,
    /// Meant to be done, and no word of what came of it.
    InFlight(InFlight),
    /// Over.
    Settled(Settled),
}

/// What is known of a change without an outcome.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// What the touched resources were like before its first call.
    pub before: States,
    /// Which waits held before.
    pub held: Vec<usize>,
    /// How many of its calls were answered.
    pub called: usize,
    /// What the touched resources were like after the last of them.
    pub left: Option<States>,
    /// What the waits named before that must see something change.
    pub marks: Vec<(usize, Value)>,
    /// What the touched resources were before, whole.
    pub images: Images,
}

/// What came of a change.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The outcome.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// Whether something was changed.
    pub applied: bool,
    /// Which waits held before.
    pub held: Vec<usize>,
    /// What the touched resources were before, whole.
    pub before: Images,
    /// What they were when it was over, whole.
    pub after: Images,
    /// What was made.
    pub made: Vec<Made>,
}

/// A run so far.
#[derive(Debug, Clone)]
pub struct RunState {
    /// The version of its lines.
    pub version: u32,
    /// Its name.
    pub run: String,
    /// Who began it.
    pub who: String,
    /// When.
    pub begun_at: Timestamp,
    /// What was to be done.
    pub plan: Plan,
    /// Which way it goes now.
    pub way: Way,
    /// Whether it has come to its end, on the way it goes now.
    pub ended: bool,
    /// What this run itself left behind, resource by resource.
    pub left: States,
    /// The changes that a rollback takes back; all if empty.
    pub only: Vec<String>,
    forward: BTreeMap<String, Stage>,
    back: BTreeMap<String, Stage>,
}

impl RunState {
    /// What the lines tell; `None` if they do not begin with the beginning.
    #[must_use]
    pub fn of(lines: &[Line]) -> Option<Self> {
        let (first, rest) = lines.split_first()?;
        let Event::Begun { version, run, who, plan, .. } = &first.event else { return None };
        let mut run_state = Self { version: *version, ..Self::new(run, who, first.at, plan) };
        rest.iter().for_each(|line| run_state.take(&line.event));
        Some(run_state)
    }

    /// A run that just begins.
    #[must_use]
    pub fn new(run: &str, who: &str, begun_at: Timestamp, plan: &Plan) -> Self {
        Self {
            version: VERSION,
            run: run.to_owned(),
            who: who.to_owned(),
            begun_at,
            plan: plan.clone(),
            way: Way::Forward,
            ended: false,
            left: States::new(),
            only: Vec::new(),
            forward: BTreeMap::new(),
            back: BTreeMap::new(),
        }
    }

    /// How far a change has come.
    #[must_use]
    pub fn stage(&self, way: Way, change: &str) -> Stage {
        self.stages(way).get(change).cloned().unwrap_or_default()
    }

    /// What came of a change; `None` while nothing has.
    #[must_use]
    pub fn settled(&self, way: Way, change: &str) -> Option<&Settled> {
        match self.stages(way).get(change)? {
            Stage::Settled(settled) => Some(settled),
            Stage::Pending | Stage::InFlight(_) => None,
        }
    }

    /// The changes that altered something, in the order of the plan.
    pub fn applied(&self) -> impl Iterator<Item = &Change> {
        let applied = |change: &&Change| self.settled(Way::Forward, &change.id).is_some_and(|settled| settled.applied);
        self.plan.changes.iter().filter(applied)
    }

    /// The same without those that were taken back already.
    pub fn standing(&self) -> impl Iterator<Item = &Change> {
        self.applied().filter(|change| !self.is_back(&change.id))
    }

    /// What a rollback takes back.
    pub fn to_take_back(&self) -> impl Iterator<Item = &Change> {
        self.applied().filter(|change| self.only.is_empty() || self.only.contains(&change.id))
    }

    /// Whether a change was taken back, and seen to be.
    #[must_use]
    pub fn is_back(&self, change: &str) -> bool {
        self.settled(Way::Back, change).is_some_and(|settled| settled.outcome == Outcome::Done)
    }

    /// Whether a change is one that is taken back at once: something was changed, it did not come to a good end, there is a
    /// way back, and none was gone yet. A run that an earlier version began is gone on with as that one would.
    #[must_use]
    pub fn is_turned_around(&self, change: &Change) -> bool {
        self.version >= 2
            && change.class <= Class::B
            && !change.inverse.is_empty()
            && self.settled(Way::Forward, &change.id).is_some_and(|settled| {
                settled.applied
                    && match settled.outcome {
                        Outcome::Failed | Outcome::NoEffect | Outcome::Unverified => true,
                        Outcome::Done | Outcome::Refused | Outcome::Skipped => false,
                    }
            })
    }

    fn stages(&self, way: Way) -> &BTreeMap<String, Stage> {
        match way {
            Way::Forward => &self.forward,
            Way::Back => &self.back,
        }
    }

    fn stages_mut(&mut self, way: Way) -> &mut BTreeMap<String, Stage> {
        match way {
            Way::Forward => &mut self.forward,
            Way::Back => &mut self.back,
        }
    }

    /// Takes in what happened.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::Begun { .. } => {}
            Event::Resumed { .. } => self.ended = false,
            Event::RollbackBegun { only, .. } => {
                self.only.clone_from(only);
                self.way = Way::Back;
                self.ended = false;
                // What a rollback before this one did not take back is tried again.
                self.back.retain(|_, stage| match stage {
                    Stage::Settled(settled) => settled.outcome == Outcome::Done,
                    Stage::InFlight(_) => true,
                    Stage::Pending => false,
                });
            }
            Event::Intent { change, way, before, held, marks, images } => {
                let in_flight = InFlight {
                    before: before.clone(),
                    held: held.clone(),
                    called: 0,
                    left: None,
                    marks: marks.clone(),
                    images: images.clone(),
                };
                self.stages_mut(*way).insert(change.clone(), Stage::InFlight(in_flight));
            }
            Event::Called { change, way, call, left } => {
                if let Some(Stage::InFlight(in_flight)) = self.stages_mut(*way).get_mut(change) {
                    in_flight.called = call + 1;
                    in_flight.left.clone_from(left);
                }
            }
            Event::Outcome { change, way, outcome, reason, applied, left, images, made } => {
                self.left.extend(left.clone());
                let (held, before) = match self.stages_mut(*way).remove(change) {
                    Some(Stage::InFlight(in_flight)) => (in_flight.held, in_flight.images),
                    Some(Stage::Settled(settled)) => (settled.held, settled.before),
                    Some(Stage::Pending) | None => (Vec::new(), Images::new()),
                };
                let settled = Settled {
                    outcome: *outcome,
                    reason: reason.clone(),
                    applied: *applied,
                    held,
                    before,
                    after: images.clone(),
                    made: made.clone(),
                };
                self.stages_mut(*way).insert(change.clone(), Stage::Settled(settled));
            }
            Event::Ended { way } => {
                self.way = *way;
                self.ended = true;
            }
        }
    }
}
