//! One reply: what is said, when, and how it ends.

use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

/// How the connection fares after, or during, an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The answer is whole, and the connection stays.
    Whole,
    /// The answer is announced whole, half of it comes, and the connection is closed in order.
    Cut,
    /// The same, and the connection is reset.
    Reset,
    /// Nothing comes, and nothing is closed.
    Hang,
}

/// What is answered to one call.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    status: u16,
    content_type: &'static str,
    body: String,
    pub(super) delay: Duration,
    pub(super) ending: Ending,
}

impl Reply {
    fn new(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, body, delay: Duration::ZERO, ending: Ending::Whole }
    }

    /// An answer of a JSON or REST-JSON service.
    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, "application/x-amz-json-1.1", body.to_string())
    }

    /// An answer of a query, EC2 or REST-XML service.
    pub(crate) fn xml(body: &str) -> Self {
        Self::new(200, "text/xml", format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"))
    }

    /// An error in the form of the service that the action belongs to.
    pub(crate) fn error(action: &str, status: u16, code: &str) -> Self {
        let message = "scripted by the test";
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        let whole = match action.split(':').next().unwrap_or_default() {
            "ecr" | "eks" | "acm" | "wafv2" | "kms" | "logs" | "organizations" => {
                Self::json(&json!({"__type": code, "message": message}))
            }
            "ec2" => Self::xml(&format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>")),
            _ => Self::xml(&format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>")),
        };
        Self { status, ..whole }
    }

    /// A whole HTTP answer that holds half of the text, as from a proxy that was cut off itself.
    pub(crate) fn half(mut self) -> Self {
        self.body.truncate(self.body.len() / 2);
        self
    }

    /// The connection is closed after half of the announced length.
    pub(crate) fn cut(self) -> Self {
        Self { ending: Ending::Cut, ..self }
    }

    /// The connection is reset after half of the announced length.
    pub(crate) fn reset(self) -> Self {
        Self { ending: Ending::Reset, ..self }
    }

    /// No answer ever, over a connection that stays open.
    pub(crate) fn hang() -> Self {
        Self { ending: Ending::Hang, ..Self::new(200, "text/plain", String::new()) }
    }

    /// The same answer, later.
    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(super) fn send(&self, stream: &mut TcpStream) -> io::Result<()> {
        let Self { status, content_type, body, .. } = self;
        let sent = if self.ending == Ending::Whole { body.len() } else { body.len() / 2 };
        // One write: a head and a body in two would meet Nagle's algorithm and cost forty milliseconds a call.
        let mut answer = format!(
            "HTTP/1.1 {status} Scripted\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        answer.push_str(body.get(..sent).unwrap_or(body));
        stream.write_all(answer.as_bytes())
    }
}
