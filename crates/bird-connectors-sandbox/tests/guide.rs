//! The code of the documentation page about the page of the sandbox.
#![cfg(feature = "ui")]

use std::error::Error;

// --8<-- [start:page]
use bird_connectors_sandbox::{Sandbox, Scene};

#[tokio::test]
async fn page_has_a_url() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::builder().ui(true).start().await?;
    println!("open {}", sandbox.ui_url().ok_or("no page")?);
    sandbox.shutdown().await;
    Ok(())
}
// --8<-- [end:page]

// --8<-- [start:scene]
#[tokio::test]
async fn scene_starts_a_second_sandbox() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::builder().connectors(2).start().await?;
    let json = sandbox.scene().to_json();
    let copy = Sandbox::builder()
        .scene(Scene::from_json(json)?)
        .start()
        .await?;
    assert_eq!(copy.connectors().len(), 2);
    Ok(())
}
// --8<-- [end:scene]
