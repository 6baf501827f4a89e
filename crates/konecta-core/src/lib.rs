//! konecta-core: what was read is held against what was promised, and the difference is told.
//!
//! Pure: no SDK, no runtime, no clock, no environment. Data flows one way:
//! [`snapshot`] → [`facts`] → [`control`] → [`finding`] → [`report`].

pub mod audit;
pub mod blueprint;
pub mod claim;
pub mod control;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod gap;
pub mod id;
pub mod limits;
pub mod model;
pub mod news;
pub mod output_file;
pub mod planning;
pub mod report;
pub mod resource;
pub mod rollup;
pub mod silence;
pub mod snapshot;
pub mod target;
pub mod waiver;
