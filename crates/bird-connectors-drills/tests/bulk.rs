//! The bulk install drill with few templates.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn bulk_install_of_a_killed_process_resumes_without_duplicates() {
    let output = Command::new(env!("CARGO_BIN_EXE_bulk"))
        .args(["--templates", "100"])
        .output()
        .expect("the drill starts");
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    let passed = "Passed: exactly one connector for each of 99 templates";
    assert!(stdout.contains(passed), "{stdout}");
}
