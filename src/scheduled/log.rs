//! What the function writes to its log: one JSON object a line, with the request it belongs to. Never a value of a
//! resource.

use serde_json::{Map, Value, json};

use crate::fix_runtime::now;
use crate::ui;

/// The log of one invocation.
#[derive(Debug, Clone)]
pub(super) struct Log {
    request: String,
}

impl Log {
    pub(super) fn of(request: &str) -> Self {
        Self { request: request.to_owned() }
    }

    /// The id of the invocation.
    pub(super) fn request(&self) -> &str {
        &self.request
    }

    /// Something happened as it should.
    pub(super) fn info(&self, message: &str, fields: Value) {
        self.line("INFO", message, fields);
    }

    /// Something did not, and the invocation goes on.
    pub(super) fn warn(&self, message: &str, fields: Value) {
        self.line("WARN", message, fields);
    }

    /// The invocation fails.
    pub(super) fn error(&self, message: &str, fields: Value) {
        self.line("ERROR", message, fields);
    }

    /// A line that has a form of its own, such as a metric.
    pub(super) fn raw(&self, line: &str) {
        // A log that takes no line is nothing that a log could tell.
        let _ = ui::print(&format!("{line}\n"));
    }

    fn line(&self, level: &str, message: &str, fields: Value) {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), json!(now().to_string()));
        line.insert("level".to_owned(), json!(level));
        line.insert("requestId".to_owned(), json!(self.request));
        line.insert("message".to_owned(), json!(message));
        if let Value::Object(fields) = fields {
            line.extend(fields);
        }
        self.raw(&Value::Object(line).to_string());
    }
}
