use bird_connectors::{Error, Workspace};

async fn pages(workspace: &Workspace) -> Result<usize, Error> {
    // --8<-- [start:checkpoint]
    let first = workspace
        .connectors()
        .list()
        .page_size(5)
        .first_page()
        .await?;
    let Some(checkpoint) = first.checkpoint else {
        return Ok(first.items.len());
    };
    // Later, or in another process: a checkpoint is a string.
    let stored = checkpoint.to_string();
    let list = workspace.connectors().list().resume_from(stored.parse()?);
    let rest = list.collect_up_to(10_000).await?;
    // --8<-- [end:checkpoint]
    Ok(first.items.len() + rest.len())
}

#[tokio::test]
async fn list_resumes_after_the_first_page() {
    let (sandbox, workspace) = crate::sandbox().await;
    sandbox.add_connectors(12);
    assert_eq!(pages(&workspace).await.unwrap(), 12);
}
