use std::time::Duration;

use bird_connectors::client::{CallOptions, RateLimits};
use bird_connectors::models::WorkspaceId;
use bird_connectors::{Client, Error};

use crate::Result;

fn proxy() -> Result<Client, Error> {
    // --8<-- [start:proxy]
    let client = Client::builder()
        .access_key("an-access-key")
        .proxy("http://proxy.example.com:3128")
        .build()?;
    // --8<-- [end:proxy]
    Ok(client)
}

fn certificate(path: &std::path::Path) -> Result<Client> {
    // --8<-- [start:certificate]
    let client = Client::builder()
        .access_key("an-access-key")
        .root_certificate(std::fs::read(path)?)
        .build()?;
    // --8<-- [end:certificate]
    Ok(client)
}

fn limits() -> Result<Client, Error> {
    // --8<-- [start:limits]
    let client = Client::builder()
        .access_key("an-access-key")
        // Half of the documented limits, because two processes share the workspace.
        .rate_limit(RateLimits { get: 25, post: 250 })
        .build()?;
    // --8<-- [end:limits]
    Ok(client)
}

fn options(client: &Client) -> Result<Client, Error> {
    // --8<-- [start:options]
    let quick = client.with_options(
        CallOptions::new()
            .timeout(Duration::from_secs(5))
            .max_attempts(1),
    )?;
    // --8<-- [end:options]
    Ok(quick)
}

async fn tenants(client: &Client, tenants: &[(WorkspaceId, &str)]) -> Result<usize, Error> {
    let mut connectors = 0;
    // --8<-- [start:tenants]
    for (workspace_id, access_key) in tenants {
        // Shares connections and rate limits with `client`, and sends only this key.
        let tenant = client.with_access_key(*access_key)?;
        let page = tenant
            .workspace(*workspace_id)
            .connectors()
            .list()
            .first_page()
            .await?;
        connectors += page.items.len();
    }
    // --8<-- [end:tenants]
    Ok(connectors)
}

#[tokio::test]
async fn clients_are_built_with_each_setting() {
    proxy().unwrap();
    options(&limits().unwrap()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    let authority = rcgen::generate_simple_self_signed(["ca.example.com".to_owned()]).unwrap();
    std::fs::write(&path, authority.cert.pem()).unwrap();
    certificate(&path).unwrap();
}

#[tokio::test]
async fn tenant_clients_use_their_own_keys() {
    let (sandbox, _) = crate::sandbox().await;
    sandbox.add_connectors(2);
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key("another-key")
        .build()
        .unwrap();
    let all = [(sandbox.workspace_id().into(), sandbox.access_key())];
    assert_eq!(tenants(&client, &all).await.unwrap(), 2);
}
