//! Every exit code, with the error that a program reads and the command that continues.

mod support;

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, Rule, Script};
#[cfg(unix)]
use rustix::process::Signal;
#[cfg(unix)]
use support::signal;
use support::{CONNECTOR, NUMBER, Ran, World, wait_until};

const INSTALL: [&str; 11] = [
    "connectors",
    "install",
    "sms",
    "--name",
    "Support NL",
    "--phone-number-id",
    NUMBER,
    "--message-type",
    "conversational",
    "--output",
    "json",
];

fn install(more: &[&'static str]) -> Vec<&'static str> {
    INSTALL.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn list_exits_with_0() {
    let ran = World::new()
        .run(&["connectors", "list", "--output", "json"])
        .expect(0);
    assert_eq!(ran.json(), serde_json::json!([]));
    assert_eq!(ran.err, "");
}

#[test]
fn server_error_exits_with_1() {
    let world = World::new();
    world.sandbox.fail_next(Operation::ListConnectors, 501, 9);
    let error = world
        .run(&["connectors", "list", "--output", "json"])
        .expect(1)
        .error();
    assert_eq!(error["kind"], "server");
    assert_eq!(error["status"], 501);
    assert_eq!(error["exit_code"], 1);
}

#[test]
fn body_that_is_not_in_the_format_of_the_api_is_part_of_the_error() {
    let world = World::new();
    let get = ["connectors", "get", CONNECTOR, "-o", "json"];
    let read = |fault| {
        world.sandbox.clear_rules();
        let rule = Rule::on(Operation::GetConnector).fault(fault);
        world.sandbox.rule(rule.always());
        world.run(&get).expect(1).error()["raw"].clone()
    };
    let page = read(Fault::Html(503));
    assert!(page.as_str().unwrap().contains("<html>"), "{page}");
    let other = read(Fault::WrongShape);
    assert!(other.as_str().unwrap().contains('{'), "{other}");
    world.sandbox.clear_rules();
    let not_found = world.run(&get).expect(3).error();
    assert_eq!(not_found["raw"], serde_json::Value::Null);
}

#[test]
fn invalid_usage_exits_with_2_and_sends_nothing() {
    let world = World::new();
    for arguments in [
        &["connectors", "lst", "-o", "json"][..],
        &["connectors", "get", "sms-messagebird:1", "-o", "json"],
        &["connectors", "install", "sms", "-o", "json"],
        &["connectors", "wait", "not-a-token", "-o", "json"],
        &["connectors", "list", "--jq", ".["],
        &["connectors", "list", "-o", "json", "--columns", "id"],
        &["connectors", "list", "-o", "json", "--profile", "missing"],
    ] {
        let error = world.run(arguments).expect(2).error();
        assert_eq!(error["kind"], "usage", "{arguments:?}: {error}");
        assert_eq!(error["exit_code"], 2, "{arguments:?}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn delete_without_yes_and_terminal_exits_with_2_and_sends_nothing() {
    let world = World::new().with_examples();
    let ran = world.run(&["connectors", "delete", CONNECTOR]).expect(2);
    assert!(ran.err.contains("pass --yes"), "{ran:?}");
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn unknown_connector_exits_with_3() {
    let world = World::new();
    let error = world
        .run(&["connectors", "get", CONNECTOR, "-o", "json"])
        .expect(3)
        .error();
    assert_eq!(error["kind"], "not_found");
    assert_eq!(error["status"], 404);
    assert_eq!(error["outcome"], "answered");
}

#[test]
fn rejected_key_and_missing_permission_exit_with_4() {
    let world = World::new();
    let ran = world
        .command(&["connectors", "list", "-o", "json"])
        .env("BIRD_ACCESS_KEY", "another-key")
        .output();
    assert_eq!(
        Ran::from(ran.unwrap()).expect(4).error()["kind"],
        "authentication"
    );
    world.sandbox.deny(Operation::ListConnectors);
    let error = world
        .run(&["connectors", "list", "-o", "json"])
        .expect(4)
        .error();
    assert_eq!(error["kind"], "permission_denied");
}

#[test]
fn second_install_exits_with_5_and_the_printed_command_adopts_the_first() {
    let world = World::new();
    let first = world.run(&INSTALL).expect(0).json();
    assert_eq!(first["created"], true);
    let error = world.run(&INSTALL).expect(5).error();
    assert_eq!(error["kind"], "conflict");
    assert_eq!(error["connector_id"], first["connector_id"]);
    let adopted = world.run_line(error["resume"].as_str().unwrap());
    let adopted = adopted.expect(0).json();
    assert_eq!(adopted["created"], false);
    assert_eq!(adopted["connector_id"], first["connector_id"]);
}

/// Only a conflict that names one connector has its id.
#[test]
fn conflict_has_the_connector_that_exists_if_it_is_known() {
    let world = World::new();
    let first = world.run(&INSTALL).expect(0).json();
    let mut ensure = INSTALL;
    ensure[1] = "ensure";
    ensure[8] = "promotional";
    let refused = [&ensure[..], &["--refuse-drift"]].concat();
    let error = world.run(&refused).expect(5).error();
    assert_eq!(error["connector_id"], first["connector_id"], "{error}");

    // Of a subscription, it would be another id.
    world
        .sandbox
        .fail_next(Operation::CreateWebhookSubscription, 409, 9);
    let url = "https://hooks.example.com/bird";
    let subscribe = ["webhooks", "subscribe", "--url", url, "-o", "json"];
    let error = world.run(&subscribe).error();
    assert!(error["connector_id"].is_null(), "{error}");
}

#[test]
fn timeout_exits_with_6_and_the_printed_command_continues() {
    let world = World::new();
    world
        .sandbox
        .next_install(Script::pending(Duration::from_millis(10)));
    let error = world
        .run(&install(&["--wait", "--timeout", "100ms"]))
        .expect(6)
        .error();
    assert_eq!(error["kind"], "wait_timed_out");
    assert!(error["token"].is_string(), "{error}");
    world.activate();
    let resume = error["resume"].as_str().unwrap();
    assert!(resume.contains(" --timeout 100ms"), "{resume}");
    let resume = resume.replace("100ms", "1m");
    let ready = world.run_line(&resume).expect(0).json();
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["status"], "active");
    assert_eq!(ready["connector_id"], error["connector_id"]);
}

#[test]
fn failed_install_exits_with_7() {
    let world = World::new();
    world.sandbox.next_install(Script::failing("rejected"));
    let error = world.run(&install(&["--wait"])).expect(7).error();
    assert_eq!(error["kind"], "install_failed");
    assert_eq!(error["channel_status"], "rejected");
    assert!(error["resume"].is_null(), "{error}");
}

#[test]
fn lost_response_exits_with_8_and_the_printed_command_continues() {
    let world = World::new();
    let lost = Rule::on(Operation::CreateConnector).fault(Fault::LostResponse);
    world.sandbox.rule(lost);
    let error = world.run(&INSTALL).expect(8).error();
    assert_eq!(error["outcome"], "unknown");
    assert!(error["token"].is_string(), "{error}");
    world.activate();
    let ready = world
        .run_line(error["resume"].as_str().unwrap())
        .expect(0)
        .json();
    assert_eq!(ready["ready"], true);
    assert_eq!(world.sandbox.connectors().len(), 1);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 1);
}

#[test]
fn lost_response_of_a_delete_exits_with_8_and_the_printed_command_continues() {
    let world = World::new().with_examples();
    let lost = Rule::on(Operation::DeleteConnector).fault(Fault::LostResponse);
    world.sandbox.rule(lost.always());
    let error = world
        .run(&["connectors", "delete", CONNECTOR, "--yes", "-o", "json"])
        .expect(8)
        .error();
    world.sandbox.clear_rules();
    let deleted = world
        .run_line(error["resume"].as_str().unwrap())
        .expect(0)
        .json();
    assert_eq!(deleted["gone"], true);
    assert_eq!(deleted["result"], "not_found");
}

#[test]
fn lost_response_of_a_webhook_request_exits_with_8_and_the_printed_command_continues() {
    let url = "https://hooks.example.com/bird";
    let world = World::new();
    let subscribe = ["webhooks", "subscribe", "--url", url, "-o", "json"];
    let subscribed = world.run(&subscribe).expect(0).json();
    let id = subscribed[0]["id"].as_str().unwrap();
    for (operation, arguments) in [
        (
            Operation::UpdateWebhookSubscription,
            &[
                "webhooks", "update", id, "--status", "inactive", "-o", "json",
            ][..],
        ),
        (
            Operation::DeleteWebhookSubscription,
            &["webhooks", "delete", id, "--yes", "-o", "json"],
        ),
    ] {
        let lost = Rule::on(operation).fault(Fault::LostResponse);
        world.sandbox.rule(lost.always());
        let error = world.run(arguments).expect(8).error();
        world.sandbox.clear_rules();
        assert_eq!(error["outcome"], "unknown");
        world.run_line(error["resume"].as_str().unwrap()).expect(0);
    }
    let gone = world.run(&["webhooks", "get", id, "-o", "json"]);
    assert_eq!(gone.expect(3).error()["kind"], "not_found");
}

#[test]
fn refused_request_prints_no_command_that_would_be_refused_again() {
    let world = World::new().with_examples();
    let unknown = "5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f";
    for arguments in [
        &[
            "webhooks",
            "subscribe",
            "--url",
            "http://hooks.example.com/bird",
        ][..],
        &["webhooks", "update", unknown, "--status", "active"],
        &["webhooks", "delete", unknown, "--yes"],
        &["connectors", "delete", unknown, "--yes"],
        &["channels", "conversational", unknown, "on"],
        &["connectors", "install", "line", "--name", ""],
    ] {
        let ran = world.run(&[arguments, &["--output", "json"]].concat());
        let error = ran.error();
        assert!(matches!(ran.code, Some(2 | 3)), "{ran:?}");
        assert!(error["resume"].is_null(), "{error}");
    }
}

#[test]
fn request_that_was_not_sent_exits_with_1_and_prints_the_command_to_repeat() {
    let world = World::new();
    let ensure: Vec<&str> = INSTALL
        .into_iter()
        .map(|word| if word == "install" { "ensure" } else { word })
        .chain(["--base-url", "http://127.0.0.1:1"])
        .collect();
    let error = world.run(&ensure).expect(1).error();
    assert_eq!(error["outcome"], "not_sent");
    let resume = error["resume"].as_str().unwrap();
    let resume = resume.replace("http://127.0.0.1:1", &world.sandbox.base_url());
    assert_eq!(world.run_line(&resume).expect(0).json()["created"], true);
}

#[test]
fn lost_response_of_a_message_exits_with_8_and_no_command_repeats_it() {
    let world = World::new();
    let channel = world.run(&install(&["--wait"])).expect(0).json();
    let channel = channel["channel_id"].as_str().unwrap();
    let lost = Rule::on(Operation::SendChannelMessage).fault(Fault::LostResponse);
    world.sandbox.rule(lost);
    let error = world
        .run(&[
            "channels",
            "send",
            channel,
            "--to",
            "+31612345678",
            "--text",
            "Hi",
            "-o",
            "json",
        ])
        .expect(8)
        .error();
    assert!(error["resume"].is_null(), "{error}");
    assert!(
        error["hint"].as_str().unwrap().contains("recipient"),
        "{error}"
    );
    assert_eq!(world.sandbox.count(Operation::SendChannelMessage), 1);
}

#[test]
fn failing_jq_expression_after_an_install_exits_with_1_and_the_printed_command_continues() {
    let world = World::new();
    for options in [&["--wait"][..], &[]] {
        let name = format!("Jq {}", options.len());
        let error = world
            .run(
                &[
                    &["connectors", "install", "line", "--name", &name],
                    options,
                    &["--jq", ".name | keys"],
                ]
                .concat(),
            )
            .expect(1)
            .error();
        assert_eq!(error["kind"], "jq_failed");
        assert!(error["token"].is_string(), "{error}");
        let resume = error["resume"].as_str().unwrap();
        let resume = resume.replace("'.name | keys'", ".name");
        assert_eq!(world.run_line(&resume).expect(0).out.trim(), name);
    }
    assert_eq!(world.sandbox.connectors().len(), 2);
}

#[cfg(unix)]
#[test]
fn interrupt_exits_with_130_and_the_printed_command_continues() {
    let world = World::new();
    world
        .sandbox
        .next_install(Script::pending(Duration::from_millis(10)));
    let mut child = world.spawn(&install(&["--wait"]));
    // The first line reports a status, so the wait has begun.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("Support NL: "), "{first}");
    signal(&child, Signal::INT);
    let error = Ran::after(child, lines).expect(130).error();
    assert_eq!(error["kind"], "interrupted");
    assert!(error["token"].is_string(), "{error}");
    world.activate();
    let ready = world
        .run_line(error["resume"].as_str().unwrap())
        .expect(0)
        .json();
    assert_eq!(ready["ready"], true);
    assert_eq!(world.sandbox.connectors().len(), 1);
}

#[cfg(unix)]
#[test]
fn interrupted_read_exits_with_130_and_prints_the_command_to_repeat() {
    let world = World::new();
    let slow = Rule::on(Operation::ListConnectors).fault(Fault::StallBeforeHeaders);
    world.sandbox.rule(slow.always());
    let list = ["connectors", "list", "--output", "json"];
    let child = world.spawn(&list);
    wait_until("a list was requested", || {
        world.sandbox.count(Operation::ListConnectors) > 0
    });
    signal(&child, Signal::INT);
    let error = Ran::from(child.wait_with_output().unwrap())
        .expect(130)
        .error();
    world.sandbox.clear_rules();
    let listed = world.run_line(error["resume"].as_str().unwrap());
    assert_eq!(listed.expect(0).json(), serde_json::json!([]));
}

#[cfg(unix)]
#[test]
fn second_interrupt_during_a_message_says_that_it_may_have_been_sent() {
    let world = World::new();
    let channel = world.run(&install(&["--wait"])).expect(0).json();
    let channel = channel["channel_id"].as_str().unwrap();
    let stalled = Rule::on(Operation::SendChannelMessage).fault(Fault::StallBeforeHeaders);
    world.sandbox.rule(stalled.always());
    let send = ["channels", "send", channel, "--to", "+31612345678"];
    let mut child = world.spawn(&[&send[..], &["--text", "Hi", "-o", "json"]].concat());
    wait_until("a message was sent", || {
        world.sandbox.count(Operation::SendChannelMessage) > 0
    });
    signal(&child, Signal::INT);
    // The first one is answered before the second one is sent.
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("press Ctrl-C again"), "{first}");
    signal(&child, Signal::INT);
    let error: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(error["outcome"], "unknown");
    assert!(error["resume"].is_null(), "{error}");
}

#[cfg(unix)]
#[test]
fn interrupt_during_a_create_waits_for_its_response() {
    let world = World::new();
    let slow = Rule::on(Operation::CreateConnector).delay_response(Duration::from_millis(700));
    world.sandbox.rule(slow);
    let child = world.spawn(&install(&["--wait"]));
    wait_until("a create was sent", || {
        world.sandbox.count(Operation::CreateConnector) > 0
    });
    signal(&child, Signal::INT);
    let error = Ran::from(child.wait_with_output().unwrap())
        .expect(130)
        .error();
    assert!(error["token"].is_string(), "{error}");
    world.activate();
    let ready = world
        .run_line(error["resume"].as_str().unwrap())
        .expect(0)
        .json();
    assert_eq!(ready["created"], serde_json::Value::Null);
    assert_eq!(world.sandbox.connectors().len(), 1);
}

/// Ctrl-C is how a server ends.
#[cfg(unix)]
#[test]
fn interrupted_server_exits_with_0() {
    let world = World::new();
    for arguments in [
        &["sandbox", "--output", "jsonl"][..],
        &["webhooks", "listen", "--skip-verify", "--port", "0"],
    ] {
        let (child, line) = world.serve(arguments);
        assert!(line.contains("127.0.0.1"), "{line}");
        signal(&child, Signal::INT);
        let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
        assert_eq!(ran.err, "", "{arguments:?}");
    }
}
