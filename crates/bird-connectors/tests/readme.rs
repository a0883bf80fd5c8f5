//! The README's examples are the examples `quickstart`, which is run, and `webhooks`.

use std::path::Path;
use std::process::Command;

use bird_connectors_sandbox::{Operation, Sandbox};

const README: &str = include_str!("../../../README.md");
const QUICKSTART: &str = include_str!("../examples/quickstart.rs");
const WEBHOOKS: &str = include_str!("../examples/webhooks.rs");

#[test]
fn the_readme_shows_the_examples() {
    for (name, example) in [("quickstart", QUICKSTART), ("webhooks", WEBHOOKS)] {
        let block = format!("```rust,no_run\n{example}```");
        assert!(
            README.contains(&block),
            "README.md and examples/{name}.rs differ"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quickstart_works() {
    let sandbox = Sandbox::start().await.unwrap();
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let mut quickstart = Command::new(profile.join("examples").join("quickstart"));
    quickstart
        .env("BIRD_BASE_URL", sandbox.base_url())
        .env("BIRD_ACCESS_KEY", sandbox.access_key())
        .env("BIRD_WORKSPACE_ID", sandbox.workspace_id().to_string());
    let run = tokio::task::spawn_blocking(move || quickstart.output());
    let output = run.await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}{errors}");
    let channel = sandbox.channels()[0]["id"].as_str().unwrap().to_owned();
    assert!(text.contains(&format!("over channel {channel}")), "{text}");
    assert_eq!(sandbox.count(Operation::SendChannelMessage), 1);
}
