//! The way back: what the run changed is taken back, the last first, each only while what the run did to it still stands.

use super::carry::Found;
use super::compare::{Three, conflicts, listed};
use super::look::{also_changed, images, states_and_kin};
use super::resolve::Unsent;
use super::wait::mark;
use super::{AccountApi, End, FailureKind, GRACE, Images, Log, Run, RunError, RunEvent};
use crate::journal::{Event, InFlight, Outcome, Stage, States, Way};
use crate::plan::Change;
use crate::simulate;
use crate::step::{Effect, Wait};
use konecta_base::snapshot::Snapshot;

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    pub(super) async fn back(&mut self) -> Result<(), RunError> {
        let changes = self.run_state.plan.changes.clone();
        for change in &changes {
            if let Stage::InFlight(in_flight) = self.run_state.stage(Way::Forward, &change.id) {
                self.close(change, &in_flight).await?;
            }
        }
        let applied: Vec<Change> = self.run_state.applied().cloned().collect();
        let wanted: Vec<Change> = self.run_state.to_take_back().cloned().collect();
        for change in wanted.iter().rev() {
            let is_pending = matches!(self.run_state.stage(Way::Back, &change.id), Stage::Pending);
            if is_pending && self.account.interrupted() {
                return Err(RunError::Interrupted(change.id.clone()));
            }
            self.go_back(change, &applied).await?;
        }
        Ok(())
    }

    /// Takes one change back, or goes on with that; nothing where it is settled.
    pub(super) async fn go_back(&mut self, change: &Change, applied: &[Change]) -> Result<(), RunError> {
        match self.run_state.stage(Way::Back, &change.id) {
            Stage::Settled(_) => Ok(()),
            Stage::InFlight(in_flight) => {
                self.account.tell(RunEvent::Begun(change, Way::Back));
                self.take_back_on(change, in_flight).await
            }
            Stage::Pending => {
                self.account.tell(RunEvent::Begun(change, Way::Back));
                self.take_back(change, applied).await
            }
        }
    }

    /// Says what became of a change that a kill left open, without making it.
    async fn close(&mut self, change: &Change, in_flight: &InFlight) -> Result<(), RunError> {
        let end = match self.found(change, &in_flight.before, "the run was stopped while it was made").await? {
            Found::Untouched => End::untouched(Outcome::Failed, "the run was stopped before it was made"),
            Found::There => {
                let reason = "the run was stopped before it was verified".to_owned();
                self.ended(change, Outcome::Unverified, reason).await.map_err(|reason| blind(change, reason))?
            }
            Found::Neither(reason) => End::blank(Outcome::Failed, reason),
        };
        self.over(change, Way::Forward, end).await
    }

    async fn take_back(&mut self, change: &Change, applied: &[Change]) -> Result<(), RunError> {
        if let Some(reason) = self.still_needed(change, applied) {
            return self.over(change, Way::Back, End::untouched(Outcome::Skipped, reason)).await;
        }
        if change.inverse.is_empty() {
            return self
                .over(change, Way::Back, End::untouched(Outcome::Refused, "there is no way back from it"))
                .await;
        }
        let here = self.here(change, "back");
        let seen = match self.as_left(change).await {
            Ok((before, images)) => self.held(&here, &change.waits).await.map(|(_, marks)| (before, images, marks)),
            Err(reason) => Err(reason),
        };
        let (before, images, marks) = match seen {
            Ok(seen) => seen,
            Err(reason) => return self.over(change, Way::Back, End::untouched(Outcome::Refused, reason)).await,
        };
        let held =
            self.run_state.settled(Way::Forward, &change.id).map(|settled| settled.held.clone()).unwrap_or_default();
        let in_flight = InFlight { before, held, called: 0, left: None, marks, images };
        let intent = Event::Intent {
            change: change.id.clone(),
            way: Way::Back,
            before: in_flight.before.clone(),
            held: in_flight.held.clone(),
            marks: in_flight.marks.clone(),
            images: in_flight.images.clone(),
        };
        self.note(&intent).await?;
        self.undo(change, 0, &in_flight).await
    }

    /// What rests on a change is taken back before it, or it stays.
    fn still_needed(&self, change: &Change, applied: &[Change]) -> Option<String> {
        let stays = |other: &&Change| {
            other.needs.contains(&change.id)
                && self.run_state.settled(Way::Back, &other.id).is_none_or(|settled| settled.outcome != Outcome::Done)
        };
        applied.iter().find(stays).map(|other| format!("{} rests on it, and was not taken back", other.id))
    }

    /// The touched resources, if what this run did to them still stands as the run left it. What else was done to them does
    /// not matter.
    async fn as_left(&mut self, change: &Change) -> Result<(States, Images), String> {
        let here = self.here(change, "back");
        let mut told = Vec::new();
        for seconds in GRACE {
            self.grace(seconds).await;
            let (snapshot, now) = self.look(change).await?;
            told = self.overlaid(change, &snapshot, &now)?;
            told.extend(self.not_ours(&here, change, &snapshot).await?);
            if told.is_empty() {
                return Ok((states_and_kin(change, &snapshot)?, images(change, &snapshot)?));
            }
        }
        Err(format!("changed since by somebody else: {}", told.join("; ")))
    }

    /// What somebody else has done since to what the way back would set; empty if nothing.
    fn overlaid(&self, change: &Change, snapshot: &Snapshot, now: &States) -> Result<Vec<String>, String> {
        let settled = self.run_state.settled(Way::Forward, &change.id);
        let mut told = Vec::new();
        for (arn, hash) in now {
            let name = arn.short_name();
            let expected = change.expects.iter().find(|expected| &expected.arn == arn);
            let (then, there) = (settled.map(|settled| (&settled.before, &settled.after)), hash.is_some());
            let Some(((before, after), expected)) = then.zip(expected) else {
                return Err(format!("what this run left of {name} is not known; look at it"));
            };
            if let (Some(before), Some(ours)) = (before.get(arn), after.get(arn)) {
                let Some(resource) = snapshot.resources.iter().find(|resource| &resource.arn == arn) else {
                    told.push(format!("{name} is not there any more"));
                    continue;
                };
                let body = simulate::body(resource).map_err(|error| error.to_string())?;
                let three = Three { before, ours, now: &body };
                let found = conflicts(&expected.resource_type, three, &change.inverse)?;
                told.extend(found.into_iter().map(|conflict| format!("{name} {conflict}")));
                continue;
            }
            // What was made has its own comparison; what was removed, or stands in a journal without images, is known by its
            // hash alone.
            let made = change
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Created { resource, .. } if &resource.reference.arn == arn));
            match self.run_state.left.get(arn) {
                None => return Err(format!("what this run left of {name} is not known; look at it")),
                Some(left) if left == hash || made && there && self.run_state.version >= 2 => {}
                Some(_) => told.push(name.to_owned()),
            }
        }
        Ok(told)
    }

    /// Makes the calls of the way back from the given one on, and verifies.
    async fn undo(&mut self, change: &Change, first: usize, then: &InFlight) -> Result<(), RunError> {
        for (number, call) in change.inverse.iter().enumerate().skip(first) {
            let here = self.here(change, &format!("back {number}"));
            let failed = match self.send(&here, call).await {
                Ok(_) => None,
                Err(Unsent::Stale(told)) => Some((Outcome::Refused, format!("changed since by somebody else: {told}"))),
                Err(Unsent::Unresolved(told)) => Some((Outcome::Failed, told)),
                Err(Unsent::Call(failure)) => match failure.kind {
                    // Whether it was done shows below; done or not, it is not done twice without a look.
                    FailureKind::Unknown => match self.last_seen(change).await? {
                        true => Some((Outcome::Failed, failure.to_string())),
                        false => None,
                    },
                    FailureKind::Stale => Some((Outcome::Refused, failure.to_string())),
                    FailureKind::NotDone => Some((Outcome::Failed, failure.to_string())),
                },
            };
            if let Some((outcome, reason)) = failed {
                let (_, left) = self.look(change).await.map_err(|reason| blind(change, reason))?;
                let end = End { applied: number > 0, left, ..End::blank(outcome, reason) };
                return self.over(change, Way::Back, end).await;
            }
            let left = match number + 1 < change.inverse.len() {
                true => Some(self.kin(change).await?),
                false => None,
            };
            self.note(&Event::Called { change: change.id.clone(), way: Way::Back, call: number, left }).await?;
        }
        let here = self.here(change, "back");
        let since = self.account.now();
        for (number, wait) in then.held.iter().filter_map(|number| Some((*number, change.waits.get(*number)?))) {
            // What is bad now may be what is just being undone: only its time ends such a wait.
            let patient = Wait { failed: Vec::new(), ..wait.clone() };
            if let Err(reason) = self.until(&here, &patient, mark(&then.marks, number), since).await {
                let (_, left) = self.look(change).await.map_err(|reason| blind(change, reason))?;
                return self.over(change, Way::Back, End { left, ..End::blank(Outcome::Failed, reason) }).await;
            }
        }
        self.verify_back(change, then).await
    }

    /// Whether all is still as it was before the call whose answer was lost.
    async fn last_seen(&mut self, change: &Change) -> Result<bool, RunError> {
        let Stage::InFlight(in_flight) = self.run_state.stage(Way::Back, &change.id) else { return Ok(true) };
        let then = in_flight.left.unwrap_or(in_flight.before);
        for seconds in GRACE {
            self.grace(seconds).await;
            let now = self.kin(change).await?;
            let here = self.here(change, "back");
            let created = self.none_created(&here, change).await.map_err(|reason| blind(change, reason))?;
            let made_something = change.effects.iter().any(|effect| matches!(effect, crate::Effect::Created { .. }));
            if now != then || made_something && created {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn kin(&mut self, change: &Change) -> Result<States, RunError> {
        let seen = self.look(change).await;
        seen.and_then(|(snapshot, _)| states_and_kin(change, &snapshot)).map_err(|reason| blind(change, reason))
    }

    /// Goes on where a kill left the way back.
    async fn take_back_on(&mut self, change: &Change, in_flight: InFlight) -> Result<(), RunError> {
        let called = in_flight.called;
        // The call after the last answered one is in doubt, unless all of them were answered.
        let done = called < change.inverse.len() && !self.last_seen(change).await?;
        if done {
            let left = match called + 1 < change.inverse.len() {
                true => Some(self.kin(change).await?),
                false => None,
            };
            self.note(&Event::Called { change: change.id.clone(), way: Way::Back, call: called, left }).await?;
        }
        self.undo(change, called + usize::from(done), &in_flight).await
    }

    async fn verify_back(&mut self, change: &Change, then: &InFlight) -> Result<(), RunError> {
        let here = self.here(change, "back");
        let mut end = Err("it was not looked".to_owned());
        for seconds in GRACE {
            self.grace(seconds).await;
            end = async {
                let (now, left) = self.look(change).await?;
                let missing = self.not_back(&here, change, &then.before, &now).await?;
                if !missing.is_empty() {
                    return Ok(End { left, ..End::blank(Outcome::NoEffect, missing.join("; ")) });
                }
                let strays = also_changed(change, Way::Back, &then.images, &now)?;
                Ok(match strays.is_empty() {
                    true => End { left, ..End::blank(Outcome::Done, "") },
                    false => {
                        let reason = format!("also changed: {}", listed(strays));
                        End { left, ..End::blank(Outcome::Unverified, reason) }
                    }
                })
            }
            .await;
            if end.as_ref().is_ok_and(|end: &End| end.outcome == Outcome::Done) {
                break;
            }
        }
        let end = end.map_err(|reason: String| blind(change, reason))?;
        self.over(change, Way::Back, end).await
    }
}

fn blind(change: &Change, reason: String) -> RunError {
    RunError::Blind { change: change.id.clone(), reason }
}
