//! Listens to a call of the SDK and keeps the answer as it came over the wire.
//! Knows nothing of what the answer means.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

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

/// An interceptor for one call; of several attempts the last answer is kept.
#[derive(Debug, Clone, Default)]
pub struct Tap(Arc<Mutex<Option<Wire>>>);

impl Tap {
    /// Takes the answer out.
    #[must_use]
    pub fn take(&self) -> Option<Wire> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Intercept for Tap {
    fn name(&self) -> &'static str {
        "konecta-aws-tap"
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
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = wire;
        Ok(())
    }
}
