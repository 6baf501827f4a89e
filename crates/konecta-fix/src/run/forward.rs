//! The way forward: each change read, compared, written down, made, waited for and verified. And what a kill left open.

use super::carry::Found;
use super::compare::listed;
use super::look::{also_changed, differing, images};
use super::resolve::{Here, Unsent, token};
use super::wait::mark;
use super::{AccountApi, End, FailureKind, GRACE, Images, Log, Run, RunError, RunEvent};
use crate::journal::{Event, InFlight, Outcome, Stage, States, Way};
use crate::plan::Change;
use konecta_base::id::Arn;

/// How often a call is made whose answers are lost while nothing changes.
const TRIES: usize = 3;

/// Why a change of a journal is not made.
const NOT_PROPOSED: &str =
    "no remedy proposes it for the account as it is now; plan what is left with `konecta-audit fix`";

/// Whether the run goes on after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    /// Something is neither as it was nor as it should be: a person has to look.
    Stop,
}

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    pub(super) async fn forward(&mut self) -> Result<(), RunError> {
        for change in self.run_state.plan.changes.clone() {
            let next = match self.run_state.stage(Way::Forward, &change.id) {
                Stage::Settled(_) if !self.run_state.is_turned_around(&change) => continue,
                Stage::Settled(_) => self.turn_around(&change).await?,
                Stage::InFlight(in_flight) => self.take_up(&change, in_flight).await?,
                Stage::Pending => {
                    if self.account.interrupted() {
                        return Err(RunError::Interrupted(change.id));
                    }
                    self.account.tell(RunEvent::Begun(&change, Way::Forward));
                    self.begin_change(&change).await?
                }
            };
            if next == Next::Stop {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn here(&self, change: &Change, call: &str) -> Here {
        Here { region: change.resource.region.clone(), token: token(&self.run_state.run, &change.id, call) }
    }

    async fn begin_change(&mut self, change: &Change) -> Result<Next, RunError> {
        let end = |outcome, reason: String| End::untouched(outcome, reason);
        if let Some(reason) = self.expired.clone().or_else(|| self.unmet(change)) {
            self.over(change, Way::Forward, end(Outcome::Skipped, reason)).await?;
            return Ok(Next::GoOn);
        }
        if self.unproposed.contains(&change.id) {
            self.over(change, Way::Forward, end(Outcome::Refused, NOT_PROPOSED.to_owned())).await?;
            return Ok(Next::GoOn);
        }
        let (before, images) = match self.unchanged(change).await {
            Ok(seen) => seen,
            Err(reason) => {
                self.over(change, Way::Forward, end(Outcome::Refused, reason)).await?;
                return Ok(Next::GoOn);
            }
        };
        let here = self.here(change, "forward");
        for wait in &change.requires {
            let now = self.account.now();
            if let Err(reason) = self.until(&here, wait, None, now).await {
                self.over(change, Way::Forward, end(Outcome::Refused, format!("not ready: {reason}"))).await?;
                return Ok(Next::GoOn);
            }
        }
        let (held, marks) = match self.held(&here, &change.waits).await {
            Ok(seen) => seen,
            Err(reason) => {
                self.over(change, Way::Forward, end(Outcome::Refused, format!("not ready: {reason}"))).await?;
                return Ok(Next::GoOn);
            }
        };
        let (id, way) = (change.id.clone(), Way::Forward);
        self.note(&Event::Intent { change: id, way, before: before.clone(), held, marks, images }).await?;
        self.make(change, &before, false).await
    }

    /// Why a change is not begun: what it needs was not done. What is not in the plan counts as done.
    fn unmet(&self, change: &Change) -> Option<String> {
        let is_in_plan = |id: &&String| self.run_state.plan.changes.iter().any(|other| &other.id == *id);
        let undone = |id: &&String| {
            self.run_state.settled(Way::Forward, id).is_none_or(|settled| settled.outcome != Outcome::Done)
        };
        let id = change.needs.iter().filter(is_in_plan).find(undone)?;
        let came = self.run_state.settled(Way::Forward, id).map_or("not done".to_owned(), |s| s.outcome.to_string());
        Some(format!("it needs {id}, which was {came}"))
    }

    /// The touched resources as they are, if that is how the plan or this run left them.
    async fn unchanged(&mut self, change: &Change) -> Result<(States, Images), String> {
        let mut expected: States =
            change.expects.iter().map(|expected| (expected.arn.clone(), expected.sha256.clone())).collect();
        // What this run left counts for what was planned on the same state. A change that did not fit the account when the run
        // began must not come to fit it by what the run does.
        let is_planned_alike = |arn: &Arn| expected.get(arn).is_some_and(|hash| self.is_left_from(change, arn, hash));
        let own: States = self.run_state.left.iter().filter(|(arn, _)| is_planned_alike(arn)).map(own_entry).collect();
        let is_ours = !own.is_empty();
        expected.extend(own);
        let here = self.here(change, "forward");
        let mut told = String::new();
        // A resource that this run has just changed may still be read as it was before.
        for seconds in GRACE.into_iter().take(if is_ours { GRACE.len() } else { 1 }) {
            self.grace(seconds).await;
            let (snapshot, now) = self.look(change).await?;
            let differing = differing(&now, &expected);
            if differing.is_empty() {
                return match self.none_created(&here, change).await? {
                    true => Ok((now, images(change, &snapshot)?)),
                    false => Err("what it would make is there already".to_owned()),
                };
            }
            let names: Vec<&str> = differing.iter().map(konecta_base::id::Arn::short_name).collect();
            told = format!("changed since the plan: {}", names.join(", "));
        }
        Err(told)
    }

    /// Whether a change before this one was planned on this state of a resource, and was found to fit it.
    fn is_left_from(&self, change: &Change, arn: &Arn, hash: &Option<String>) -> bool {
        let earlier = self.run_state.plan.changes.iter().take_while(|other| other.id != change.id);
        let mut earlier = earlier.filter(|other| {
            self.run_state.settled(Way::Forward, &other.id).is_some_and(|settled| match settled.outcome {
                Outcome::Done | Outcome::Failed | Outcome::NoEffect | Outcome::Unverified => true,
                Outcome::Refused | Outcome::Skipped => false,
            })
        });
        earlier.any(|other| other.expects.iter().any(|expected| &expected.arn == arn && &expected.sha256 == hash))
    }

    /// Makes the call, and finds out what became of it where no answer came.
    async fn make(&mut self, change: &Change, before: &States, mut in_doubt: bool) -> Result<Next, RunError> {
        let here = self.here(change, "forward");
        let mut told = String::new();
        for _ in 0..TRIES {
            let failed = match self.send(&here, &change.call).await {
                Ok(_) => {
                    self.note(&called(change)).await?;
                    return self.finish(change).await;
                }
                Err(failed) => failed,
            };
            let (outcome, reason, is_unknown) = match failed {
                Unsent::Stale(told) => (Outcome::Refused, format!("changed since the plan: {told}"), false),
                Unsent::Unresolved(told) => (Outcome::Failed, told, false),
                Unsent::Call(failure) => {
                    let outcome = match failure.kind {
                        FailureKind::Stale => Outcome::Refused,
                        FailureKind::NotDone | FailureKind::Unknown => Outcome::Failed,
                    };
                    (outcome, failure.to_string(), failure.kind == FailureKind::Unknown)
                }
            };
            if !is_unknown && !in_doubt {
                self.over(change, Way::Forward, End::untouched(outcome, reason)).await?;
                return Ok(Next::GoOn);
            }
            in_doubt |= is_unknown;
            match self.found(change, before, &reason).await? {
                Found::There => {
                    self.note(&called(change)).await?;
                    return self.finish(change).await;
                }
                Found::Neither(reason) => return self.stop(change, reason).await,
                Found::Untouched if !is_unknown => {
                    self.over(change, Way::Forward, End::untouched(outcome, reason)).await?;
                    return Ok(Next::GoOn);
                }
                Found::Untouched => told = reason,
            }
        }
        self.over(change, Way::Forward, End::untouched(Outcome::Failed, told)).await?;
        Ok(Next::GoOn)
    }

    /// Goes on where a kill left a change.
    async fn take_up(&mut self, change: &Change, in_flight: InFlight) -> Result<Next, RunError> {
        self.account.tell(RunEvent::Begun(change, Way::Forward));
        if in_flight.called > 0 {
            return self.finish(change).await;
        }
        match self.found(change, &in_flight.before, "the run was stopped while it was made").await? {
            Found::Untouched if self.unproposed.contains(&change.id) => {
                let end = End::untouched(Outcome::Refused, NOT_PROPOSED.to_owned());
                self.over(change, Way::Forward, end).await?;
                Ok(Next::GoOn)
            }
            Found::Untouched => self.make(change, &in_flight.before, true).await,
            Found::There => {
                self.note(&called(change)).await?;
                self.finish(change).await
            }
            Found::Neither(reason) => self.stop(change, reason).await,
        }
    }

    async fn stop(&mut self, change: &Change, reason: String) -> Result<Next, RunError> {
        self.over(change, Way::Forward, End::blank(Outcome::Failed, reason)).await?;
        Ok(Next::Stop)
    }

    /// Waits and verifies; what does not come to a good end is taken back at once.
    async fn finish(&mut self, change: &Change) -> Result<Next, RunError> {
        let here = self.here(change, "forward");
        let marks = match self.run_state.stage(Way::Forward, &change.id) {
            Stage::InFlight(in_flight) => in_flight.marks,
            Stage::Pending | Stage::Settled(_) => Vec::new(),
        };
        let (mut failed, since) = (None, self.account.now());
        for (number, wait) in change.waits.iter().enumerate() {
            if let Err(reason) = self.until(&here, wait, mark(&marks, number), since).await {
                failed = Some(reason);
                break;
            }
        }
        let end = match failed {
            Some(reason) => {
                self.ended(change, Outcome::Failed, reason).await.map_err(|reason| blind(change, reason))?
            }
            None => self.verified(change).await?,
        };
        self.over(change, Way::Forward, end).await?;
        if self.run_state.is_turned_around(change) { self.turn_around(change).await } else { Ok(Next::GoOn) }
    }

    /// Takes back a change that did not come to a good end. What is still not as it was before is for a person, and nothing
    /// more is done.
    async fn turn_around(&mut self, change: &Change) -> Result<Next, RunError> {
        let applied: Vec<Change> = self.run_state.applied().cloned().collect();
        self.go_back(change, &applied).await?;
        Ok(if self.run_state.is_back(&change.id) { Next::GoOn } else { Next::Stop })
    }

    async fn verified(&mut self, change: &Change) -> Result<End, RunError> {
        let (before, images) = match self.run_state.stage(Way::Forward, &change.id) {
            Stage::InFlight(in_flight) => (in_flight.before, in_flight.images),
            Stage::Pending | Stage::Settled(_) => (States::new(), Images::new()),
        };
        let here = self.here(change, "forward");
        let mut end = Err("it was not looked".to_owned());
        for seconds in GRACE {
            self.grace(seconds).await;
            end = self.verdict(&here, change, &before, &images).await;
            if end.as_ref().is_ok_and(|end| end.outcome == Outcome::Done) {
                break;
            }
        }
        end.map_err(|reason| blind(change, reason))
    }

    async fn verdict(&mut self, here: &Here, change: &Change, before: &States, was: &Images) -> Result<End, String> {
        let (snapshot, left) = self.look(change).await?;
        let images = images(change, &snapshot)?;
        let made = self.made(here, change, &snapshot).await?;
        let missing = self.missing(here, change, &snapshot).await?;
        if !missing.is_empty() {
            let is_new = !self.none_created(here, change).await?;
            let applied = is_new || !differing(&left, before).is_empty();
            return Ok(End { outcome: Outcome::NoEffect, reason: missing.join("; "), applied, left, images, made });
        }
        let mut broken = self.broken(change, &snapshot)?;
        let strays = also_changed(change, Way::Forward, was, &snapshot)?;
        if !strays.is_empty() {
            broken.push(format!("also changed: {}", listed(strays)));
        }
        let outcome = if broken.is_empty() { Outcome::Done } else { Outcome::Unverified };
        Ok(End { outcome, reason: broken.join("; "), applied: true, left, images, made })
    }
}

fn own_entry((arn, hash): (&konecta_base::id::Arn, &Option<String>)) -> (konecta_base::id::Arn, Option<String>) {
    (arn.clone(), hash.clone())
}

fn called(change: &Change) -> Event {
    Event::Called { change: change.id.clone(), way: Way::Forward, call: 0, left: None }
}

fn blind(change: &Change, reason: String) -> RunError {
    RunError::Blind { change: change.id.clone(), reason }
}
