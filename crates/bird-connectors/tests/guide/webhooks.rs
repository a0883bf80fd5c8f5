use bird_connectors::install::Install;
use bird_connectors::models::ChannelId;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{SIGNATURE_HEADER, Signals, TIMESTAMP_HEADER, sign};

use crate::Result;

// --8<-- [start:any_server]
use bird_connectors::webhook::{Deduplicator, Event, Verifier, WorkOutcome};

/// Returns the HTTP status for a request of any server: its headers and the bytes of its body.
async fn receive(
    verifier: &Verifier,
    deduplicator: &Deduplicator,
    headers: &[(String, String)],
    body: &[u8],
) -> u16 {
    let event = match verifier.verify((headers, body)) {
        Ok(event) => event,
        Err(error) => {
            eprintln!("rejected: {error}");
            return 401;
        }
    };
    match deduplicator.work(&event, process(&event)).await {
        Ok(WorkOutcome::Completed(()) | WorkOutcome::AlreadyDone) => 204,
        Ok(WorkOutcome::InFlight) => 503, // Another request processes it: Bird retries the delivery.
        Err(_) => 500,                    // The claim is released: Bird retries the delivery.
    }
}

async fn process(event: &Event) -> std::io::Result<()> {
    println!("{} {}", event.service, event.event);
    Ok(())
}
// --8<-- [end:any_server]

async fn wait(install: &Install, signals: &Signals) -> Result<ChannelId> {
    // --8<-- [start:signal]
    // The receiver calls `signals.push(event)` for each verified event.
    let options = WaitOptions::new().signal(signals.events());
    let ready = install.until_ready().options(options).await?;
    // --8<-- [end:signal]
    Ok(ready.channel_id)
}

#[tokio::test]
async fn delivery_is_verified_and_deduplicated() {
    let (key, url, body) = (
        "a signing key",
        "https://hooks.example.com/bird",
        br#"{"service": "channels", "event": "channel.updated", "payload": {"status": "active"}}"#,
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let now = i64::try_from(now).unwrap();
    let headers = [
        (
            SIGNATURE_HEADER.to_owned(),
            sign(key, now, url, body).unwrap(),
        ),
        (TIMESTAMP_HEADER.to_owned(), now.to_string()),
    ];
    let verifier = Verifier::new([key], [url]).unwrap();
    let deduplicator = Deduplicator::default();
    for _ in 0..2 {
        assert_eq!(receive(&verifier, &deduplicator, &headers, body).await, 204);
    }
    assert_eq!(
        receive(&verifier, &deduplicator, &headers, b"{}").await,
        401
    );
}

#[tokio::test]
async fn wait_with_a_signal_returns_the_channel() {
    let (sandbox, workspace) = crate::sandbox().await;
    let install = workspace.connectors().install(Telegram::new("Bot")).await;
    let channel = wait(&install.unwrap(), &Signals::new()).await.unwrap();
    assert_eq!(sandbox.channels()[0]["id"], channel.to_string());
}
