use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::data::Scene;
use crate::api::response::Response;
use crate::scenario::fault::Fault;
use crate::scenario::rule::Rule;
use crate::scenario::script::{Script, Step};

/// A scene with every field.
fn full() -> serde_json::Value {
    let id = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";
    json!({
        "version": 1,
        "behavior": { "pageTokens": "offset", "capabilities": "list" },
        "rateLimits": { "get": 50, "post": 500 },
        "numbers": [{ "id": id, "number": "+31612345678", "country": "NL", "type": "mobile", "alphanumeric": true, "tenDlc": true, "mms": true, "status": "x", "providerId": "y" }],
        "useCases": [{ "id": id, "name": "One", "status": "active", "caseType": "generic" }],
        "connectors": [
            { "id": id, "name": "Shop \"1\"\n", "template": "sms-messagebird:1", "script": "instant", "arguments": { "a": [null, true, 1.5, "é\u{1}"] } },
            {
                "id": id,
                "name": "Slow",
                "template": "whatsapp:1",
                "script": {
                    "commitAfterMilliseconds": 5,
                    "channelIds": [id],
                    "readiness": false,
                    "steps": [
                        { "atMilliseconds": 0, "noChannel": "empty-object" },
                        { "atMilliseconds": 1, "channel": "pending" },
                        { "atMilliseconds": 2, "status": "active" },
                        { "atMilliseconds": 3, "readinessStatus": "x" },
                        { "atMilliseconds": 3, "stage": "ready" },
                        { "atMilliseconds": 3, "numberStatus": "active" },
                        { "atMilliseconds": 4, "vanish": true },
                    ],
                },
            },
        ],
        "subscriptions": [{ "id": id, "event": "channel.updated", "url": "https://hooks.example.com", "signingKey": "k", "filters": [{ "key": "channelStatus", "value": "active" }], "inactive": true }],
        "scripts": { "default": "never", "templates": { "line": "standard" }, "names": { "Slow": "instant" }, "next": ["never"] },
        "rules": [
            { "operation": "createConnector", "fault": "lost_response", "times": 1 },
            { "fault": { "name": "down", "value": 250 }, "nth": 3 },
            { "operation": "listChannels", "delayMilliseconds": 5, "responseDelayMilliseconds": 6, "always": true },
            { "response": { "status": 503, "headers": { "retry-after": "2" }, "json": { "code": "Busy" } }, "times": 2, "afterProcessing": true },
            { "response": { "status": 502, "contentType": "text/html", "text": "<h1>" }, "times": 1 },
        ],
    })
}

#[test]
fn scene_is_the_same_after_reading_what_was_written() {
    let scene = Scene::from_json(full()).expect("a valid scene");
    assert_eq!(scene.to_json(), full());
    let empty = Scene::from_json(json!({})).expect("an empty scene");
    assert_eq!(empty.to_json(), json!({ "version": 1 }));
}

#[test]
fn every_fault_is_the_same_after_reading_what_was_written() {
    let others = [
        Fault::Down(Duration::from_millis(7)),
        Fault::Html(418),
        Fault::TooManyRequests(Some(9)),
        Fault::Redirect("http://a.invalid".to_owned()),
        Fault::ContinueStorm(3),
        Fault::TokenLoop(2),
        Fault::SlowCommit(Duration::from_secs(2)),
        Fault::CloseIdle(Duration::from_secs(2)),
    ];
    for fault in Fault::all().into_iter().chain(others) {
        let scene = Scene {
            rules: vec![Rule::on_any().fault(fault.clone())],
            ..Scene::default()
        };
        let read = Scene::from_json(scene.to_json()).expect("a valid scene");
        assert_eq!(read.rules[0].injected_fault(), Some(&fault));
    }
}

#[test]
fn rules_are_copied_with_the_calls_that_are_still_to_come() {
    let scene = Scene {
        rules: vec![
            Rule::on_any()
                .when(|_| true)
                .respond_with(Response::status(500)),
            Rule::on_any().nth(4).respond_with(Response::empty(204)),
        ],
        ..Scene::default()
    };
    let rules = json!([{ "response": { "status": 204 }, "nth": 4 }]);
    assert_eq!(
        scene.to_json()["rules"],
        rules,
        "a condition cannot be copied"
    );
}

#[test]
fn invalid_scene_is_refused_with_the_path_of_each_error() {
    for (json, message) in [
        (
            r#"{"connectors": [{"name": "A", "template": "x"}]}"#,
            "connectors[0].template must have the form slug:version",
        ),
        (
            r#"{"connectors": [{"name": "A", "template": "x:1", "script": "soon"}]}"#,
            "connectors[0].script must be standard",
        ),
        (
            r#"{"connectors": [{"name": "A", "template": "x:1", "script": {"steps": [{"status": "a", "stage": "b"}]}}]}"#,
            "connectors[0].script.steps[0]: a step must have one change",
        ),
        (
            r#"{"connectors": [{"name": "A", "template": "x:1", "script": {"steps": [{"status": "a", "atMilliseconds": 315360000001}]}}]}"#,
            "connectors[0].script.steps[0].atMilliseconds must be at most 315360000000, which is ten years",
        ),
        (
            r#"{"scripts": {"next": ["never", {"commitAfterMilliseconds": 315360000001}]}}"#,
            "scripts.next[1].commitAfterMilliseconds must be at most 315360000000, which is ten years",
        ),
        (r#"{"behaviour": {}}"#, "behaviour is not a known field"),
        (
            r#"{"behavior": {"pageTokens": "x"}}"#,
            "behavior.pageTokens must be one of cursor, offset",
        ),
        (
            r#"{"behavior": {"pageToken": "x"}}"#,
            "behavior.pageToken is not a known field",
        ),
        (
            r#"{"rules": [{"fault": "empty"}, {}]}"#,
            "rules[1]: one of fault, delayMilliseconds, responseDelayMilliseconds and response is required",
        ),
        (
            r#"{"rules": [{"fault": "perhaps"}]}"#,
            "rules[0].fault must be a known name: unknown fault \"perhaps\"",
        ),
        (
            r#"{"rules": [{"fault": "empty", "operation": "sing"}]}"#,
            "rules[0].operation must be a known name",
        ),
        (
            r#"{"rules": [{"fault": "empty", "times": 1, "nth": 1}]}"#,
            "rules[0]: only one of times, nth and always can be set",
        ),
        (
            r#"{"rules": [{"response": {"status": 500, "json": {}, "text": ""}}]}"#,
            "rules[0].response: only one of json and text can be set",
        ),
        (
            r#"{"rules": [{"fault": {"name": "down", "value": 315360000001}}]}"#,
            "rules[0].fault.value is not a value of this fault",
        ),
        (
            r#"{"rules": [{"fault": "empty", "nth": 0}]}"#,
            "nth must be 1 or more",
        ),
        (
            r#"{"rules": [{"fault": {"name": "empty", "value": 1}}]}"#,
            "value is not a value of this fault",
        ),
        (
            r#"{"rules": [{"response": {"status": 7}}]}"#,
            "status must be an HTTP status",
        ),
        (r#"{"version": 2}"#, "version must be 1"),
        (r#"{"numbers": [{}]}"#, "numbers[0].number is required"),
        ("[]", "must be an object"),
        ("{", "it is not valid JSON"),
    ] {
        let error = json.parse::<Scene>().map(drop).expect_err(json).to_string();
        assert!(
            error.starts_with("invalid scene: ") && error.contains(message),
            "{error}"
        );
    }
}

#[test]
fn longest_times_are_written_as_they_are_read() {
    let script = Script::never()
        .step(Duration::MAX, Step::Vanish)
        .commit_after(Duration::MAX);
    let scene = Scene {
        default_script: Some(script),
        rules: vec![
            Rule::on_any().delay(Duration::MAX),
            Rule::on_any().fault(Fault::Down(Duration::MAX)),
        ],
        ..Scene::default()
    };
    let json = scene.to_json();
    assert_eq!(
        json["scripts"]["default"]["commitAfterMilliseconds"],
        315_360_000_000_u64
    );
    let read = Scene::from_json(json.clone()).expect("a valid scene");
    assert_eq!(read.to_json(), json);
}

#[test]
fn code_of_a_scene_names_everything_that_it_contains() {
    let scene = Scene::from_json(full()).expect("a valid scene");
    let rust = scene.to_rust();
    for part in [
        "settings.page_tokens = behavior::PageTokens::Offset;",
        "SeededConnector::new(\"Shop \\\"1\\\"\\n\", \"sms-messagebird:1\")",
        ".step(Duration::from_millis(1), Step::Channel(\"pending\".into()))",
        "Rule::on(Operation::CreateConnector).fault(Fault::LostResponse)",
        "Fault::Down(Duration::from_millis(250))",
        "RateLimits { get: Some(50), post: Some(500), other: None }",
        "SeededSubscription::new(\"channel.updated\"",
        "assert_eq!(sandbox.connectors().len(), 1);",
    ] {
        assert!(rust.contains(part), "{part} is missing in\n{rust}");
    }
    let python = scene.to_pytest();
    for part in [
        "\"inactive\": True",
        "with Sandbox(scene=SCENE) as sandbox:",
        "len(bird_scene.connectors()) == 1",
        "None,",
    ] {
        assert!(python.contains(part), "{part} is missing in\n{python}");
    }
}

proptest! {
    #[test]
    fn reading_any_json_does_not_panic(json in "[\\PC\"{}\\[\\]:,0-9a-z]{0,200}") {
        let _ = json.parse::<Scene>();
    }

    #[test]
    fn names_survive_in_json(name in "\\PC{1,40}") {
        let scene = json!({ "connectors": [{ "name": name, "template": "line:1", "script": "never" }], "version": 1 });
        let read = Scene::from_json(scene.clone()).expect("a valid scene");
        prop_assert_eq!(read.to_json(), scene);
    }
}

#[test]
fn format_characters_are_escaped_in_code() {
    let name = "\u{202e}a\u{2066}b\u{feff}\u{e0041}é";
    let json = serde_json::json!({ "connectors": [{ "name": name, "template": "line:1" }] });
    let scene = Scene::from_json(json).unwrap();
    let pytest = scene.to_pytest();
    let expected = r#""name": "\u202ea\u2066b\ufeff\U000e0041é""#;
    assert!(pytest.contains(expected), "{pytest}");
    for code in [pytest, scene.to_rust()] {
        let hidden = code
            .chars()
            .find(|letter| crate::api::format_character::is_format_character(*letter));
        assert_eq!(hidden, None, "{code}");
    }
}
