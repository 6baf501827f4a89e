//! konecta-base: the data that every part of konecta-audit shares. A [`snapshot`] holds what AWS answered, a
//! [`finding`] what a control says of it, a [`blueprint`] what the stack should be.
//!
//! Pure, and below everything else: no SDK, no runtime, no clock, no policy engine.

pub mod blueprint;
pub mod calls;
pub mod changes;
pub mod claim;
pub mod embedded;
pub mod encoding;
pub mod finding;
pub mod gap;
pub mod id;
pub mod limits;
pub mod listed_type;
pub mod medium;
pub mod output_file;
pub mod reads;
pub mod resource;
pub mod resource_table;
pub mod resource_types;
pub mod rule;
pub mod silence;
pub mod snapshot;
pub mod target;
pub mod text;
pub mod waiver;
