use bird_connectors::{ChannelMessageType, Client, templates::Sms};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // BIRD_ACCESS_KEY and BIRD_WORKSPACE_ID (and BIRD_BASE_URL, for the sandbox)
    let client = Client::from_env()?;
    let workspace = client.default_workspace()?;

    // The template takes the id of the number, not the number itself.
    let mut numbers = workspace.numbers().list().items();
    let number = numbers.try_next().await?.ok_or("no phone number")?;

    // `ensure` adopts the connector if it exists, so this program can run any number of times.
    let sms = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
    let install = workspace.connectors().ensure(sms).await?;
    println!("resume the wait in any process: {}", install.token());

    // The channel is installed in the background: wait until it can send.
    let ready = install.until_ready().await?;
    let message = workspace
        .channels()
        .send_text(ready.channel_id, "+31612345678", "It works.")
        .await?;
    println!("message {} over channel {}", message.id, ready.channel_id);
    Ok(())
}
