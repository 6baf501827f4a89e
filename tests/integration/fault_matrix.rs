//! A slice of `make faults`: some services, a fault of each kind of gap. What must hold of a cell is said in docs/reliability.md.

use std::process::Command;

use crate::world::{python, root};

#[test]
fn no_fault_makes_a_pass_and_every_gap_is_one_that_was_expected() {
    let output = Command::new(python())
        .arg(root().join("tests/faults/matrix.py"))
        .args(["--program", env!("CARGO_BIN_EXE_konecta-audit"), "--quick"])
        .output()
        .expect("matrix.py starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", said.lines().last().unwrap_or_default());
}
