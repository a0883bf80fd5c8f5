//! Smaller versions of the drills of `ensure`.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::process::Command;

fn pass(program: &str, arguments: &[&str]) {
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
fn there_are_no_duplicates() {
    pass(env!("CARGO_BIN_EXE_duplicates"), &["--runs", "504"]);
}

#[test]
fn killed_installs_are_taken_up_again() {
    pass(env!("CARGO_BIN_EXE_crash"), &["--times", "10"]);
}
