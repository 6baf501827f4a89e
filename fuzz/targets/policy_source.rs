//! A user's policy: the checks of its text, and what the engine's parser makes of what they let through.
#![no_main]

use konecta_rego::catalogue::{Catalogue, PolicyFile};
use konecta_rego::source::PolicySource;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static NONE: Catalogue = Catalogue::of(&[]).expect("no control at all");
}

fuzz_target!(|text: &str| {
    if PolicySource::read("fuzz.rego", text).is_err() {
        return;
    }
    let _ = NONE.with(Clone::clone).with_user_policies(&[PolicyFile { path: "fuzz.rego", text }]);
});
