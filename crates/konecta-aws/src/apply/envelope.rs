//! Puts our own request into a call of the SDK, before the SDK signs and sends it.
//! Knows nothing of what is in it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

use crate::wire::request::Encoded;

/// An interceptor for one call.
///
/// Endpoint, signature, user agent, timeouts and retries stay the SDK's: it works on the request after serialisation and
/// before the first attempt, so that every attempt signs and sends this body.
#[derive(Debug, Clone)]
pub(crate) struct Envelope(pub(crate) Encoded);

impl Intercept for Envelope {
    fn name(&self) -> &'static str {
        "konecta-aws-envelope"
    }

    fn modify_before_retry_loop(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let Encoded { uri, headers, body } = &self.0;
        request.set_uri(uri.as_str())?;
        for (name, value) in headers {
            request.headers_mut().try_insert(name.clone(), value.clone())?;
        }
        if let Some((content_type, bytes)) = body {
            *request.body_mut() = SdkBody::from(bytes.clone());
            request.headers_mut().try_insert("content-length", bytes.len().to_string())?;
            request.headers_mut().try_insert("content-type", *content_type)?;
        } else {
            *request.body_mut() = SdkBody::empty();
            request.headers_mut().remove("content-length");
            request.headers_mut().remove("content-type");
        }
        Ok(())
    }
}
