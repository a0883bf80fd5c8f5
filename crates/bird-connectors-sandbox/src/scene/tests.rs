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

/// What breaks literals, comments or the display of a file.
const STRINGS: [&str; 20] = [
    "\"",
    "'",
    "\\",
    "\\\"",
    "\"#",
    "\"##; panic!()",
    "r#\"x\"#",
    "\"\"\"",
    "*/ //! {} {{ $x",
    "\\u202e \\n \\N{DIGIT ONE} %s",
    "a\nb\r\nc\td",
    "\0",
    "\u{1}\u{8}\u{c}\u{1b}[31m",
    "\u{7f}\u{85}\u{9b}31m",
    "\u{2028}\u{2029}",
    "\u{202e}abc\u{202c}\u{2066}\u{feff}\u{200d}",
    "\u{13430}\u{e0041}",
    "é ☃ 😀 \u{fe0f}\u{301}",
    "\u{e000}\u{fffe}\u{10ffff}",
    "</script><!--",
];

/// A scene in which these strings are at each place of a free string.
fn scene_with(strings: &[String], more: serde_json::Value) -> serde_json::Value {
    let mut scene = full();
    let mut strings = strings.iter().cycle().map(|string| json!(string));
    let mut next = || strings.next().expect("a string");
    let key = next().as_str().expect("a string").to_owned();
    for (place, name) in [
        ("/numbers/0", "number"),
        ("/numbers/0", "status"),
        ("/useCases/0", "name"),
        ("/connectors/0", "name"),
        ("/connectors/1/script/steps/1", "channel"),
        ("/connectors/1/script/steps/4", "stage"),
        ("/subscriptions/0", "event"),
        ("/subscriptions/0", "url"),
        ("/subscriptions/0", "signingKey"),
        ("/subscriptions/0/filters/0", "key"),
        ("/rules/3/response/headers", "retry-after"),
        ("/rules/3/response", "json"),
        ("/rules/4/response", "text"),
        ("/rules/4/response", "contentType"),
    ] {
        scene.pointer_mut(place).expect("a place")[name] = next();
    }
    scene["scripts"]["names"] = json!({ &key: "instant" });
    scene["connectors"][0]["arguments"] = json!({ key: [next(), { "nested": next() }, more] });
    scene
}

/// Checks that each form of a scene has exactly its values.
fn check_forms(document: &serde_json::Value) {
    let scene = Scene::from_json(document.clone()).expect("a valid scene");
    assert_eq!(&scene.to_json(), document);
    let python = scene.to_pytest();
    assert_eq!(&python_document(&python), document, "{python}");
    let rust = scene.to_rust();
    check_rust(&rust, document);
    let mut forms = vec![python, rust];
    #[cfg(feature = "ui")]
    {
        let file = scene.to_file();
        assert_eq!(&file.parse::<Scene>().expect("a scene").to_json(), document);
        forms.push(file);
    }
    for form in forms {
        let unseen = |letter: &char| {
            let is_control = letter.is_control() && *letter != '\n';
            is_control || crate::api::format_character::is_format_character(*letter)
        };
        assert_eq!(form.chars().find(unseen), None, "{form}");
    }
}

/// The dictionary of a Python file. It differs from JSON in its names, its commas at the end, and escapes of eight digits.
fn python_document(file: &str) -> serde_json::Value {
    let start = file.find("SCENE: dict[str, Any] = ").expect("a dictionary");
    let literal = &file[start + "SCENE: dict[str, Any] = ".len()..];
    let literal = &literal[..literal.find("\n\n\n@pytest").expect("its end")];
    let mut json = String::new();
    let mut rest = literal.chars();
    let mut in_string = false;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' if in_string => match rest.next().expect("an escape") {
                'U' => {
                    let digits: String = rest.by_ref().take(8).collect();
                    let code = u32::from_str_radix(&digits, 16).expect("digits");
                    json.push(char::from_u32(code).expect("a character"));
                }
                escape => json.extend(['\\', escape]),
            },
            '"' => {
                in_string = !in_string;
                json.push('"');
            }
            '}' | ']' if !in_string => {
                json.truncate(json.trim_end().trim_end_matches(',').len());
                json.push(letter);
            }
            'N' | 'T' | 'F' if !in_string => {
                let word: String = rest.by_ref().take_while(char::is_ascii_lowercase).collect();
                json.push_str(match word.as_str() {
                    "one" => "null,",
                    "rue" => "true,",
                    "alse" => "false,",
                    other => panic!("unknown name {letter}{other}"),
                });
            }
            other => json.push(other),
        }
    }
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error} in {json}"))
}

/// Checks that a Rust file is valid, that its literals have all strings of the document, and its JSON all arguments.
fn check_rust(file: &str, document: &serde_json::Value) {
    use proc_macro2::{TokenStream, TokenTree};

    fn walk(tokens: TokenStream, strings: &mut Vec<String>, values: &mut Vec<serde_json::Value>) {
        // The last tokens: a name, and whether a `!` follows it.
        let mut last = (String::new(), false);
        for token in tokens {
            match token {
                TokenTree::Group(group) => {
                    if last == ("json".to_owned(), true) {
                        values.push(value(group.stream()));
                    }
                    walk(group.stream(), strings, values);
                    last = (String::new(), false);
                }
                TokenTree::Ident(name) => last = (name.to_string(), false),
                TokenTree::Punct(mark) => last.1 = mark.as_char() == '!',
                TokenTree::Literal(literal) => {
                    if let syn::Lit::Str(string) = syn::Lit::new(literal) {
                        strings.push(string.value());
                    }
                }
            }
        }
    }

    /// The value of the macro `json!` with these tokens.
    fn value(tokens: TokenStream) -> serde_json::Value {
        let mut tokens: Vec<_> = tokens.into_iter().collect();
        let is_negative = matches!(&tokens[0], TokenTree::Punct(mark) if mark.as_char() == '-');
        if is_negative {
            tokens.remove(0);
        }
        let [token] = tokens.as_slice() else {
            panic!("{tokens:?} is not one value");
        };
        let parts = |group: &proc_macro2::Group, separator: char| -> Vec<TokenStream> {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            let is_separator = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == separator);
            let parts = tokens.split(is_separator).filter(|part| !part.is_empty());
            parts.map(|part| part.iter().cloned().collect()).collect()
        };
        match token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Bracket => {
                parts(group, ',').into_iter().map(value).collect()
            }
            TokenTree::Group(group) => {
                let fields = parts(group, ',').into_iter().map(|field| {
                    let mut tokens = field.into_iter();
                    let name = value(tokens.next().into_iter().collect());
                    tokens.next();
                    (
                        name.as_str().expect("a name").to_owned(),
                        value(tokens.collect()),
                    )
                });
                serde_json::Value::Object(fields.collect())
            }
            TokenTree::Ident(name) => serde_json::from_str(&name.to_string()).expect("a name"),
            TokenTree::Literal(literal) => match syn::Lit::new(literal.clone()) {
                syn::Lit::Str(string) => json!(string.value()),
                syn::Lit::Int(number) => {
                    let sign = if is_negative { "-" } else { "" };
                    let digits = format!("{sign}{number}");
                    match number.suffix() {
                        "" => json!(digits.parse::<i32>().expect("an i32")),
                        "_i64" | "i64" => json!(
                            digits
                                .trim_end_matches("_i64")
                                .parse::<i64>()
                                .expect("an i64")
                        ),
                        "_u64" | "u64" => json!(
                            digits
                                .trim_end_matches("_u64")
                                .parse::<u64>()
                                .expect("a u64")
                        ),
                        other => panic!("unknown suffix {other}"),
                    }
                }
                syn::Lit::Float(number) => {
                    let number: f64 = number.base10_parse().expect("a number");
                    json!(if is_negative { -number } else { number })
                }
                other => panic!("unknown literal {other:?}"),
            },
            TokenTree::Punct(mark) => panic!("unknown {mark}"),
        }
    }

    fn strings_of(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(string) => found.push(string.clone()),
            serde_json::Value::Array(items) => {
                items.iter().for_each(|item| strings_of(item, found))
            }
            serde_json::Value::Object(fields) => {
                fields.values().for_each(|field| strings_of(field, found))
            }
            _ => {}
        }
    }

    syn::parse_file(file).unwrap_or_else(|error| panic!("{error} in {file}"));
    let (mut strings, mut values) = (Vec::new(), Vec::new());
    walk(file.parse().expect("tokens"), &mut strings, &mut values);
    // A deep value is a string, which the code parses.
    values.extend(
        strings
            .iter()
            .filter_map(|string| serde_json::from_str(string).ok()),
    );
    let arguments = &document["connectors"][0]["arguments"];
    assert!(
        values.contains(arguments),
        "{arguments} is missing in {file}"
    );
    let mut expected = Vec::new();
    for part in ["numbers", "useCases", "subscriptions", "connectors"] {
        for field in ["number", "status", "name", "event", "url", "signingKey"] {
            strings_of(&document[part][0][field], &mut expected);
        }
    }
    strings_of(
        &document["connectors"][1]["script"]["steps"][4],
        &mut expected,
    );
    strings_of(&document["rules"], &mut expected);
    let known = [
        "createConnector",
        "lost_response",
        "down",
        "listChannels",
        "text/html",
    ];
    expected.retain(|string| !known.contains(&string.as_str()));
    for string in expected {
        assert!(strings.contains(&string), "{string:?} is missing in {file}");
    }
}

#[test]
fn strings_that_break_literals_survive_in_all_forms() {
    for string in STRINGS {
        check_forms(&scene_with(&[string.to_owned()], json!(null)));
    }
    let all: Vec<_> = STRINGS.map(str::to_owned).into();
    check_forms(&scene_with(&all, json!(null)));
}

#[test]
fn numbers_and_large_values_survive_in_all_forms() {
    let fields: serde_json::Map<_, _> = (0..200)
        .map(|index| (format!("field {index}"), json!(index)))
        .collect();
    let mut deep = json!([]);
    for _ in 0..90 {
        deep = json!([deep]);
    }
    for value in [
        json!([
            0,
            -1,
            i32::MIN,
            i32::MAX,
            u32::MAX,
            i64::MIN,
            i64::MAX,
            u64::MAX,
            9_007_199_254_740_993_u64
        ]),
        json!([0.0, -0.5, 1.0, 1e300, -5e-324, 0.1]),
        (0..200).collect(),
        json!(fields),
        deep,
    ] {
        check_forms(&scene_with(&["x".to_owned()], value));
    }
}

proptest! {
    #[test]
    fn reading_any_json_does_not_panic(json in "[\\PC\"{}\\[\\]:,0-9a-z]{0,200}") {
        let _ = json.parse::<Scene>();
    }

    #[test]
    fn any_string_survives_in_all_forms(strings in prop::collection::vec(any_string(), 1..20)) {
        check_forms(&scene_with(&strings, json!(null)));
    }
}

/// Any characters between strings that break literals.
fn any_string() -> impl Strategy<Value = String> {
    let known = prop::sample::select(STRINGS.to_vec()).prop_map(str::to_owned);
    let any = any::<char>().prop_map(String::from);
    let part = prop_oneof![known, any];
    // An empty string is not a name.
    prop::collection::vec(part, 1..6).prop_map(|parts| parts.concat())
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
