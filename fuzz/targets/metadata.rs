//! The METADATA of a control, and the text around it.
#![no_main]

use konecta_rego::metadata::Metadata;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = Metadata::parse("fuzz.rego", text);
    let block: String = text.lines().map(|line| format!("# {line}\n")).collect();
    let _ = Metadata::parse("fuzz.rego", &format!("# METADATA\n{block}package konecta.fuzz\n"));
});
