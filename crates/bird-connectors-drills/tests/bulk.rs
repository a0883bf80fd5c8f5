//! A smaller version of the drill of onboarding many.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn a_hundred_are_onboarded_by_a_process_that_is_killed_half_way() {
    let output = Command::new(env!("CARGO_BIN_EXE_bulk"))
        .args(["--templates", "100"])
        .output()
        .expect("the drill can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{cried}");
    let right = "Right: one connector for each of 99, none twice";
    assert!(said.contains(right), "{said}");
}
