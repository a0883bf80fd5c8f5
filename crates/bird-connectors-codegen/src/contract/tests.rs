use serde_json::json;

use super::*;

#[test]
fn operations_are_ordered_by_path_and_method() {
    let contract = "
        paths:
          /b: {post: {operationId: three}, get: {operationId: two}}
          /a: {parameters: [], delete: {operationId: one}}";
    let document = parse(contract).unwrap();
    let ids: Vec<_> = operations(&document)
        .iter()
        .map(|at| at.string("operationId").unwrap())
        .collect();
    assert_eq!(ids, ["one", "two", "three"]);
}

#[test]
fn each_schema_visits_every_schema_of_the_document() {
    let mut document = json!({
        "paths": {"/a": {"get": {
            "parameters": [{"schema": {"title": "parameter"}, "example": {"schema": {"title": "an example"}}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"title": "reply"}}}}},
        }}},
        "components": {
            "schemas": {"A": {
                "title": "outer",
                "properties": {"schema": {"title": "property", "items": {"title": "item"}}},
                "additionalProperties": {"title": "rest"},
                "oneOf": [{"title": "variant"}],
            }},
            "parameters": {"p": {"schema": {"title": "shared"}}},
        },
    });
    let mut titles = Vec::new();
    each_schema(&mut document, &mut |schema| {
        titles.push(schema["title"].as_str().unwrap().to_owned());
    });
    titles.sort();
    assert_eq!(
        titles,
        [
            "item",
            "outer",
            "parameter",
            "property",
            "reply",
            "rest",
            "shared",
            "variant"
        ]
    );
}

#[test]
fn resolve_fails_on_undefined_reference() {
    let error = resolve(&json!({}), "#/components/schemas/Gone").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the contract does not define #/components/schemas/Gone"
    );
}

#[test]
fn check_names_fails_on_nameless_objects_and_enums() {
    let inner = json!({"components": {"schemas": {"Parcel": {
        "properties": {"size": {"properties": {"height": {}}}},
    }}}});
    let error = check_names(&inner).unwrap_err().to_string();
    assert!(error.contains("inside Parcel"), "{error}");

    let parameter =
        json!({"paths": {"/a": {"get": {"parameters": [{"schema": {"enum": ["x"]}}]}}}});
    let error = check_names(&parameter).unwrap_err().to_string();
    assert!(error.contains("inside an operation"), "{error}");

    let named =
        json!({"components": {"schemas": {"Size": {"properties": {}}, "Kind": {"enum": []}}}});
    check_names(&named).unwrap();
}

#[test]
fn parse_fails_on_a_document_that_is_not_openapi() {
    assert!(parse("a: b").unwrap_err().to_string().contains("no paths"));
    assert!(parse("a: [").unwrap_err().to_string().contains("YAML"));
}
