//! `doctor`: its exit code, its output, and trouble in the environment and the configuration.

mod support;

use std::process::Command;

use bird_connectors_sandbox::{Operation, Response, Rule};
use serde_json::{Value, json};
use support::{Ran, World};
use uuid::Uuid;

/// The checks that fail.
fn failed(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["status"] == "failed")
        .map(|finding| finding["check"].as_str().unwrap())
        .collect()
}

fn run(mut command: Command) -> Ran {
    Ran::from(command.output().unwrap())
}

const JSON: [&str; 3] = ["doctor", "--output", "json"];

#[test]
fn workspace_without_trouble_exits_with_0() {
    let world = World::new().with_examples();
    let ran = world.run(&["doctor"]).expect(0);
    assert!(
        ran.out.contains("\nok       access_key.accepted: "),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("environment variable BIRD_ACCESS_KEY"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(" 0 failed, "), "{}", ran.out);
    assert_eq!(ran.err, "");

    let ran = world.run(&JSON).expect(0);
    let report = ran.json();
    assert_eq!(report["ok"], true);
    assert_eq!(failed(&report), Vec::<&str>::new());
    assert_eq!(report["differences"], json!([]));
}

#[test]
fn failed_check_exits_with_1_after_the_report() {
    let world = World::new();
    let denied = Rule::on(Operation::ListChannels).always();
    world
        .sandbox
        .rule(denied.respond_with(Response::status(403)));
    let ran = world.run(&JSON).expect(1);
    assert_eq!(failed(&ran.json()), ["permission.listChannels"]);
    assert_eq!(ran.error()["kind"], "checks_failed");
    assert_eq!(ran.error()["exit_code"], 1);

    let ran = world.run(&["doctor"]).expect(1);
    assert!(
        ran.out.contains("failed   permission.listChannels: "),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("\n         -> "), "{}", ran.out);
    assert!(ran.err.contains("1 of 32 checks failed"), "{}", ran.err);

    let failing = ".findings[] | select(.status == \"failed\") | .check";
    let ran = world.run(&["doctor", "--jq", failing]).expect(1);
    assert_eq!(ran.out, "permission.listChannels\n");
}

#[test]
fn server_error_is_reported_with_its_status_and_without_its_message() {
    let world = World::new();
    let body = json!({"code": "Internal", "message": "planted-value"});
    let failing = Rule::on(Operation::ListUseCases).always();
    world
        .sandbox
        .rule(failing.respond_with(Response::json(500, body)));
    let ran = world.run(&["doctor"]).expect(1);
    assert!(
        ran.out.contains("listUseCases: the API answers 500"),
        "{ran:?}"
    );
    assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
}

#[test]
fn unknown_workspace_below_a_path_also_suggests_to_check_the_base_url() {
    let world = World::new();
    let workspace = Uuid::from_u128(9).to_string();
    for (path, expected) in [
        ("", "-> copy the id of the workspace again"),
        ("/proxied", "-> check the path /proxied of the base URL"),
    ] {
        let url = format!("{}{path}", world.sandbox.base_url());
        let mut command = world.command(&["doctor"]);
        command.envs([
            ("BIRD_BASE_URL", url.as_str()),
            ("BIRD_WORKSPACE_ID", workspace.as_str()),
        ]);
        let ran = run(command).expect(1);
        assert!(ran.out.contains(expected), "{ran:?}");
    }
}

#[test]
fn trouble_in_the_environment_is_reported_by_its_check() {
    let world = World::new();
    let https = ("BIRD_BASE_URL", "https://127.0.0.1:1");
    let closed = "http://127.0.0.1:1";
    let cases: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("configuration", vec![("BIRD_ACCESS_KEY", "")]),
        ("configuration", vec![("BIRD_WORKSPACE_ID", "")]),
        ("configuration", vec![("BIRD_WORKSPACE_ID", "shop")]),
        ("configuration", vec![("BIRD_PROFILE", "shop")]),
        (
            "access_key.form",
            vec![("BIRD_ACCESS_KEY", "Bearer planted")],
        ),
        ("access_key.form", vec![("BIRD_ACCESS_KEY", "bk_planted")]),
        ("access_key.accepted", vec![("BIRD_ACCESS_KEY", "planted")]),
        (
            "base_url",
            vec![("BIRD_BASE_URL", "https://api.bird.com/v1")],
        ),
        ("connection", vec![("BIRD_BASE_URL", closed)]),
        (
            "proxy",
            vec![https, ("HTTPS_PROXY", "socks5://127.0.0.1:1")],
        ),
        ("proxy", vec![https, ("https_proxy", closed)]),
        (
            "connection",
            vec![https, ("https_proxy", closed), ("NO_PROXY", "*")],
        ),
        ("dns", vec![("BIRD_BASE_URL", "https://api.bird.invalid")]),
        #[cfg(target_os = "linux")]
        (
            "certificates",
            vec![https, ("SSL_CERT_FILE", "/nonexistent/store.pem")],
        ),
    ];
    for (check, variables) in cases {
        let mut command = world.command(&JSON);
        command.envs(variables.iter().copied());
        let ran = run(command).expect(1);
        assert_eq!(failed(&ran.json()), [check], "{variables:?} {ran:?}");
    }
}

#[test]
fn issue_form_lists_the_differences_only() {
    let world = World::new();
    let ran = world.run(&["doctor", "--issue-form"]).expect(0);
    assert_eq!(ran.out, "");
    assert!(ran.err.contains("no differences"), "{}", ran.err);

    let channel = json!({"id": Uuid::from_u128(1), "status": "archived", "token": "planted-token"});
    world.sandbox.insert_channel(channel);
    let ran = world.run(&["doctor", "--issue-form"]).expect(0);
    assert!(ran.out.starts_with("### Kind of change\n"), "{}", ran.out);
    assert!(
        ran.out
            .contains("| listChannels | `results[].status` | unknown_value |"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("`results[].token`"), "{}", ran.out);
    assert!(!ran.out.contains("planted-token"), "{}", ran.out);
}

#[test]
fn no_secret_is_printed() {
    let world = World::new();
    world.sandbox.insert_webhook_subscription(json!({
        "id": Uuid::from_u128(2),
        "url": "http://hooks.example.com/planted-path?token=planted-query",
        "signingKey": "planted-signing-key",
    }));
    for output in ["table", "json"] {
        let ran = world.run(&["doctor", "-vv", "--output", output]);
        assert!(ran.out.contains("webhooks.url"), "{}", ran.out);
        let all = ran.out + &ran.err;
        assert!(!all.contains("planted"), "{all}");
    }
}
