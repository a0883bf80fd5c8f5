//! The README shows the example `quickstart`, which also runs here.

use std::path::Path;
use std::process::Command;

use bird_connectors_sandbox::{Operation, Sandbox};

const README: &str = include_str!("../../../README.md");
const PYTHON_README: &str = include_str!("../../../python/README.md");
const QUICKSTART: &str = include_str!("../examples/quickstart.rs");

#[test]
fn readme_contains_the_quick_start() {
    let block = format!("```rust,no_run\n{QUICKSTART}```");
    assert!(
        README.contains(&block),
        "README.md and examples/quickstart.rs differ"
    );
}

/// The Python tests run every snippet of the Python README.
#[test]
fn readme_shows_a_snippet_of_the_python_readme() {
    let start = README.find("```python\n").unwrap();
    let length = README[start..].find("\n```\n").unwrap();
    let block = &README[start..start + length];
    assert!(
        PYTHON_README.contains(block),
        "README.md and python/README.md differ"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn quickstart_sends_a_message_and_adopts_its_connector_when_run_again() {
    let sandbox = Sandbox::start().await.unwrap();
    for run in 1..=2 {
        let stdout = run_quickstart(&sandbox).await;
        let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
        assert!(
            stdout.contains(&format!("over channel {channel}")),
            "{stdout}"
        );
        assert_eq!(sandbox.count(Operation::SendChannelMessage), run);
    }
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
}

/// Runs the example and returns its output.
async fn run_quickstart(sandbox: &Sandbox) -> String {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let quickstart = profile.join("examples").join("quickstart");
    assert!(
        quickstart.exists(),
        "the example `quickstart` is not built: `cargo test` builds it, and with `--test` you build it first with \
         `cargo build --package bird-connectors --examples`"
    );
    let mut quickstart = Command::new(quickstart);
    quickstart
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string());
    let run = tokio::task::spawn_blocking(move || quickstart.output());
    let output = run.await.unwrap().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}
