//! Rows 1 and 2: the SDK compared with plain reqwest and serde_json, which decode the same bytes into structs with the same
//! fields.

use anyhow::{Result, ensure};
use bird_connectors::{Client, Workspace};
use http::header::AUTHORIZATION;

use crate::data::{CONNECTOR, PAGE, WORKSPACE};
use crate::measure::Group;
use crate::models::{Connector, ConnectorPage};

const KEY: &str = "a-key-for-benchmarks";

/// A workspace with default settings, but without rate limits.
pub(crate) fn workspace(server: &str) -> Result<Workspace> {
    let client = Client::builder()
        .access_key(KEY)
        .base_url(server)
        .rate_limit(None)
        .build()?;
    Ok(client.workspace(WORKSPACE))
}

pub(crate) async fn run(server: &str, quick: bool) -> Result<()> {
    let base = format!("{server}/1/0");
    let connectors = workspace(&base)?.connectors();
    // reqwest needs a crypto provider, although nothing here is encrypted. The SDK uses ring too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::new();
    let list = format!("{base}/workspaces/{WORKSPACE}/connectors");
    let one = format!("{list}/{CONNECTOR}");
    let (list, one, http) = (&list, &one, &http);

    let (rounds, calls) = if quick { (5, 10) } else { (101, 100) };
    Group::new("rust page")
        .variant("bird-connectors", || {
            let connectors = connectors.clone();
            async move {
                let page = connectors.list().first_page().await?;
                ensure!(page.items.len() as u64 == PAGE, "an incomplete page");
                Ok(())
            }
        })
        .variant("reqwest + serde_json", || async move {
            let request = http.get(list).query(&[("limit", PAGE)]);
            let body = send(request).await?;
            let page: ConnectorPage = serde_json::from_slice(&body)?;
            ensure!(page.results.len() as u64 == PAGE, "an incomplete page");
            Ok(())
        })
        .run(rounds, calls)
        .await?;

    let calls = calls * 2;
    Group::new("rust get")
        .variant("bird-connectors", || {
            let connectors = connectors.clone();
            async move {
                let connector = connectors.get(CONNECTOR).await?;
                ensure!(connector.id == CONNECTOR, "a different connector");
                Ok(())
            }
        })
        .variant("reqwest + serde_json", || async move {
            let body = send(http.get(one)).await?;
            let connector: Connector = serde_json::from_slice(&body)?;
            ensure!(
                connector.id == *CONNECTOR.as_uuid(),
                "a different connector"
            );
            Ok(())
        })
        .run(rounds, calls)
        .await
}

async fn send(request: reqwest::RequestBuilder) -> Result<bytes::Bytes> {
    let request = request.header(AUTHORIZATION, format!("AccessKey {KEY}"));
    Ok(request.send().await?.error_for_status()?.bytes().await?)
}
