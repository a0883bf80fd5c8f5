use serde_json::json;

use super::*;

#[test]
fn row_has_the_facts_of_the_contract() {
    let document = json!({"paths": {"/a/{id}": {"get": {
        "operationId": "getOneThing",
        "summary": "Get one thing",
        "tags": ["things"],
        "x-permission": "view /a/*",
        "responses": {"200": {}, "202": {}, "404": {}, "5XX": {}},
    }}}});
    assert_eq!(
        collect(&document).unwrap(),
        [Operation {
            id: "getOneThing".to_owned(),
            rust_name: "get_one_thing".to_owned(),
            method: "get",
            path: "/a/{id}".to_owned(),
            summary: "Get one thing".to_owned(),
            permission: Some("view /a/*".to_owned()),
            tag: "things".to_owned(),
            success: vec![200, 202],
        }]
    );
}

#[test]
fn collect_fails_with_the_name_of_the_missing_fact() {
    let document = |operation: Value| json!({"paths": {"/a": {"get": operation}}});
    for (operation, reason) in [
        (json!({}), "get /a has no operationId"),
        (json!({"operationId": "a"}), "get /a has no summary"),
        (json!({"operationId": "a", "summary": "A"}), "a has no tag"),
        (
            json!({"operationId": "a", "responses": {"2XX": {}}}),
            "a has the status 2XX",
        ),
    ] {
        let error = collect(&document(operation)).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}
