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
            max_limit: None,
        }]
    );
}

#[test]
fn maximum_of_limit_is_read_from_the_operation_or_its_reference() {
    let limit =
        json!({"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 99}});
    let unlimited = json!({"name": "limit", "in": "query", "schema": {"type": "integer"}});
    let other = json!({"name": "size", "in": "query", "schema": {"type": "integer", "maximum": 5}});
    for (parameter, expected) in [
        (limit.clone(), Some(99)),
        (json!({"$ref": "#/components/parameters/limit"}), Some(99)),
        (unlimited, None),
        (other.clone(), None),
    ] {
        let document = json!({
            "paths": {"/a": {"get": {
                "operationId": "listThings",
                "summary": "List things",
                "tags": ["things"],
                "parameters": [other, parameter],
                "responses": {},
            }}},
            "components": {"parameters": {"limit": limit}},
        });
        assert_eq!(
            collect(&document).unwrap()[0].max_limit,
            expected,
            "{document}"
        );
    }
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
