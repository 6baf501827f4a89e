//! konecta-audit, as a person or CI runs it. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    konecta_audit::command_line()
}
