//! Resuming: another process continues a wait from its token.

use std::io::Write as _;
use std::process::{Command, Stdio};

use bird_connectors::models::WorkspaceId;
use bird_connectors::wait::WaitToken;
use bird_connectors::{Client, ErrorKind};
use bird_connectors_sandbox::{Operation, Sandbox, Script, Step};

use super::{TIMEOUT, TestResult, ms, only_channel, options, scripted, wait_for};

#[tokio::test]
async fn token_of_another_workspace_is_rejected() -> TestResult {
    let (sandbox, install) = scripted(Script::instant()).await?;
    let other = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?
        .workspace(WorkspaceId::from_u128(9));
    let error = other.connectors().resume(install.token()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(
        error.to_string().contains("belongs to workspace"),
        "{error}"
    );
    Ok(())
}

const BASE_URL: &str = "WAITING_TEST_BASE_URL";
const ACCESS_KEY: &str = "WAITING_TEST_ACCESS_KEY";

/// The other process of `token_resumes_the_wait_in_another_process`: it reads a token from its standard input.
#[tokio::test]
async fn other_process() -> TestResult {
    let (Ok(base_url), Ok(key)) = (std::env::var(BASE_URL), std::env::var(ACCESS_KEY)) else {
        return Ok(());
    };
    let stored = std::io::read_to_string(std::io::stdin())?;
    let token: WaitToken = stored.parse()?;
    let client = Client::builder()
        .base_url(base_url)
        .access_key(key)
        .build()?;
    let install = client
        .workspace(token.workspace_id())
        .connectors()
        .resume(token)?;
    let ready = wait_for(&install).await?;
    println!(
        "\nfinished channel {} in process {}",
        ready.channel_id,
        std::process::id()
    );
    Ok(())
}

/// Starts this program again with only the test above and returns its output.
async fn finish_in_another_process(sandbox: &Sandbox, stored: String) -> std::io::Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", "resume::other_process", "--nocapture"])
        .env(BASE_URL, sandbox.base_url())
        .env(ACCESS_KEY, sandbox.access_key())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let run = move || {
        let mut process = command.spawn()?;
        if let Some(mut stdin) = process.stdin.take() {
            stdin.write_all(stored.as_bytes())?;
        }
        let output = process.wait_with_output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // The sandbox runs on this thread, which must not block.
    tokio::task::spawn_blocking(run).await?
}

#[tokio::test]
async fn token_resumes_the_wait_in_another_process() -> TestResult {
    let (sandbox, install) = scripted(Script::pending(ms(0))).await?;
    // The wait of this process times out and stores its token as JSON or in its string form.
    let error = install
        .until_ready()
        .options(options().timeout(TIMEOUT))
        .await
        .unwrap_err();
    let token = error.token().ok_or("the timeout has no token")?;
    assert!(token.observed());
    assert!(sandbox.apply_step(install.id().into(), Step::Status("active".into())));
    for stored in [serde_json::to_string(token)?, token.to_string()] {
        sandbox.clear_requests();
        let output = finish_in_another_process(&sandbox, stored).await?;
        let line = output
            .lines()
            .find_map(|line| line.strip_prefix("finished channel "));
        let (channel, process) = line
            .and_then(|line| line.split_once(" in process "))
            .ok_or(output.as_str())?;
        assert_eq!(channel.parse().ok(), only_channel(&sandbox));
        assert_ne!(process.parse(), Ok(std::process::id()));
        assert_eq!(sandbox.count(Operation::GetChannel), 1);
    }
    Ok(())
}
