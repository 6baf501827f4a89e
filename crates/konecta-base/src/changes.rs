//! What remedies call, or are allowed by, besides the calls of a scan, as IAM actions: what `resources/` has under `changes`.

include!(concat!(env!("OUT_DIR"), "/changes.rs"));
