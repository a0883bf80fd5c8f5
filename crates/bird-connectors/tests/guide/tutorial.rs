//! The tutorial's program runs as a process, and prints what the page shows.

use std::path::Path;
use std::process::Command;

use bird_connectors_sandbox::{Operation, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn tutorial_installs_one_channel_and_sends_a_message_in_each_run() {
    let sandbox = Sandbox::start().await.unwrap();
    for run in 1..=2 {
        let output = run_example(&sandbox).await;
        for line in ["the number +31612345678 has the id", "can send", "message"] {
            assert!(output.contains(line), "{output}");
        }
        assert_eq!(sandbox.count(Operation::SendChannelMessage), run);
    }
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
}

async fn run_example(sandbox: &Sandbox) -> String {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let tutorial = profile.join("examples").join("tutorial");
    assert!(
        tutorial.exists(),
        "the example `tutorial` is not built: `cargo test` builds it, and with `--test` you build it first with \
         `cargo build --package bird-connectors --examples`"
    );
    let mut tutorial = Command::new(tutorial);
    tutorial
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string());
    let run = tokio::task::spawn_blocking(move || tutorial.output());
    let output = run.await.unwrap().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}
