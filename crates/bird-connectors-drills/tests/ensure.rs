//! The drills of `ensure` with few runs.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

fn assert_passes(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn ensure_creates_no_duplicates_under_faults_and_kills() {
    assert_passes(env!("CARGO_BIN_EXE_duplicates"), &["--runs", "504"]);
}

#[test]
fn killed_installs_resume_with_exactly_one_connector() {
    assert_passes(env!("CARGO_BIN_EXE_crash"), &["--runs", "10"]);
}
