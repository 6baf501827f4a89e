//! What both ways of a run have in common: a fresh look at what a change touches, and what it says of a call in doubt.

use super::look::{differing, images, states};
use super::{AccountApi, End, GRACE, Log, Run, RunError};
use crate::journal::{Outcome, States};
use crate::plan::Change;
use konecta_base::snapshot::Snapshot;

/// What a call has come to of which no answer came.
pub(super) enum Found {
    /// All is as it was before.
    Untouched,
    /// Every effect is there.
    There,
    /// Something else.
    Neither(String),
}

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    /// Reads afresh.
    pub(super) async fn look(&mut self, change: &Change) -> Result<(Snapshot, States), String> {
        let snapshot = self.account.read(&change.reads).await?;
        let states = states(change, &snapshot)?;
        Ok((snapshot, states))
    }

    /// How a change ends that altered something, with what it left.
    pub(super) async fn ended(&mut self, change: &Change, outcome: Outcome, reason: String) -> Result<End, String> {
        let here = self.here(change, "forward");
        let (snapshot, left) = self.look(change).await?;
        let made = self.made(&here, change, &snapshot).await?;
        Ok(End { outcome, reason, applied: true, left, images: images(change, &snapshot)?, made })
    }

    /// Finds out what became of a forward call.
    pub(super) async fn found(&mut self, change: &Change, before: &States, why: &str) -> Result<Found, RunError> {
        let here = self.here(change, "forward");
        let mut found = Err("it was not looked".to_owned());
        for seconds in GRACE {
            self.grace(seconds).await;
            found = async {
                let (snapshot, now) = self.look(change).await?;
                if differing(&now, before).is_empty() && self.none_created(&here, change).await? {
                    return Ok(Found::Untouched);
                }
                let missing = self.missing(&here, change, &snapshot).await?;
                if missing.is_empty() {
                    return Ok(Found::There);
                }
                let told = missing.join("; ");
                Ok(Found::Neither(format!("{why}, and it is neither as before nor as planned: {told}")))
            }
            .await;
            // What is untouched may only not be seen yet: one more look before it is done again.
            if matches!(found, Ok(Found::There)) || seconds > 0 && matches!(found, Ok(Found::Untouched)) {
                break;
            }
        }
        found.map_err(|reason: String| RunError::Blind { change: change.id.clone(), reason })
    }
}
