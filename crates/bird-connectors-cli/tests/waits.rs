//! `connectors wait` for several connectors and tokens.

mod support;

use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, Rule, Script};
use serde_json::Value;
use support::{CONNECTOR, World};

fn install(world: &World, name: &str) -> Value {
    let arguments = [
        "connectors",
        "install",
        "line",
        "--name",
        name,
        "-o",
        "json",
    ];
    world.run(&arguments).expect(0).json()
}

fn wait(targets: &[&str]) -> Vec<String> {
    let arguments = ["connectors", "wait"].iter().chain(targets);
    arguments.map(ToString::to_string).collect()
}

#[test]
fn ids_and_tokens_are_awaited_together() {
    let world = World::new();
    let (first, second) = (install(&world, "One"), install(&world, "Two"));
    let lost = Rule::on(Operation::CreateConnector).fault(Fault::LostResponse);
    world.sandbox.rule(lost);
    let create = [
        "connectors",
        "install",
        "line",
        "--name",
        "Three",
        "-o",
        "json",
    ];
    let unresolved = world.run(&create).expect(8).error();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let targets = [
        text(&first["connector_id"]),
        text(&second["token"]),
        text(&unresolved["token"]),
    ];
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    let mut arguments = wait(&targets);
    arguments.extend(["--output", "jsonl"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = world.run(&arguments).expect(0);
    let rows: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row["ready"], true, "{row}");
        assert_eq!(row["status"], "active");
        assert!(row["channel_id"].is_string() && row["token"].is_string());
    }
    // A duplicate is followed once.
    let same = world
        .run(&["connectors", "wait", targets[0], targets[0], "-o", "json"])
        .expect(0);
    assert_eq!(same.json().as_array().unwrap().len(), 1);
}

#[test]
fn failed_waits_are_reported_and_the_printed_command_waits_for_the_rest() {
    let world = World::new();
    let ready = install(&world, "Ready");
    let pending = Script::pending(Duration::from_millis(10));
    world.sandbox.next_install(pending);
    let late = install(&world, "Late");
    let id = |install: &Value| install["connector_id"].as_str().unwrap().to_owned();
    let (ready, late) = (id(&ready), id(&late));
    let arguments = [
        "connectors",
        "wait",
        &ready,
        &late,
        "--timeout",
        "300ms",
        "-o",
        "json",
    ];
    let ran = world.run(&arguments).expect(6);
    let rows = ran.json();
    let row = |id: &str| {
        let mut rows = rows.as_array().unwrap().iter();
        rows.find(|row| row["connector_id"] == id).unwrap().clone()
    };
    assert_eq!(row(&ready)["ready"], true);
    assert_eq!(row(&late)["error"]["kind"], "wait_timed_out");
    let error = ran.error();
    assert_eq!(error["kind"], "waits_failed");
    assert_eq!(error["message"], "1 of 2 waits failed");
    world.activate();
    let rest = world.run_line(error["resume"].as_str().unwrap()).expect(0);
    assert_eq!(rest.json()["connector_id"], late);
}

#[test]
fn invalid_target_among_others_exits_with_2_and_sends_nothing() {
    let world = World::new();
    let ran = world.run(&["connectors", "wait", CONNECTOR, "not-a-token"]);
    ran.expect(2);
    assert!(world.sandbox.requests().is_empty());
}

/// The token of a create that the server has not received.
fn unresolved_token(world: &World, name: &str) -> String {
    let never = Rule::on(Operation::CreateConnector).fault(Fault::LostResponse);
    world.sandbox.rule(never);
    let create = [
        "connectors",
        "install",
        "line",
        "--name",
        name,
        "-o",
        "json",
    ];
    let error = world.run(&create).expect(8).error();
    let connectors = world.sandbox.connectors();
    let connector = connectors.iter().find(|one| one["name"] == name).unwrap();
    // As if the create had been lost.
    let id = connector["id"].as_str().unwrap();
    world.run(&["connectors", "delete", id, "--yes"]).expect(0);
    error["token"].as_str().unwrap().to_owned()
}

#[test]
fn unresolved_create_without_a_connector_stays_unknown_after_the_timeout() {
    let world = World::new();
    let token = unresolved_token(&world, "Chat");
    let wait = [
        "connectors",
        "wait",
        &token,
        "--timeout",
        "200ms",
        "-o",
        "json",
    ];
    let error = world.run(&wait).expect(8).error();
    assert_eq!(error["kind"], "outcome_unknown");
    assert_eq!(error["outcome"], "unknown");
    assert_eq!(error["token"], token.as_str());
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("within 200ms"), "{message}");
    // The create appears after all.
    let arguments = ["connectors", "install", "line", "--name", "Chat"];
    world.run(&arguments).expect(0);
    let resume = error["resume"].as_str().unwrap();
    assert!(resume.contains("--timeout 200ms"), "{resume}");
    let resume = resume.replace("200ms", "1m");
    assert_eq!(world.run_line(&resume).expect(0).json()["ready"], true);
}

#[test]
fn search_for_one_create_does_not_delay_the_other_waits() {
    let world = World::new();
    let token = unresolved_token(&world, "Lost");
    let ready = install(&world, "Ready");
    let id = ready["connector_id"].as_str().unwrap();
    let wait = ["connectors", "wait", &token, id, "--timeout", "5s"];
    let ran = world.run(&[&wait[..], &["-o", "jsonl"]].concat()).expect(8);
    let rows: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows[0]["connector_id"], id, "{rows:?}");
    assert_eq!(rows[0]["ready"], true);
    assert_eq!(rows[1]["error"]["kind"], "outcome_unknown");
    assert_eq!(rows[1]["ready"], Value::Null);
    let resume = ran.error()["resume"].as_str().unwrap().to_owned();
    assert!(resume.contains(&token) && !resume.contains(id), "{resume}");
}

#[test]
fn unknown_ids_are_not_found_before_the_timeout() {
    let world = World::new();
    let ready = install(&world, "Ready");
    let id = ready["connector_id"].as_str().unwrap();
    let unknown = "5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f";
    let error = world
        .run(&["connectors", "wait", unknown, "-o", "json"])
        .expect(3)
        .error();
    assert_eq!(error["kind"], "not_found");
    let message = error["hint"].as_str().unwrap();
    assert!(message.contains("channels get"), "{message}");

    let wait = ["connectors", "wait", unknown, CONNECTOR, id, "-o", "json"];
    let ran = world.run(&wait).expect(3);
    let rows = ran.json();
    for missing in [unknown, CONNECTOR] {
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["connector_id"] == missing).unwrap();
        assert_eq!(row["error"]["kind"], "not_found");
        assert_eq!(row["error"]["exit_code"], 3);
    }
    assert_eq!(ran.error()["message"], "2 of 3 waits failed");
    assert!(ran.error()["resume"].is_null());
}

#[test]
fn unknown_ids_among_many_are_found_with_one_list() {
    let world = World::new();
    let installs: Vec<Value> = (0..12)
        .map(|number| install(&world, &format!("Bot {number}")))
        .collect();
    let mut arguments = vec!["connectors", "wait", CONNECTOR];
    let ids = installs
        .iter()
        .map(|one| one["connector_id"].as_str().unwrap());
    arguments.extend(ids);
    arguments.extend(["-o", "json"]);
    let ran = world.run(&arguments).expect(3);
    assert_eq!(ran.error()["message"], "1 of 13 waits failed");
    assert_eq!(world.sandbox.count(Operation::ListConnectors), 1);
}

#[test]
fn timeout_reports_the_time_of_the_lookups_before_the_wait() {
    for count in [1_u64, 2] {
        let world = World::new();
        let ids: Vec<String> = (0..count)
            .map(|number| {
                let pending = Script::pending(Duration::from_millis(10));
                world.sandbox.next_install(pending);
                let install = install(&world, &format!("Bot {number}"));
                install["connector_id"].as_str().unwrap().to_owned()
            })
            .collect();
        // Most of the time is over when the wait begins.
        let slow = Rule::on(Operation::GetConnector).delay(Duration::from_millis(700));
        world.sandbox.rule(slow.times(count));
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut arguments = wait(&ids);
        arguments.extend(["--timeout", "1s", "-o", "json"].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = world.run(&arguments).expect(6);
        let error = match count {
            1 => ran.error(),
            _ => ran.json()[0]["error"].clone(),
        };
        let message = error["message"].as_str().unwrap();
        let (_, seconds) = message.split_once("timed out after ").unwrap();
        let seconds: f64 = seconds.split_once(" s").unwrap().0.parse().unwrap();
        assert!(seconds >= 1.0, "{message}");
    }
}
