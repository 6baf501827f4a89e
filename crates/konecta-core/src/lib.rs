//! konecta-core: what was read is held against what was promised, and the difference is told.
//!
//! Pure: no SDK, no runtime, no clock, no environment. Data flows one way: a snapshot becomes [`facts`], controls
//! judge resources and facts ([`audit`]), and the findings become a [`report`].

pub mod audit;
pub mod baseline;
pub mod changes;
pub mod facts;
pub mod model;
pub mod report;
pub mod rollup;
pub mod waivers;
