//! The resource types, as CloudFormation names them: what `resources/` has under `type`.

include!(concat!(env!("OUT_DIR"), "/resource_types.rs"));
