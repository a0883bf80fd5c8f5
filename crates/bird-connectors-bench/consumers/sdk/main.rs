//! Lists the connectors of a workspace with the SDK.

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let client = bird_connectors::Client::from_env()?;
    let mut connectors = client.default_workspace()?.connectors().list().items();
    while let Some(connector) = connectors.try_next().await? {
        println!("{} {}", connector.id, connector.name);
    }
    Ok(())
}
