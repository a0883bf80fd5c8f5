use bird_connectors::models::ConnectorId;
use bird_connectors::{ErrorKind, RequestOutcome, Workspace};
use bird_connectors_sandbox::Operation;

use crate::Result;

async fn handle(workspace: &Workspace, id: ConnectorId) -> Result<String> {
    // --8<-- [start:kinds]
    match workspace.connectors().get(id).await {
        Ok(connector) => Ok(connector.name),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok("deleted".to_owned()),
            // The message names the missing permission, if it is documented.
            ErrorKind::PermissionDenied => Err(error.into()),
            _ if error.is_transient() => Ok(format!("retry in {:?}", error.retry_after())),
            _ => Err(error.into()),
        },
    }
    // --8<-- [end:kinds]
}

fn is_safe_to_repeat(error: &bird_connectors::Error) -> bool {
    // --8<-- [start:outcome]
    match error.outcome() {
        // The request never left this machine, or the server refused to process it.
        Some(RequestOutcome::NotSent | RequestOutcome::Rejected) => true,
        // The server may have processed it: `error.unresolved()` describes a create.
        Some(RequestOutcome::Unknown) => false,
        // The server processed it, and would respond the same again.
        _ => false,
    }
    // --8<-- [end:outcome]
}

#[tokio::test]
async fn errors_are_handled_by_kind_and_outcome() {
    let (sandbox, workspace) = crate::sandbox().await;
    let unknown = ConnectorId::from_u128(1);
    assert_eq!(handle(&workspace, unknown).await.unwrap(), "deleted");
    sandbox.deny(Operation::GetConnector);
    assert!(handle(&workspace, unknown).await.is_err());
    let error = workspace.connectors().get(unknown).await.unwrap_err();
    assert!(!is_safe_to_repeat(&error));
}
