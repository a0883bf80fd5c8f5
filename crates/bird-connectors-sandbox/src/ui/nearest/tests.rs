use serde_json::{Value, json};
use uuid::Uuid;

use super::form::{Known, Refused, ValidForm};
use super::valid_form;
use crate::api::error::ApiError;
use crate::api::operation::Operation;

fn known() -> Known {
    Known {
        workspace: Uuid::from_u128(1),
        organization: Uuid::from_u128(2),
        numbers: vec![(Uuid::from_u128(3), true), (Uuid::from_u128(4), false)],
        use_case: Some(Uuid::from_u128(5)),
        connector: Some(Uuid::from_u128(6)),
        channel: None,
        subscription: None,
        existing: vec![Uuid::from_u128(5), Uuid::from_u128(6)],
    }
}

fn correct_target(method: &str, path: &str, code: &'static str) -> Option<ValidForm> {
    let error = ApiError::new(404, code, format!("the path {path} was not found"));
    let refused = Refused {
        operation: None,
        method,
        path,
        query: None,
        body: None,
        is_authorized: true,
        is_json: true,
        error: &error,
    };
    valid_form(&refused, &known())
}

fn correct_body(body: &Value, messages: &[&str]) -> Value {
    let messages: Vec<_> = messages
        .iter()
        .map(|message| (*message).to_owned())
        .collect();
    let refused = Refused {
        operation: Some(Operation::CreateConnector),
        method: "POST",
        path: "/workspaces/x/connectors",
        query: None,
        body: Some(body),
        is_authorized: true,
        is_json: true,
        error: &ApiError::invalid_payload(&messages),
    };
    let form = valid_form(&refused, &known());
    form.and_then(|form| form.body).unwrap_or_default()
}

#[test]
fn misspelled_path_becomes_the_path_of_the_nearest_operation() {
    let workspace = Uuid::from_u128(9);
    for (method, path, expected) in [
        (
            "GET",
            format!("/workspace/{workspace}/connector"),
            format!("/workspaces/{workspace}/connectors"),
        ),
        (
            "POST",
            format!("/workspaces/{workspace}/connectors/"),
            format!("/workspaces/{workspace}/connectors"),
        ),
        (
            "GET",
            format!("/v1/workspaces/{workspace}/channels"),
            format!("/workspaces/{workspace}/channels"),
        ),
    ] {
        let form = correct_target(method, &path, "ResourceNotFound");
        let form = form.map(|form| (form.method, form.path));
        assert_eq!(form, Some((method.to_owned(), expected)));
    }
    assert_eq!(
        correct_target("GET", "/favicon.ico", "ResourceNotFound"),
        None
    );
}

#[test]
fn wrong_method_becomes_the_one_of_the_operation() {
    let path = format!("/workspaces/{}/connectors", Uuid::from_u128(1));
    let form = correct_target("PUT", &path, "MethodNotAllowed");
    let form = form.map(|form| (form.method, form.path));
    assert!(
        matches!(&form, Some((method, same)) if method != "PUT" && *same == path),
        "{form:?}"
    );
}

#[test]
fn misspelled_and_missing_fields_are_corrected() {
    let body =
        json!({ "nam": "Web", "connectorTemplateRef": "sms-messagebird:1", "colour": "red" });
    let corrected = correct_body(
        &body,
        &[
            "name is required",
            "arguments.phoneNumberId is required",
            "colour is not a known field",
            "nam is not a known field",
        ],
    );
    let expected = json!({
        "name": "Web",
        "connectorTemplateRef": "sms-messagebird:1",
        "arguments": { "phoneNumberId": Uuid::from_u128(4), "channelMessageType": "conversational" },
    });
    assert_eq!(corrected, expected);
}

#[test]
fn odd_bodies_and_paths_do_not_panic() {
    for body in [
        json!(null),
        json!([1]),
        json!({ "a": [[]] }),
        json!({ "arguments": 5 }),
    ] {
        for message in [
            "a[0].b is required",
            "a[9] is required",
            " is",
            "..[] must be",
            "arguments.~/x is required",
            "",
        ] {
            correct_body(&body, &[message]);
        }
    }
    for path in [
        "",
        "/",
        "//",
        "/%",
        "/workspaces//connectors",
        &"/é".repeat(500),
    ] {
        correct_target("X", path, "ResourceNotFound");
    }
}
