//! Runs a part of a test in its own process, where environment variables can be set without affecting other tests.

use std::env;
use std::io;
use std::process::{Child, Command, Output, Stdio};

const PART: &str = "BIRD_CONNECTORS_TEST_PART";

/// The part that this process runs. `None`: it is not a child process.
pub(crate) fn part() -> Option<String> {
    env::var(PART).ok()
}

/// Runs this test binary again with only its test `child`, which runs the part.
pub(crate) fn run(part: &str, variables: &[(&str, &str)]) -> Output {
    command("child", part, variables).output().unwrap()
}

/// Starts this test binary again with only this test, which runs the part. Its output is captured.
pub(crate) fn start(test: &str, part: &str, variables: &[(&str, &str)]) -> io::Result<Child> {
    let mut command = command(test, part, variables);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn command(test: &str, part: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    for (name, _) in env::vars() {
        let name_in_capitals = name.to_uppercase();
        if name_in_capitals.ends_with("_PROXY")
            || name.starts_with("BIRD_")
            || name.starts_with("SSL_CERT_")
        {
            command.env_remove(name);
        }
    }
    command.env(PART, part).envs(variables.iter().copied());
    command
}

/// Like [`run`], but the part must succeed.
pub(crate) fn pass(part: &str, variables: &[(&str, &str)]) {
    let output = run(part, variables);
    assert!(
        output.status.success(),
        "{part} with {variables:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
