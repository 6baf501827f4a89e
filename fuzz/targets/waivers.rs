//! Waivers, and whether they hold: the patterns and the dates in them.
#![no_main]

use konecta_base::blueprint::file;
use konecta_core::report::json_v1;
use konecta_core::waivers;
use libfuzzer_sys::fuzz_target;

/// A report with every status.
const REPORT: &[u8] = include_bytes!("../../reports/examples/report.json");

thread_local! {
    static READ: konecta_core::report::Report = json_v1::read(REPORT).expect("the example");
}

fuzz_target!(|text: &str| {
    let Ok(declared) = file::read(text) else { return };
    let mut report = READ.with(Clone::clone);
    let assessed = waivers::assess(&report, &declared.waivers, &declared.waiver_limits);
    let _ = waivers::listing(&report, &assessed, 80);
    waivers::apply(&mut report, &declared.waivers, &declared.waiver_limits);
});
