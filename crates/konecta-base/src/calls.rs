//! The calls that a scan can make, by their IAM actions: what `resources/` has under `call`.

include!(concat!(env!("OUT_DIR"), "/calls.rs"));
