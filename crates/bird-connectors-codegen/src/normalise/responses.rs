//! Replies: one typed success for the client, two ranges of errors for the mocks.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::contract::{Object, each_operation, resolve};

const ERROR_BODY: &str = "#/components/schemas/ErrorBody";

/// Leaves each operation with a single `2XX` reply.
///
/// progenitor panics on more than one reply type for success or for error. Without error replies every status other than
/// 2xx arrives whole, and the SDK decodes it itself. The range makes the client accept any 2xx, typed by the one success
/// schema; a DELETE is read without a body, whatever comes.
pub(crate) fn strip_errors(document: &mut Value) -> Result<()> {
    let contract = document.clone();
    each_operation(document, |method, operation| {
        let id = operation_id(operation);
        let mut successes = take_successes(&contract, operation)?
            .into_iter()
            .map(|(_, reply)| reply);
        let mut reply = successes
            .next()
            .with_context(|| format!("{id} documents no success"))?;
        for other in successes {
            ensure!(
                other.get("content") == reply.get("content"),
                "{id} documents successes with different bodies: the generated client can type only one"
            );
        }
        if method == "delete" {
            reply = json!({"description": reply["description"]});
        }
        operation.insert("responses".to_owned(), json!({"2XX": reply}));
        Ok(())
    })
}

/// Replaces all documented errors of each operation by `4XX` and `5XX` with the API's error body.
///
/// The mocks' generator makes one method for each status; with the two ranges a mock can answer any error.
pub(crate) fn collapse_errors(document: &mut Value) -> Result<()> {
    ensure!(
        document.pointer(&ERROR_BODY[1..]).is_some(),
        "the contract has no schema ErrorBody for the mocks to answer with"
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

/// The documented successes, with shared replies in full.
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
mod tests {
    use super::*;

    fn body(name: &str) -> Value {
        json!({"description": "A reply.", "content": {"application/json": {"schema": {"$ref": name}}}})
    }

    fn document(method: &str, responses: Value) -> Value {
        json!({
            "paths": {"/a": {method: {"operationId": "getA", "responses": responses}}},
            "components": {"schemas": {"ErrorBody": {}}},
        })
    }

    #[test]
    fn only_one_success_range_is_left() {
        let replies = json!({"200": body("A"), "201": body("A"), "404": body("E"), "409": {"description": "No body."}, "5XX": body("E"), "default": body("E")});
        let mut document = document("get", replies);
        strip_errors(&mut document).unwrap();
        assert_eq!(
            document["paths"]["/a"]["get"]["responses"],
            json!({"2XX": body("A")})
        );
    }

    #[test]
    fn a_delete_is_read_without_a_body() {
        let mut document = document("delete", json!({"200": body("A"), "401": body("E")}));
        strip_errors(&mut document).unwrap();
        assert_eq!(
            document["paths"]["/a"]["delete"]["responses"],
            json!({"2XX": {"description": "A reply."}})
        );
    }

    #[test]
    fn a_shared_reply_is_put_in_place() {
        let mut document = document(
            "delete",
            json!({"204": {"$ref": "#/components/responses/Deleted"}}),
        );
        document["components"]["responses"] = json!({"Deleted": {"description": "Gone."}});
        strip_errors(&mut document).unwrap();
        assert_eq!(
            document["paths"]["/a"]["delete"]["responses"],
            json!({"2XX": {"description": "Gone."}})
        );
    }

    #[test]
    fn successes_that_differ_or_are_missing_are_errors() {
        for (replies, complaint) in [
            (
                json!({"200": body("A"), "202": body("B")}),
                "getA documents successes with different bodies",
            ),
            (
                json!({"200": body("A"), "204": {"description": "No body."}}),
                "different bodies",
            ),
            (json!({"404": body("E")}), "getA documents no success"),
        ] {
            let error = strip_errors(&mut document("get", replies))
                .unwrap_err()
                .to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }

    #[test]
    fn mocks_answer_any_client_or_server_error() {
        let mut document = document(
            "post",
            json!({"201": body("A"), "409": {"description": "No body."}}),
        );
        collapse_errors(&mut document).unwrap();
        let replies = document["paths"]["/a"]["post"]["responses"]
            .as_object()
            .unwrap();
        assert_eq!(Vec::from_iter(replies.keys()), ["201", "4XX", "5XX"]);
        assert_eq!(
            replies["4XX"]["content"]["application/json"]["schema"]["$ref"],
            ERROR_BODY
        );
    }
}
