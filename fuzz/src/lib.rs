//! What the fuzz targets share: the sources of readers that stand beside the AWS SDK, and worlds of one resource.
//!
//! The decoder of answers, the recording and the event of the Lambda are compiled from their own files, by links, so that a target is built
//! without the SDK's twenty crates. What those files name of their neighbours stands here in a few lines.

extern crate self as konecta_aws;

pub mod answers;
pub mod sealed;
pub mod world;

#[allow(dead_code, unreachable_pub, unused_imports, reason = "a target calls the readers only")]
pub mod wire;

#[allow(dead_code, unreachable_pub, unused_imports, reason = "a target calls the readers only")]
pub mod classify;

#[allow(dead_code, reason = "a target calls the readers only")]
mod clock;

#[allow(dead_code, reason = "a target calls the readers only")]
pub mod recording;

#[allow(dead_code, reason = "a target calls the readers only")]
mod event;

/// What a recording names of `konecta_aws::call`.
mod call {
    /// What came of one request, and when.
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct CallOutcome {
        pub at: jiff::Timestamp,
        pub outcome: Result<serde_json::Value, crate::classify::Failure>,
    }
}

/// What a recording names of `konecta_aws::ledger`.
mod ledger {
    /// Where is asked.
    #[derive(Debug)]
    pub struct Scope {
        /// The account that is asked.
        pub account: konecta_base::id::AccountId,
        /// The region, or `global`.
        pub region: konecta_base::id::Region,
    }
}

/// What the event names of `konecta_aws::s3`.
pub mod s3 {
        mod place;

    pub use place::S3Place;

    /// Why a text is no place in S3.
    #[derive(Debug)]
    pub enum StoreError {
        /// It is none.
        Scope(String),
    }
}

/// Reads an event of the Lambda; whether it is a request.
pub fn is_request(event: &serde_json::Value) -> bool {
    event::Request::of(event).is_ok()
}
