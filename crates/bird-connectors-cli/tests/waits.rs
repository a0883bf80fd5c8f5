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
