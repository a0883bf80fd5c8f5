//! Replies: one typed success reply for the client, two ranges of errors for the mocks.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::contract::{Object, each_operation, resolve};

const ERROR_BODY: &str = "#/components/schemas/ErrorBody";

/// Reduces the replies of each operation to a single `2XX` reply.
///
/// progenitor panics on more than one type of success or error reply. Without error replies, the client returns every
/// other status undecoded, and the SDK decodes it. The range makes the client accept any 2xx with the type of the one
/// success schema. The body of a reply to a DELETE is ignored.
pub(crate) fn strip_errors(document: &mut Value) -> Result<()> {
    let contract = document.clone();
    each_operation(document, |method, operation| {
        let id = operation_id(operation);
        let mut successes = take_successes(&contract, operation)?
            .into_iter()
            .map(|(_, reply)| reply);
        let mut reply = successes
            .next()
            .with_context(|| format!("{id} has no success reply"))?;
        for other in successes {
            ensure!(
                other.get("content") == reply.get("content"),
                "{id} has success replies with different bodies: the generated client supports one type"
            );
        }
        if method == "delete" {
            reply = json!({"description": reply["description"]});
        }
        operation.insert("responses".to_owned(), json!({"2XX": reply}));
        Ok(())
    })
}

/// Replaces the error replies of each operation with `4XX` and `5XX`, which have the API's error body.
///
/// progenitor generates one mock function for each status. With the two ranges, a mock can return any error.
pub(crate) fn collapse_errors(document: &mut Value) -> Result<()> {
    ensure!(
        document.pointer(&ERROR_BODY[1..]).is_some(),
        "the contract has no schema ErrorBody, which the error replies of the mocks need"
    );
    let error = json!({
        "description": "An error.",
        "content": {"application/json": {"schema": {"$ref": ERROR_BODY}}},
    });
    let contract = document.clone();
    each_operation(document, |_, operation| {
        let mut replies = take_successes(&contract, operation)?;
        replies.insert("4XX".to_owned(), error.clone());
        replies.insert("5XX".to_owned(), error.clone());
        operation.insert("responses".to_owned(), Value::Object(replies));
        Ok(())
    })
}

/// Takes the success replies out of an operation, with references to shared replies resolved.
fn take_successes(contract: &Value, operation: &mut Object) -> Result<Object> {
    let Some(Value::Object(replies)) = operation.remove("responses") else {
        bail!("{} has no responses", operation_id(operation));
    };
    let successes = replies
        .into_iter()
        .filter(|(status, _)| status.starts_with('2'));
    successes
        .map(|(status, reply)| match reply["$ref"].as_str() {
            Some(reference) => Ok((status, resolve(contract, reference)?.clone())),
            None => Ok((status, reply)),
        })
        .collect()
}

fn operation_id(operation: &Object) -> String {
    let id = operation.get("operationId").and_then(Value::as_str);
    id.unwrap_or("an operation without id").to_owned()
}

#[cfg(test)]
mod tests;
