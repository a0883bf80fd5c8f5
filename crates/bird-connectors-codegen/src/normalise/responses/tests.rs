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
fn strip_errors_keeps_one_success_range() {
    let replies = json!({"200": body("A"), "201": body("A"), "404": body("E"), "409": {"description": "No body."}, "5XX": body("E"), "default": body("E")});
    let mut document = document("get", replies);
    strip_errors(&mut document).unwrap();
    assert_eq!(
        document["paths"]["/a"]["get"]["responses"],
        json!({"2XX": body("A")})
    );
}

#[test]
fn strip_errors_removes_body_of_delete() {
    let mut document = document("delete", json!({"200": body("A"), "401": body("E")}));
    strip_errors(&mut document).unwrap();
    assert_eq!(
        document["paths"]["/a"]["delete"]["responses"],
        json!({"2XX": {"description": "A reply."}})
    );
}

#[test]
fn strip_errors_resolves_shared_reply() {
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
fn strip_errors_fails_on_different_or_missing_successes() {
    for (replies, reason) in [
        (
            json!({"200": body("A"), "202": body("B")}),
            "getA has success replies with different bodies",
        ),
        (
            json!({"200": body("A"), "204": {"description": "No body."}}),
            "different bodies",
        ),
        (json!({"404": body("E")}), "getA has no success reply"),
    ] {
        let error = strip_errors(&mut document("get", replies))
            .unwrap_err()
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn collapse_errors_allows_any_client_or_server_error() {
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
