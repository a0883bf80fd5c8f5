use tracing::subscriber::DefaultGuard;

fn subscribe() -> DefaultGuard {
    // --8<-- [start:subscribe]
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::{Registry, filter::LevelFilter, fmt};

    // INFO shows retries and the progress of waits, DEBUG also every attempt.
    let subscriber = Registry::default()
        .with(LevelFilter::INFO)
        .with(fmt::layer());
    // --8<-- [end:subscribe]
    tracing::subscriber::set_default(subscriber)
}

#[tokio::test]
async fn subscriber_receives_the_events_of_a_call() {
    let (_sandbox, workspace) = crate::sandbox().await;
    let _guard = subscribe();
    workspace.numbers().list().first_page().await.unwrap();
}
