//! Deletes, and what is known after one that succeeded: for connectors and subscriptions.

use bird_connectors::Error;
use bird_connectors::resources::Delete;
use serde_json::{Value, json};

use crate::context::Context;

/// How a delete ended after which the resource does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DeleteResult {
    /// The API confirmed this delete.
    Deleted,
    /// The resource did not exist when the request arrived.
    NotFound,
    /// A response was lost, and the resource did not exist when the request was repeated: this delete or another one has
    /// deleted it.
    ResponseLost,
}

impl DeleteResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::NotFound => "not_found",
            Self::ResponseLost => "response_lost",
        }
    }

    /// The output of the command, whose first field is the id.
    pub(super) fn to_json(self, id_field: &str, id: impl ToString) -> Value {
        json!({id_field: id.to_string(), "gone": true, "result": self.as_str()})
    }
}

/// Sends a delete. `delete` must not accept a missing resource, because this function distinguishes both results of a 404.
pub(super) async fn run(
    context: &Context,
    delete: Delete,
    missing_ok: bool,
) -> Result<DeleteResult, Error> {
    let deleted = context
        .interruption
        .while_sending(delete.into_future())
        .await;
    match deleted {
        // The SDK accepts a 404 only after a retry.
        Ok(deleted) if deleted.already_gone => {
            context.message(
                "The response of the delete was lost. It was repeated, and what it deletes does not exist any more.",
            );
            Ok(DeleteResult::ResponseLost)
        }
        Ok(_) => Ok(DeleteResult::Deleted),
        Err(error) if missing_ok && error.is_not_found() => Ok(DeleteResult::NotFound),
        Err(error) => Err(error),
    }
}
