//! The way back: what the run changed is taken back, the last first, each only while it is still as the run left it.

use super::carry::Found;
use super::look::{differing, states_and_kin};
use super::resolve::Unsent;
use super::{Account, End, FailureKind, GRACE, Log, Run, RunError, Told};
use crate::fix::journal::{Doubt, Event, Outcome, Stage, States, Way};
use crate::fix::plan::Change;

impl<A: Account, L: Log> Run<'_, A, L> {
    pub(super) async fn back(&mut self) -> Result<(), RunError> {
        let changes = self.story.plan.changes.clone();
        for change in &changes {
            if let Stage::Open(doubt) = self.story.stage(Way::Forward, &change.id) {
                self.close(change, &doubt).await?;
            }
        }
        let applied: Vec<Change> = self.story.applied().cloned().collect();
        for change in applied.iter().rev() {
            match self.story.stage(Way::Back, &change.id) {
                Stage::Settled(_) => {}
                Stage::Open(doubt) => {
                    self.account.tell(Told::Begun(change, Way::Back));
                    self.take_back_on(change, doubt).await?;
                }
                Stage::Pending => {
                    if self.account.interrupted() {
                        return Err(RunError::Interrupted(change.id.clone()));
                    }
                    self.account.tell(Told::Begun(change, Way::Back));
                    self.take_back(change, &applied).await?;
                }
            }
        }
        Ok(())
    }

    /// Says what became of a change that a kill left open, without making it.
    async fn close(&mut self, change: &Change, doubt: &Doubt) -> Result<(), RunError> {
        let end = match self.found(change, &doubt.before, "the run was stopped while it was made").await? {
            Found::Untouched => End::untouched(Outcome::Failed, "the run was stopped before it was made"),
            Found::There => {
                let (_, left) = self.look(change).await.map_err(|reason| blind(change, reason))?;
                let reason = "the run was stopped before it was verified".to_owned();
                End { outcome: Outcome::Unverified, reason, applied: true, left }
            }
            Found::Neither(reason) => End { outcome: Outcome::Failed, reason, applied: true, left: States::new() },
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
        let before = match self.as_left(change).await {
            Ok(seen) => seen,
            Err(reason) => return self.over(change, Way::Back, End::untouched(Outcome::Refused, reason)).await,
        };
        let held = self.story.settled(Way::Forward, &change.id).map(|settled| settled.held.clone()).unwrap_or_default();
        let intent =
            Event::Intent { change: change.id.clone(), way: Way::Back, before: before.clone(), held: held.clone() };
        self.note(&intent).await?;
        self.undo(change, 0, &held, &before).await
    }

    /// What rests on a change is taken back before it, or it stays.
    fn still_needed(&self, change: &Change, applied: &[Change]) -> Option<String> {
        let stays = |other: &&Change| {
            other.needs.contains(&change.id)
                && self.story.settled(Way::Back, &other.id).is_none_or(|settled| settled.outcome != Outcome::Done)
        };
        applied.iter().find(stays).map(|other| format!("{} rests on it, and was not taken back", other.id))
    }

    /// The touched resources, if they are still as this run left them.
    async fn as_left(&mut self, change: &Change) -> Result<States, String> {
        let mut told = String::new();
        for seconds in GRACE {
            self.grace(seconds).await;
            let (snapshot, now) = self.look(change).await?;
            let unknown = now.keys().find(|arn| !self.story.left.contains_key(*arn));
            if let Some(arn) = unknown {
                return Err(format!("what this run left of {} is not known; look at it", arn.short_name()));
            }
            let differing = differing(&now, &self.story.left);
            if differing.is_empty() {
                return states_and_kin(change, &snapshot);
            }
            let names: Vec<&str> = differing.iter().map(crate::id::Arn::short_name).collect();
            told = format!("changed since by somebody else: {}", names.join(", "));
        }
        Err(told)
    }

    /// Makes the calls of the way back from the given one on, and verifies.
    async fn undo(&mut self, change: &Change, first: usize, held: &[usize], before: &States) -> Result<(), RunError> {
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
                return self.over(change, Way::Back, End { outcome, reason, applied: number > 0, left }).await;
            }
            let left = match number + 1 < change.inverse.len() {
                true => Some(self.kin(change).await?),
                false => None,
            };
            self.note(&Event::Called { change: change.id.clone(), way: Way::Back, call: number, left }).await?;
        }
        let here = self.here(change, "back");
        for wait in held.iter().filter_map(|number| change.waits.get(*number)) {
            if let Err(reason) = self.until(&here, wait).await {
                let (_, left) = self.look(change).await.map_err(|reason| blind(change, reason))?;
                return self
                    .over(change, Way::Back, End { outcome: Outcome::Failed, reason, applied: true, left })
                    .await;
            }
        }
        self.verify_back(change, before).await
    }

    /// Whether all is still as it was before the call whose answer was lost.
    async fn last_seen(&mut self, change: &Change) -> Result<bool, RunError> {
        let Stage::Open(doubt) = self.story.stage(Way::Back, &change.id) else { return Ok(true) };
        let then = doubt.left.unwrap_or(doubt.before);
        for seconds in GRACE {
            self.grace(seconds).await;
            let now = self.kin(change).await?;
            let here = self.here(change, "back");
            let created = self.none_created(&here, change).await.map_err(|reason| blind(change, reason))?;
            let made_something =
                change.effects.iter().any(|effect| matches!(effect, crate::fix::Effect::Created { .. }));
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
    async fn take_back_on(&mut self, change: &Change, doubt: Doubt) -> Result<(), RunError> {
        let Doubt { called, held, before, .. } = doubt;
        // The call after the last answered one is in doubt, unless all of them were answered.
        let done = called < change.inverse.len() && !self.last_seen(change).await?;
        if done {
            let left = match called + 1 < change.inverse.len() {
                true => Some(self.kin(change).await?),
                false => None,
            };
            self.note(&Event::Called { change: change.id.clone(), way: Way::Back, call: called, left }).await?;
        }
        self.undo(change, called + usize::from(done), &held, &before).await
    }

    async fn verify_back(&mut self, change: &Change, before: &States) -> Result<(), RunError> {
        let here = self.here(change, "back");
        let mut end = Err("it was not looked".to_owned());
        for seconds in GRACE {
            self.grace(seconds).await;
            end = async {
                let (now, left) = self.look(change).await?;
                let missing = self.not_back(&here, change, before, &now).await?;
                let outcome = if missing.is_empty() { Outcome::Done } else { Outcome::NoEffect };
                Ok(End { outcome, reason: missing.join("; "), applied: true, left })
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
