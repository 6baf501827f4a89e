//! konecta-aws: the only crate that speaks to AWS.
//!
//! [`Session`] says who asks and where, [`collect`] makes exactly the wanted reads and gives back a
//! [`konecta_base::snapshot::Snapshot`]: resources, what was asked, and what was not answered. It never judges,
//! never prints, and never fills in what AWS did not say.

pub mod apply;
mod breaker;
pub mod call;
pub mod classify;
mod clock;
mod collect;
pub mod draft;
pub mod hub;
pub mod journal;
mod ledger;
pub mod lock;
pub mod organization;
pub mod pace;
mod paging;
pub mod parameter;
mod recording;
pub mod redact;
pub mod s3;
#[cfg(test)]
mod scripted;
pub mod session;
mod session_error;
mod throttled_waits;
pub mod topic;
pub mod wire;

pub use collect::{CollectOptions, collect};
pub use ledger::Scope;
pub use pace::{Limits, Progress, ProgressView};
pub use paging::{Received, Token};
pub use recording::{Recording, RecordingError};
pub use session::{Account, Base, RegionChoice, Role, Session, SessionError, SessionOptions, Timeouts};
