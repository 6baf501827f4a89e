//! The text of a Terraform configuration, joined to the live resources and searched for the places of findings.
#![no_main]

use konecta_fix::terraform_source::{Join, SourceText, Sources};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let file = |path: &str| SourceText { path: path.to_owned(), text: text.to_owned() };
    let _ = sources.add([file("main.tf"), file("modules/a/main.tf"), file("terraform.tfvars")]);
    let _ = sources.missing();
    let _ = Join::new(&sources, Vec::new());
});
