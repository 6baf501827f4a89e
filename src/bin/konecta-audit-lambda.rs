//! konecta-audit, as AWS Lambda starts it. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    konecta_audit::lambda()
}
