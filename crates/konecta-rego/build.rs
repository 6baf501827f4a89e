//! Tells where the policies stand: `policies` of this crate, which is a link, and so in the package that `cargo package` makes.
//! A checkout without links (Windows, some archives) has the link's text in a file; there the workspace's own folder is taken.
//! And rebuilds the crate when a policy changes: `include_dir!` does not tell cargo by itself.

use std::path::Path;

fn main() {
    let crate_folder = env!("CARGO_MANIFEST_DIR");
    let linked = Path::new(crate_folder).join("policies");
    let policies = if linked.is_dir() { linked } else { Path::new(crate_folder).join("../../policies") };
    println!("cargo::rustc-env=KONECTA_POLICIES={}", policies.display());
    println!("cargo::rerun-if-changed={}", policies.display());
}
