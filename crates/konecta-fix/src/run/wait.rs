//! Conditions that are asked for again and again until they hold.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::resolve::{Here, Unsent};
use super::{AccountApi, GRACE, Log, Run, RunEvent};
use crate::step::Wait;

/// The longest pause between two questions.
const LONGEST: Duration = Duration::from_secs(30);

/// One answer.
enum Now {
    Holds,
    NotYet(String),
    Never(String),
}

impl<A: AccountApi, L: Log> Run<'_, A, L> {
    /// Asks until it holds; otherwise says why it does not. `mark` is what the answer named before the call that must be
    /// another after it, and `since` when the call was surely made.
    pub(super) async fn until(
        &mut self,
        here: &Here,
        wait: &Wait,
        mark: Option<&Value>,
        since: Timestamp,
    ) -> Result<(), String> {
        let begun = self.account.now();
        let passed = begun.duration_since(since).unsigned_abs();
        let proves = Duration::from_secs(wait.after_seconds).saturating_sub(passed);
        let limit = proves + Duration::from_secs(wait.timeout_seconds);
        let mut pause = Duration::from_secs(1);
        loop {
            let elapsed = self.account.now().duration_since(begun).unsigned_abs();
            let told = match self.ask(here, wait, mark).await {
                Now::Holds if elapsed >= proves => return Ok(()),
                Now::Holds => "it may still be what was before".to_owned(),
                Now::Never(told) => return Err(format!("{}: {told}", wait.what)),
                Now::NotYet(told) => told,
            };
            if elapsed >= limit {
                return Err(format!("{}: {told} after {} s", wait.what, limit.as_secs()));
            }
            self.account.tell(RunEvent::Waiting { what: &wait.what, elapsed });
            // Not past the moment from which an answer counts, nor past the end.
            let next = if elapsed < proves { proves } else { limit };
            self.account.pause(pause.min(next.saturating_sub(elapsed)).max(Duration::from_millis(1))).await;
            pause = LONGEST.min(pause * 2);
        }
    }

    /// Which of the waits hold now, and what those name that must see something change.
    ///
    /// # Errors
    /// When what must change cannot be asked: then nothing would prove that it has.
    pub(super) async fn held(&mut self, here: &Here, waits: &[Wait]) -> Result<(Vec<usize>, Marks), String> {
        let (mut held, mut marks) = (Vec::new(), Marks::new());
        for (number, wait) in waits.iter().enumerate() {
            if matches!(self.ask(here, wait, None).await, Now::Holds) {
                held.push(number);
            }
            if let Some(place) = &wait.changes {
                marks.push((number, self.named(here, wait, place).await?));
            }
        }
        Ok((held, marks))
    }

    /// What a wait's answer names at a place now.
    async fn named(&mut self, here: &Here, wait: &Wait, place: &str) -> Result<Value, String> {
        let mut told = String::new();
        for seconds in GRACE {
            self.grace(seconds).await;
            let failed = match self.resolve(here, wait.parameters.clone()).await {
                Ok(parameters) => {
                    match self.account.call(&here.region, &wait.service, &wait.operation, &parameters).await {
                        Ok(answer) => return Ok(at(&answer, place)),
                        Err(failure) => failure.to_string(),
                    }
                }
                Err(Unsent::Stale(told) | Unsent::Unresolved(told)) => told,
                Err(Unsent::Call(failure)) => failure.to_string(),
            };
            told = format!("{}: {failed}", wait.what);
        }
        Err(told)
    }

    /// Whether it holds now, and what was found.
    pub(super) async fn asked_once(&mut self, here: &Here, wait: &Wait) -> (bool, String) {
        match self.ask(here, wait, None).await {
            Now::Holds => match self.named(here, wait, &wait.path).await {
                Ok(found) => (true, listed(&found)),
                Err(told) => (false, told),
            },
            Now::NotYet(told) | Now::Never(told) => (false, told),
        }
    }

    async fn ask(&mut self, here: &Here, wait: &Wait, mark: Option<&Value>) -> Now {
        let parameters = match self.resolve(here, wait.parameters.clone()).await {
            Ok(parameters) => parameters,
            Err(Unsent::Stale(told) | Unsent::Unresolved(told)) => return Now::NotYet(told),
            Err(Unsent::Call(failure)) => return Now::NotYet(failure.to_string()),
        };
        let answer = match self.account.call(&here.region, &wait.service, &wait.operation, &parameters).await {
            Ok(answer) => answer,
            Err(failure) if failure.is_passing() || failure.is_absence() => return Now::NotYet(failure.to_string()),
            Err(failure) => return Now::Never(failure.to_string()),
        };
        let mut named = Vec::new();
        let steps: Vec<&str> = wait.path.split('/').skip(1).collect();
        gather(&answer, &steps, &mut named);
        if let Some(bad) = named.iter().find(|value| wait.failed.contains(value)) {
            return Now::Never(format!("it is {bad}"));
        }
        if let (Some(place), Some(was)) = (&wait.changes, mark)
            && &at(&answer, place) == was
        {
            return Now::NotYet("the answer is still the one of before".to_owned());
        }
        match named.iter().find(|value| !wait.until.contains(value)) {
            Some(other) => Now::NotYet(format!("it is {other}")),
            None if named.is_empty() => Now::NotYet("there is nothing to see".to_owned()),
            None => Now::Holds,
        }
    }
}

/// `"ACTIVE"`, or `"healthy", "healthy"`.
fn listed(found: &Value) -> String {
    found.as_array().map(|all| all.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// Everything that a pointer names in an answer, as a list.
fn at(answer: &Value, place: &str) -> Value {
    let mut named = Vec::new();
    let steps: Vec<&str> = place.split('/').skip(1).collect();
    gather(answer, &steps, &mut named);
    Value::Array(named.into_iter().cloned().collect())
}

/// What the waits of a change must see change, by their numbers.
pub(super) type Marks = Vec<(usize, Value)>;

/// The mark of a wait.
pub(super) fn mark(marks: &[(usize, Value)], number: usize) -> Option<&Value> {
    marks.iter().find(|(wait, _)| *wait == number).map(|(_, was)| was)
}

/// Everything that a pointer names; `*` stands for every element of a list.
fn gather<'a>(value: &'a Value, steps: &[&str], named: &mut Vec<&'a Value>) {
    let Some((step, rest)) = steps.split_first() else {
        named.push(value);
        return;
    };
    if *step == "*" {
        value.as_array().into_iter().flatten().for_each(|item| gather(item, rest, named));
    } else if let Some(inner) = value.pointer(&format!("/{step}")) {
        gather(inner, rest, named);
    }
}

#[cfg(test)]
mod tests;
