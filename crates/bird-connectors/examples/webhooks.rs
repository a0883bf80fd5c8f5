use std::io;

use axum::{Router, extract::FromRef, extract::State, http::StatusCode, routing::post};
use bird_connectors::Client;
use bird_connectors::templates::Telegram;
use bird_connectors::wait::WaitOptions;
use bird_connectors::webhook::{Deduplicator, Event, EventKind, Signals, Verifier, WorkOutcome};

const URL: &str = "https://hooks.example.com/bird"; // The registered URL, even if a proxy changes it.

#[derive(Clone)]
struct App {
    verifier: Verifier,
    deduplicator: Deduplicator,
    signals: Signals,
}

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

async fn process(event: &Event) -> io::Result<()> {
    if let EventKind::ChannelUpdated(channel) = event.kind() {
        println!("channel {:?} is {:?}", channel.channel_id, channel.status);
    }
    Ok(())
}

async fn receive(State(app): State<App>, event: Event) -> StatusCode {
    app.signals.push(&event); // Wakes the waits that subscribe to it.
    match app.deduplicator.work(&event, process(&event)).await {
        Ok(WorkOutcome::Completed(()) | WorkOutcome::AlreadyDone) => StatusCode::NO_CONTENT,
        Ok(WorkOutcome::InFlight) => StatusCode::SERVICE_UNAVAILABLE, // Bird retries the delivery.
        Err(error) => {
            eprintln!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR // Here too: the claim is released.
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::var("BIRD_SIGNING_KEY")?;
    let workspace = Client::from_env()?.default_workspace()?;
    workspace
        .webhook_subscriptions()
        .subscribe_to_channels(URL, key.as_str())
        .await?;

    let signals = Signals::new();
    let app = App {
        verifier: Verifier::new([key], [URL])?,
        deduplicator: Deduplicator::default(),
        signals: signals.clone(),
    };
    let router = Router::new().route("/bird", post(receive)).with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    // This wait polls as soon as an event names its channel.
    let bot = Telegram::new("Support bot");
    let install = workspace.connectors().ensure(bot).await?;
    let options = WaitOptions::new().signal(signals.events());
    let ready = install.until_ready().options(options).await?;
    println!("channel {} can send", ready.channel_id);

    server.await??;
    Ok(())
}
