use std::time::Duration;

use bird_connectors::Workspace;
use bird_connectors::install::Install;
use bird_connectors::models::ChannelId;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::{Condition, Step, WaitError, WaitOptions, WaitToken};
use bird_connectors_sandbox::Script;

use crate::Result;

async fn until_ready(install: &Install) -> Result<ChannelId> {
    // --8<-- [start:wait]
    let options = WaitOptions::new().timeout(Duration::from_secs(120));
    match install.until_ready().options(options).await {
        Ok(ready) => Ok(ready.channel_id),
        // Two consecutive polls confirmed it. Delete the connector, then install again.
        Err(WaitError::Failed { status, .. }) => Err(format!("failed with status {status}").into()),
        Err(WaitError::TimedOut(report)) => {
            // The install continues: store the token, and resume the wait later.
            eprintln!("still {:?} after {} polls", report.status, report.polls);
            Err(report.token.to_string().into())
        }
        Err(error) => Err(error.into()),
    }
    // --8<-- [end:wait]
}

async fn progress(install: &Install) -> Result<u32> {
    let mut polls = 0;
    // --8<-- [start:progress]
    let mut steps = install.progress();
    while let Some(step) = steps.try_next().await? {
        match step {
            Step::Poll(poll) => {
                println!("poll {}: {:?} {:?}", poll.poll, poll.status, poll.stage);
                polls = poll.poll;
            }
            Step::Ready(ready) => println!("channel {} can send", ready.channel_id),
            _ => {}
        }
    }
    // --8<-- [end:progress]
    Ok(polls)
}

fn store(install: &Install) -> String {
    // --8<-- [start:store]
    let stored = install.token().to_string();
    // --8<-- [end:store]
    stored
}

async fn resume(workspace: &Workspace, stored: &str) -> Result<ChannelId> {
    // --8<-- [start:resume]
    let install = workspace.connectors().resume(stored.parse()?)?;
    let ready = install.until_ready().await?;
    // --8<-- [end:resume]
    Ok(ready.channel_id)
}

async fn sign(workspace: &Workspace, install: &Install, key: &[u8]) -> Result<ChannelId> {
    // --8<-- [start:sign]
    let signed = install.token().sign(key)?;
    let url = format!("https://example.com/installs/{signed}");

    // When the URL is requested: an error if the token was changed.
    let token = WaitToken::verify(&signed, key)?;
    let ready = workspace.connectors().resume(token)?.until_ready().await?;
    // --8<-- [end:sign]
    assert!(url.ends_with(&signed));
    let changed = signed.replacen(|letter: char| letter.is_ascii_lowercase(), "0", 1);
    assert!(WaitToken::verify(&changed, key).is_err());
    Ok(ready.channel_id)
}

async fn conditions(install: &Install) -> Result<ChannelId> {
    // --8<-- [start:condition]
    let options = WaitOptions::new()
        .until(Condition::has_channel())
        .failure_statuses(["failed", "expired"]);
    let ready = install.until_ready().options(options).await?;
    // --8<-- [end:condition]
    Ok(ready.channel_id)
}

#[tokio::test]
async fn wait_returns_the_channel_in_every_form() {
    let (sandbox, workspace) = crate::sandbox().await;
    let install = workspace.connectors().install(Telegram::new("Bot")).await;
    let install = install.unwrap();
    let channel = until_ready(&install).await.unwrap();
    assert!(progress(&install).await.unwrap() > 0);
    assert_eq!(conditions(&install).await.unwrap(), channel);
    let stored = store(&install);
    assert_eq!(resume(&workspace, &stored).await.unwrap(), channel);
    let signed = sign(&workspace, &install, &[7; 32]).await;
    assert_eq!(signed.unwrap(), channel);

    sandbox.next_install(Script::failing("rejected"));
    let failing = workspace.connectors().install(Telegram::new("Other")).await;
    let error = until_ready(&failing.unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "failed with status rejected");
}
