use bird_connectors::{ChannelMessageType, Client, templates::Sms};
use futures_util::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // BIRD_ACCESS_KEY and BIRD_WORKSPACE_ID (and BIRD_BASE_URL, for the sandbox)
    let client = Client::from_env()?;
    let workspace = client.default_workspace()?;

    // The template wants the id of the number, not the number.
    let mut numbers = workspace.numbers().list().items();
    let number = numbers.next().await.ok_or("no number here")??;

    let install = workspace
        .connectors()
        .install(
            Sms::new("Support NL")
                .phone_number_id(number.id)
                .channel_message_type(ChannelMessageType::Conversational),
        )
        .await?;
    println!("to go on later, in any process: {}", install.token());

    // A connector is not a channel yet: wait until it can send.
    let ready = install.until_ready().await?;
    let message = workspace
        .channels()
        .send_text(ready.channel_id, "+31612345678", "It works.")
        .await?;
    println!("message {} over channel {}", message.id, ready.channel_id);
    Ok(())
}
