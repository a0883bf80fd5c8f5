//! Rows 1 and 2: the SDK beside reqwest and serde_json by hand, which read the same bytes into the same structs.

use anyhow::{Result, ensure};
use bird_connectors::models::{Connector, ConnectorPage};
use bird_connectors::{Client, Workspace};
use http::header::AUTHORIZATION;

use crate::data::{CONNECTOR, PAGE, WORKSPACE};
use crate::measure::Sides;

const KEY: &str = "a-key-for-benchmarks";

/// The SDK as it is used, without a limit on its rate.
pub(crate) fn sdk(server: &str) -> Result<Workspace> {
    let client = Client::builder()
        .access_key(KEY)
        .base_url(server)
        .rate_limit(None)
        .build()?;
    Ok(client.workspace(WORKSPACE)?)
}

pub(crate) async fn run(server: &str, quick: bool) -> Result<()> {
    let base = format!("{server}/1/0");
    let connectors = sdk(&base)?.connectors();
    // The same cryptography as the SDK's, though nothing here is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let list = format!("{base}/workspaces/{WORKSPACE}/connectors");
    let one = format!("{list}/{CONNECTOR}");
    let (list, one, http) = (&list, &one, &http);

    let (rounds, calls) = if quick { (5, 10) } else { (101, 100) };
    Sides::of("rust page")
        .side("bird-connectors", || {
            let connectors = connectors.clone();
            async move {
                let page = connectors.list().first_page().await?;
                ensure!(page.items.len() as u64 == PAGE, "not a whole page");
                Ok(())
            }
        })
        .side("reqwest + serde_json", || async move {
            let request = http.get(list).query(&[("limit", PAGE)]);
            let body = by_hand(request).await?;
            let page: ConnectorPage = serde_json::from_slice(&body)?;
            ensure!(page.results.len() as u64 == PAGE, "not a whole page");
            Ok(())
        })
        .run(rounds, calls)
        .await?;

    let calls = calls * 2;
    Sides::of("rust get")
        .side("bird-connectors", || {
            let connectors = connectors.clone();
            async move {
                let connector = connectors.get(CONNECTOR).await?;
                ensure!(connector.id == CONNECTOR, "another connector");
                Ok(())
            }
        })
        .side("reqwest + serde_json", || async move {
            let body = by_hand(http.get(one)).await?;
            let connector: Connector = serde_json::from_slice(&body)?;
            ensure!(connector.id == CONNECTOR, "another connector");
            Ok(())
        })
        .run(rounds, calls)
        .await
}

async fn by_hand(request: reqwest::RequestBuilder) -> Result<bytes::Bytes> {
    let request = request.header(AUTHORIZATION, format!("AccessKey {KEY}"));
    Ok(request.send().await?.error_for_status()?.bytes().await?)
}
