//! `cargo xtask demo`: installs a channel through the SDK against the embedded sandbox, over real HTTP, and shows each
//! step. With `--fail`, shows what a failed install and a time-out look like.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bird_connectors::install::Install;
use bird_connectors::models::ChannelId;
use bird_connectors::templates::Sms;
use bird_connectors::wait::{Progress, Step, WaitError, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, ErrorKind, Workspace};
use bird_connectors_sandbox::{Operation, Sandbox, Script};
use clap::Parser;
use indicatif::ProgressBar;

/// Installs a channel against the embedded sandbox.
#[derive(Parser)]
struct Arguments {
    /// Show a failed install and a time-out instead.
    #[arg(long)]
    fail: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    // The sandbox starts with twelve connectors, so that the list has several pages.
    let sandbox = Sandbox::builder().connectors(12).start().await?;
    step(&format!("The sandbox listens on {}.", sandbox.base_url()));
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .workspace_id(sandbox.workspace_id())
        .build()?;
    let workspace = client.default_workspace()?;
    if arguments.fail {
        fail(&sandbox, &workspace).await
    } else {
        succeed(&sandbox, &workspace).await
    }
}

async fn succeed(sandbox: &Sandbox, workspace: &Workspace) -> anyhow::Result<()> {
    let install = install(workspace, "Support NL").await?;

    step("Waiting until the channel can send.");
    let channel = follow(&install, Duration::from_secs(60))
        .await?
        .context("the wait ended without a channel")?;

    step("Sending a text message over the channel.");
    let message = workspace
        .channels()
        .send_text(channel, "+31612345678", "It works.")
        .await?;
    let status = sandbox
        .requests_to(Operation::SendChannelMessage)
        .last()
        .and_then(|request| request.status)
        .context("the message never reached the sandbox")?;
    say(&format!("message {}: {status}", message.id));

    step("Listing the connectors, five per page.");
    let mut pages = workspace.connectors().list().page_size(5).pages();
    while let Some(page) = pages.next().await {
        let page = page?;
        say(&format!(
            "{} connectors{}",
            page.items.len(),
            if page.checkpoint.is_some() {
                ", and more pages follow"
            } else {
                ""
            }
        ));
    }

    step("Deleting the connector, which also deletes the channel.");
    workspace.connectors().delete(install.id()).await?;
    let gone = workspace
        .connectors()
        .get(install.id())
        .await
        .err()
        .context("the connector is still there")?;
    ensure!(gone.kind() == ErrorKind::NotFound, gone);
    say(&gone.to_string());

    println!("\nchannel: {}  message: {status}", channel);
    Ok(())
}

async fn fail(sandbox: &Sandbox, workspace: &Workspace) -> anyhow::Result<()> {
    sandbox.next_install(Script::failing("failed"));
    let failing = install(workspace, "Will fail").await?;
    step("Waiting for an install that fails.");
    let error = follow(&failing, Duration::from_secs(60))
        .await
        .err()
        .context("the install did not fail")?;
    say(&error.to_string());

    step(
        "Deleting the connector of the failed install, because the SDK never deletes one automatically.",
    );
    workspace.connectors().delete(failing.id()).await?;

    sandbox.next_install(Script::never());
    let stuck = install(workspace, "Will hang").await?;
    step("Waiting at most three seconds for an install that never finishes.");
    let error = follow(&stuck, Duration::from_secs(3))
        .await
        .err()
        .context("the install did not time out")?;
    say(&error.to_string());
    let token = error.token().context("a time-out carries a token")?;
    say(&format!(
        "to resume the wait later, in any process: {token}"
    ));
    Ok(())
}

async fn install(workspace: &Workspace, name: &str) -> anyhow::Result<Install> {
    step("Reading the phone numbers of the workspace.");
    let page = workspace.numbers().list().first_page().await?;
    let number = page.items.first().context("the workspace has no number")?;
    say(&format!(
        "{} has the id {}",
        number.number_string.as_deref().unwrap_or("a number"),
        number.id
    ));

    step(&format!("Installing the SMS channel \"{name}\"."));
    let sms = Sms::new(name, number.id, ChannelMessageType::Conversational);
    let install = workspace.connectors().install(sms).await?;
    let channel = install
        .connector()
        .and_then(|connector| connector.channel_id());
    say(&format!(
        "connector {}, channel: {}",
        install.id(),
        channel_text(channel)
    ));
    Ok(install)
}

/// Waits for the channel and prints every change. On a terminal, it also shows a progress line.
async fn follow(install: &Install, timeout: Duration) -> Result<Option<ChannelId>, WaitError> {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new_spinner()
    } else {
        ProgressBar::hidden()
    };
    bar.enable_steady_tick(Duration::from_millis(80));
    let options = WaitOptions::new()
        .timeout(timeout)
        .interval(Duration::from_millis(200), Duration::from_secs(1));
    let mut steps = install.until_ready().options(options).progress();
    let mut shown = String::new();
    let mut channel = None;
    while let Some(step) = steps.next().await {
        match step {
            Ok(Step::Poll(poll)) => {
                let elapsed = poll.elapsed.as_secs_f64();
                bar.set_message(format!("poll {}, {elapsed:.1} s", poll.poll));
                let line = describe(&poll);
                if line != shown {
                    bar.suspend(|| say(&format!("{elapsed:4.1} s  {line}")));
                    shown = line;
                }
            }
            Ok(Step::Ready(ready)) => channel = Some(ready.channel_id),
            Ok(_) => {}
            Err(error) => {
                bar.finish_and_clear();
                return Err(error);
            }
        }
    }
    bar.finish_and_clear();
    Ok(channel)
}

fn describe(poll: &Progress) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "channel: {}  status: {}  stage: {}",
        channel_text(poll.channel_id),
        value(&poll.status),
        value(&poll.stage)
    )
}

fn channel_text(id: Option<ChannelId>) -> String {
    id.map_or_else(|| "not yet".to_owned(), |id| id.to_string())
}

fn step(title: &str) {
    println!("\n{title}");
}

fn say(line: &str) {
    println!("  {line}");
}
