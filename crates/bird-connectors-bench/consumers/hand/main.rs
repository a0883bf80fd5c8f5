//! Lists the connectors of a workspace with plain reqwest.

use anyhow::Context as _;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    results: Vec<Connector>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Connector {
    id: String,
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = std::env::var("BIRD_ACCESS_KEY").context("BIRD_ACCESS_KEY is not set")?;
    let workspace = std::env::var("BIRD_WORKSPACE_ID").context("BIRD_WORKSPACE_ID is not set")?;
    let base = std::env::var("BIRD_BASE_URL").unwrap_or_else(|_| "https://api.bird.com".to_owned());
    let url = format!("{base}/workspaces/{workspace}/connectors");
    let http = reqwest::Client::new();
    let mut token = None;
    loop {
        let request = http
            .get(&url)
            .header("Authorization", format!("AccessKey {key}"));
        let request = request
            .query(&[("limit", "100")])
            .query(&[("pageToken", &token)]);
        let body = request.send().await?.error_for_status()?.bytes().await?;
        let page: Page = serde_json::from_slice(&body)?;
        for connector in page.results {
            println!("{} {}", connector.id, connector.name);
        }
        token = page.next_page_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(());
        }
    }
}
