//! What stands between a run and the world: the account, the state directory, the locks, the screen.
//! Decides nothing; `konecta_fix::run` does.

mod account;
mod journals;
mod progress;
mod state;

pub(crate) use account::{Live, now, run_id};
pub(crate) use journals::Journals;
pub(crate) use progress::{asked_for, outcome_line, summary};
pub(crate) use state::{Held, StateDir, place_of};

/// The program, as journals and plans name it.
pub(crate) const TOOL: &str = concat!("konecta-audit ", env!("CARGO_PKG_VERSION"));
