//! Listens to a call of the SDK and keeps the answer as it came over the wire; or ends the call before anything is sent, to know
//! what it would ask.
//! Knows nothing of what the answer means.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use sha2::{Digest, Sha256};

/// One answer of a server.
#[derive(Clone, Default)]
pub struct Wire {
    /// The header fields in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

// Written by hand: a body can hold secrets, and a derived `Debug` would put them into whatever log prints it.
impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl Wire {
    /// One header field; names are compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// SHA-256 of a request as it was written, before it had an endpoint, a signature or a time.
pub(crate) type Fingerprint = [u8; 32];

/// An interceptor for one call; of several attempts the last answer is kept.
#[derive(Debug, Clone, Default)]
pub struct Tap(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    holds_back: bool,
    request: Mutex<Option<Fingerprint>>,
    answer: Mutex<Option<Wire>>,
}

impl Tap {
    /// One that ends the call once its request is written. The orchestrator then goes past its attempts: nothing is signed, sent
    /// or tried again, no retry is paid for, and the call fails.
    pub(crate) fn holding_back() -> Self {
        Self(Arc::new(Inner { holds_back: true, ..Inner::default() }))
    }

    /// Takes the answer out.
    #[must_use]
    pub fn take(&self) -> Option<Wire> {
        self.0.answer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What was held back; `None` where no request could be written.
    pub(crate) fn held_back(&self) -> Option<Fingerprint> {
        *self.0.request.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "konecta-aws-tap"
    }

    fn read_after_serialization(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if !self.0.holds_back {
            return Ok(());
        }
        *self.0.request.lock().unwrap_or_else(PoisonError::into_inner) = fingerprint(context.request());
        Err("held back: only what would be asked was to be known".into())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let wire = response.body().bytes().map(|body| Wire {
            headers: response.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: body.to_vec(),
        });
        *self.0.answer.lock().unwrap_or_else(PoisonError::into_inner) = wire;
        Ok(())
    }
}

/// Method, path and query, headers and body, each with its length before it. Headers are those of the serialiser alone: what
/// names the attempt, its time or its agent is added later. A body that is a stream cannot be known before it is sent.
fn fingerprint(request: &HttpRequest) -> Option<Fingerprint> {
    let body = request.body().bytes()?;
    let mut headers: Vec<(&str, &str)> = request.headers().iter().collect();
    headers.sort_unstable();
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
    part(request.method().as_bytes());
    part(request.uri().as_bytes());
    for (name, value) in headers {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    part(body);
    Some(digest.finalize().into())
}
