//! A Terraform state, as `terraform state pull` and as `terraform show -json` write it.
#![no_main]

use konecta_fix::terraform_state::{instances, terraform_state};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = instances(text);
    let _ = terraform_state(text);
});
