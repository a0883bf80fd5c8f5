use std::sync::Arc;

use axum::{Router, extract::FromRef, extract::State, http::StatusCode, routing::post};
use bird_connectors::Client;
use bird_connectors::webhook::{Claim, Event, EventKind, MemoryDedupStore, Signals, Verifier};

const URL: &str = "https://hooks.example.com/bird"; // As registered, whatever a proxy makes of it.

#[derive(Clone)]
struct App {
    verifier: Verifier,
    seen: Arc<MemoryDedupStore>,
    signals: Signals,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

async fn receive(State(app): State<App>, event: Event) -> StatusCode {
    match app.seen.begin(event.delivery_key) {
        Claim::New => {}
        Claim::Done => return StatusCode::OK,
        _ => return StatusCode::SERVICE_UNAVAILABLE, // Somebody is at it; it comes again.
    }
    if let EventKind::ChannelUpdated(channel) = event.kind() {
        println!("channel {:?} is {:?}", channel.channel_id, channel.status);
    }
    app.seen.commit(event.delivery_key);
    app.signals.push(event); // Wakes the waits that have `WaitOptions::signal`.
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("WEBHOOK_SIGNING_KEY")?;
    let workspace = Client::from_env()?.default_workspace()?;
    workspace
        .webhook_subscriptions()
        .subscribe_to_channels(URL, key.as_str())
        .await?;

    let app = App {
        verifier: Verifier::new([key], [URL])?,
        seen: Arc::default(),
        signals: Signals::new(),
    };
    let router = Router::new().route("/bird", post(receive)).with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, router).await?;
    Ok(())
}
