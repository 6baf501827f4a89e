//! The text of a blueprint file.
#![no_main]

use konecta_base::blueprint::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(declared) = file::read(text) else { return };
    // What was taken goes to the policies as JSON.
    serde_json::to_string(&declared.blueprint).expect("a blueprint is JSON");
});
