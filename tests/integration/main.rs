//! The one integration binary: konecta-audit as a person runs it, against AWS emulators on loopback.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a helper of a test fails the test where it cannot go on, and says how long it took"
)]

mod calls;
mod chain;
mod cli;
mod denied;
mod deploy;
mod differential;
mod fault_matrix;
mod faults;
mod fix;
mod fix_calls;
mod formats;
mod gates;
mod help;
mod helper;
mod lambda;
mod mended;
mod monotone;
mod opa;
mod organization;
mod permissions;
mod scan;
mod secrets;
mod server;
mod signed;
mod terraform;
mod told;
mod waivers;
mod world;
