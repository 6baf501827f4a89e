//! A report of before, which a later one is held against, and what was told last.
#![no_main]

use konecta_core::changes::Known;
use konecta_core::report::json_v1;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Known::from_json(data);
    let Ok(report) = json_v1::read(data) else { return };
    let _ = konecta_core::report::markdown::render(&report);
});
