//! Conditions that are asked for again and again until they hold.

use std::time::Duration;

use serde_json::Value;

use super::resolve::{Here, Unsent};
use super::{Account, Log, Run, Told};
use crate::fix::step::Wait;

/// The longest pause between two questions.
const LONGEST: Duration = Duration::from_secs(30);

/// One answer.
enum Now {
    Holds,
    NotYet(String),
    Never(String),
}

impl<A: Account, L: Log> Run<'_, A, L> {
    /// Asks until it holds; otherwise says why it does not.
    pub(super) async fn until(&mut self, here: &Here, wait: &Wait) -> Result<(), String> {
        let begun = self.account.now();
        let limit = Duration::from_secs(wait.timeout_seconds);
        let mut pause = Duration::from_secs(1);
        loop {
            let told = match self.ask(here, wait).await {
                Now::Holds => return Ok(()),
                Now::Never(told) => return Err(format!("{}: {told}", wait.what)),
                Now::NotYet(told) => told,
            };
            let elapsed = self.account.now().duration_since(begun).unsigned_abs();
            if elapsed >= limit {
                return Err(format!("{}: {told} after {} s", wait.what, limit.as_secs()));
            }
            self.account.tell(Told::Waiting { what: &wait.what, elapsed });
            self.account.pause(pause.min(limit.saturating_sub(elapsed)).max(Duration::from_millis(1))).await;
            pause = LONGEST.min(pause * 2);
        }
    }

    /// Which of the waits hold now.
    pub(super) async fn held(&mut self, here: &Here, waits: &[Wait]) -> Vec<usize> {
        let mut held = Vec::new();
        for (number, wait) in waits.iter().enumerate() {
            if matches!(self.ask(here, wait).await, Now::Holds) {
                held.push(number);
            }
        }
        held
    }

    async fn ask(&mut self, here: &Here, wait: &Wait) -> Now {
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
        match named.iter().find(|value| !wait.until.contains(value)) {
            Some(other) => Now::NotYet(format!("it is {other}")),
            None if named.is_empty() => Now::NotYet("there is nothing to see".to_owned()),
            None => Now::Holds,
        }
    }
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
