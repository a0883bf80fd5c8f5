//! Installs an SMS channel, follows the install, and sends one message.

use std::time::Duration;

use bird_connectors::wait::{Step, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, templates::Sms};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // --8<-- [start:client]
    // Reads BIRD_ACCESS_KEY, BIRD_WORKSPACE_ID and BIRD_BASE_URL.
    let client = Client::from_env()?;
    let workspace = client.default_workspace()?;
    // --8<-- [end:client]

    // --8<-- [start:number]
    let number = workspace.numbers().find("+31 6 1234 5678").await?;
    let number = number.ok_or("the workspace does not have this number")?;
    println!("the number +31612345678 has the id {}", number.id);
    // --8<-- [end:number]

    // --8<-- [start:install]
    let sms = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
    let install = workspace.connectors().ensure(sms).await?;
    println!("connector {}", install.id());
    // --8<-- [end:install]

    // --8<-- [start:wait]
    let options = WaitOptions::new().timeout(Duration::from_secs(60));
    let mut steps = install.until_ready().options(options).progress();
    let mut channel = None;
    while let Some(step) = steps.try_next().await? {
        match step {
            Step::Poll(poll) => println!("poll {}: status {:?}", poll.poll, poll.status),
            Step::Ready(ready) => channel = Some(ready.channel_id),
            _ => {}
        }
    }
    let channel = channel.ok_or("the wait ended without a channel")?;
    println!("channel {channel} can send");
    // --8<-- [end:wait]

    // --8<-- [start:send]
    let message = workspace
        .channels()
        .send_text(channel, "+31687654321", "It works.")
        .await?;
    println!("message {}", message.id);
    // --8<-- [end:send]
    Ok(())
}
