//! A plan: read, held against what remedies may do, shown and written as scripts.
#![no_main]

use konecta_fix::plan::read_plan;
use konecta_fix::plan_text::{Legend, Look, render};
use konecta_fix::emit;
use konecta_fuzz::sealed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = read_plan(text);
    let Some(Ok(plan)) = sealed::plan(text).map(|text| read_plan(&text)) else { return };
    let _ = plan.is_within_remedies();
    let legend = Legend::default();
    let _ = render(&plan, Look { legend: &legend, width: 80, color: false, verbose: true });
    let _ = (emit::aws_cli(&plan), emit::terraform(&plan));
});
