//! Rebuilds the crate when a policy changes: `include_dir!` does not tell cargo by itself.

fn main() {
    println!("cargo::rerun-if-changed=policies");
}
