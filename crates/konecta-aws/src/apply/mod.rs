//! The calls of a change: any declared operation, from the JSON of `--cli-input-json` to the JSON that the CLI prints.
//!
//! The SDK's client makes the call: endpoint, signature, timeouts are its own. Its input type is not used, because it
//! cannot be built from JSON and has no place for members that it does not know; the request is written by the shape
//! tables and put into the call before it is signed.
//! Knows nothing of plans, of what a call is for, or of what is to be done when it fails.

#[cfg(test)]
mod emulated;
pub(crate) mod envelope;
mod failure;
mod operations;
#[cfg(test)]
mod tests;
mod whole;

use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use konecta_base::id::Region;
use serde_json::Value;

pub use failure::{CallFailure, CallFailureKind};
pub use operations::{DECLARED, DeclaredOperation, Kind, declared};

use crate::classify::Failure;
use crate::clock;
use crate::paging::{self, Received, Token, Walk};
use crate::session::Account;
use crate::wire::request::{Requests, encode, requests};
use crate::wire::{self, Pages, Tap, Wire};
use envelope::Envelope;

/// A throttled write was not done, so it is sent again, this often and after these pauses. Nothing else is: an answer
/// that was lost says nothing about whether the change was made, and the run looks that up instead of guessing.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// Makes a call and answers what the CLI would print. A reading operation is read to its last page and tried again by the
/// SDK's rules; a writing one is sent once, and again only when it was throttled.
///
/// The answer of a read is not redacted: what is amended goes back as it came. It must not be kept or shown.
///
/// # Errors
/// Every [`CallFailure`]; its kind says whether the change can have been made.
pub async fn perform(
    account: &Account,
    region: &Region,
    service: &str,
    operation: &str,
    parameters: &Value,
) -> Result<Value, CallFailure> {
    perform_with(&account.sdk(region), service, operation, parameters).await
}

/// Whether parameters are those of a declared operation, without sending anything.
///
/// # Errors
/// As [`perform`] would say, with [`CallFailureKind::Invalid`].
pub fn check(service: &str, operation: &str, parameters: &Value) -> Result<(), CallFailure> {
    known(service, operation)?;
    encode(requests(service)?, operation, parameters)?;
    Ok(())
}

fn known(service: &str, operation: &str) -> Result<&'static DeclaredOperation, CallFailure> {
    declared(service, operation).ok_or_else(|| {
        let message = format!("{service} {operation} is not declared in apply/operations.rs");
        CallFailure::new(CallFailureKind::Invalid, "UnknownOperation", message)
    })
}

async fn perform_with(
    sdk: &SdkConfig,
    service: &str,
    operation: &str,
    parameters: &Value,
) -> Result<Value, CallFailure> {
    let declared = known(service, operation)?;
    let desk = Caller { sdk: with_retries(sdk, declared.kind), declared, table: requests(service)? };
    let outcome = match (declared.kind, wire::table(declared.prefix)?.pages(operation)?) {
        (Kind::Read, Some(pages)) => desk.all_pages(pages, parameters).await,
        (Kind::Read, None) => desk.once(parameters).await,
        (Kind::Write, _) => desk.write(parameters).await,
    };
    outcome.map_err(|failure| failure.without_values(parameters))
}

/// Reads are tried again as those of a scan are, writes are not.
fn with_retries(sdk: &SdkConfig, kind: Kind) -> SdkConfig {
    let retries = match kind {
        Kind::Read => sdk.retry_config().cloned().unwrap_or_else(|| RetryConfig::standard().with_max_attempts(3)),
        Kind::Write => RetryConfig::disabled(),
    };
    sdk.to_builder().retry_config(retries).build()
}

struct Caller {
    sdk: SdkConfig,
    declared: &'static DeclaredOperation,
    table: &'static Requests,
}

impl Caller {
    async fn write(&self, parameters: &Value) -> Result<Value, CallFailure> {
        for pause in PAUSES {
            match self.once(parameters).await {
                Err(failure) if failure.kind == CallFailureKind::Throttled => tokio::time::sleep(pause).await,
                outcome => return outcome,
            }
        }
        self.once(parameters).await
    }

    /// Writes, sends, decodes.
    async fn once(&self, parameters: &Value) -> Result<Value, CallFailure> {
        let DeclaredOperation { service, operation, prefix, .. } = *self.declared;
        let encoded = encode(self.table, operation, parameters)?;
        let tap = Tap::default();
        let sent = operations::call(&self.sdk, service, operation, parameters, Envelope(encoded), tap.clone());
        let Some(sent) = sent else { return Err(known(service, "").err().unwrap_or_else(Self::silent)) };
        sent.await?;
        let heard = tap.take().ok_or_else(Self::silent)?;
        let value = wire::decode(wire::table(prefix)?, operation, &heard)?;
        self.is_whole(&heard, &value)?;
        Ok(value)
    }

    fn silent() -> CallFailure {
        CallFailure::new(CallFailureKind::OutcomeUnknown, "BrokenAnswer", "the answer has no body")
    }

    /// What goes back whole must have been understood whole.
    fn is_whole(&self, heard: &Wire, value: &Value) -> Result<(), CallFailure> {
        match &self.table.operation(self.declared.operation)?.whole {
            Some([write, member]) => whole::check(self.table, write, member, &heard.body, value),
            None => Ok(()),
        }
    }

    /// The first page with the lists of all pages in it.
    async fn all_pages(&self, pages: &Pages, parameters: &Value) -> Result<Value, CallFailure> {
        let names = &self.table.operation(self.declared.operation)?.token;
        let first = std::cell::RefCell::new(None);
        let failed = std::cell::RefCell::new(None);
        let fetch = |token: Token| {
            let mut parameters = parameters.clone();
            for (part, name) in names.iter().enumerate() {
                if let (Some(text), Value::Object(map)) = (token.part(part), &mut parameters) {
                    map.insert(name.clone(), Value::String(text));
                }
            }
            let (first, failed) = (&first, &failed);
            async move {
                match self.once(&parameters).await {
                    Ok(value) => {
                        first.borrow_mut().get_or_insert_with(|| value.clone());
                        Ok(Received { value, at: clock::now() })
                    }
                    Err(failure) => {
                        let told = Failure::broken(failure.message.clone());
                        *failed.borrow_mut() = Some(failure);
                        Err(told)
                    }
                }
            }
        };
        let Walk { items, failure, .. } = paging::walk(pages, paging::MAX_PAGES, fetch).await;
        match (failed.into_inner(), failure) {
            (Some(failure), _) => return Err(failure),
            (None, Some(failure)) => return Err(failure.into()),
            (None, None) => {}
        }
        let mut answer = first.into_inner().ok_or_else(Self::silent)?;
        for (path, items) in pages.items.iter().zip(items) {
            put_list(&mut answer, path, items.into_iter().map(|heard| heard.value).collect());
        }
        for path in pages.token.iter().chain(&pages.more) {
            take(&mut answer, path);
        }
        Ok(answer)
    }
}

fn holder<'a, 'p>(answer: &'a mut Value, path: &'p str) -> Option<(&'a mut serde_json::Map<String, Value>, &'p str)> {
    let (parent, name) = path.rsplit_once('.').map_or((None, path), |(parent, name)| (Some(parent), name));
    let holder = match parent {
        Some(parent) => parent.split('.').try_fold(answer, |value, step| value.get_mut(step))?,
        None => answer,
    };
    Some((holder.as_object_mut()?, name))
}

fn put_list(answer: &mut Value, path: &str, items: Vec<Value>) {
    let Some((map, name)) = holder(answer, path) else { return };
    if let Some(quantity) = map.get_mut("Quantity") {
        *quantity = Value::from(items.len());
    }
    map.insert(name.to_owned(), Value::Array(items));
}

fn take(answer: &mut Value, path: &str) {
    if let Some((map, name)) = holder(answer, path) {
        map.remove(name);
    }
}
