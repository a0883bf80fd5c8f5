//! Commands that a signal stops while a create is in flight, in the middle of a bulk run, or during a question.
#![cfg(unix)]

mod support;

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{Operation, Rule, Script};
use rustix::process::Signal;
use serde_json::Value;
use support::gate::ResponseGate;
use support::{Ran, World, signal, wait_until};

/// A sandbox that accepts duplicates, lists a new connector late, and does not respond to creates: a command that repeats the
/// create makes a second connector.
fn silent_world() -> World {
    let world = World::with(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .default_script(Script::instant().commit_after(Duration::from_secs(1)))
    });
    let silent = Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(3600));
    world.sandbox.rule(silent.always());
    world
}

/// Sends a signal once a create was sent, and then again, once the first one was answered. Returns the answer and the end.
fn stop_twice(world: &World, arguments: &[&str], kind: Signal) -> (String, Ran) {
    let mut child = world.spawn(arguments);
    wait_until("a create was sent", || {
        world.sandbox.count(Operation::CreateConnector) > 0
    });
    signal(&child, kind);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let answer = lines.next().unwrap().unwrap();
    signal(&child, kind);
    (answer, Ran::after(child, lines))
}

/// The printed command waits for the connector of the create that was in flight, and creates nothing.
fn assert_continues(world: &World, error: &Value) {
    assert_eq!(error["outcome"], "unknown", "{error}");
    let token = error["token"].as_str().unwrap();
    let resume = error["resume"].as_str().unwrap();
    let wait = format!("bird-connectors connectors wait {token}");
    assert!(resume.starts_with(&wait), "{resume}");
    world.sandbox.clear_rules();
    let ready = world.run_line(resume).expect(0).json();
    assert_eq!(ready["ready"], true);
    assert_eq!(world.sandbox.connectors().len(), 1);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 1);
}

#[test]
fn second_interrupt_during_a_create_prints_the_token_of_the_create() {
    for command in ["install", "ensure"] {
        let world = silent_world();
        let arguments = ["connectors", command, "line", "--name", "Chat"];
        let arguments = [&arguments[..], &["--output", "json"]].concat();
        let (answer, ran) = stop_twice(&world, &arguments, Signal::INT);
        assert!(answer.contains("press Ctrl-C again"), "{answer}");
        let ran = ran.expect(130);
        assert_continues(&world, &ran.error());
    }
}

#[test]
fn second_interrupt_during_a_create_with_a_journal_prints_the_same_command() {
    let world = silent_world();
    let arguments = ["connectors", "ensure", "line", "--name", "Chat"];
    let arguments = [&arguments[..], &["--journal", "j", "-o", "json"]].concat();
    let (_, ran) = stop_twice(&world, &arguments, Signal::INT);
    let error = ran.expect(130).error();
    assert!(error["token"].is_string(), "{error}");
    let resume = error["resume"].as_str().unwrap();
    assert!(resume.contains(" ensure ") && resume.contains(" --journal j"));
    world.sandbox.clear_rules();
    let adopted = world.run_line(resume).expect(0).json();
    assert_eq!(adopted["created"], false);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 1);
}

#[test]
fn interrupt_before_the_create_of_ensure_prints_the_same_command() {
    let world = World::new();
    let slow = Rule::on(Operation::ListConnectors).delay(Duration::from_secs(3600));
    world.sandbox.rule(slow.always());
    let ensure = [
        "connectors",
        "ensure",
        "line",
        "--name",
        "Chat",
        "-o",
        "json",
    ];
    let child = world.spawn(&ensure);
    wait_until("the list was requested", || {
        world.sandbox.count(Operation::ListConnectors) > 0
    });
    signal(&child, Signal::INT);
    let error = Ran::from(child.wait_with_output().unwrap())
        .expect(130)
        .error();
    assert!(
        error["outcome"].is_null() && error["token"].is_null(),
        "{error}"
    );
    world.sandbox.clear_rules();
    let resume = error["resume"].as_str().unwrap();
    assert_eq!(world.run_line(resume).expect(0).json()["created"], true);
}

#[test]
fn termination_during_a_create_prints_the_token_before_and_after_the_wait_for_the_response() {
    let world = silent_world();
    let arguments = ["connectors", "install", "line", "--name", "Chat"];
    let mut child = world.spawn(&[&arguments[..], &["-o", "json"]].concat());
    wait_until("a create was sent", || {
        world.sandbox.count(Operation::CreateConnector) > 0
    });
    signal(&child, Signal::TERM);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let error: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(error["exit_code"], 143);
    let resume = error["resume"].as_str().unwrap();
    assert!(first.contains(resume), "{first}");
    assert_continues(&world, &error);
}

#[test]
fn termination_of_a_wait_exits_with_143_and_prints_the_command_that_continues() {
    let world = World::new();
    let pending = Script::pending(Duration::from_millis(10));
    world.sandbox.next_install(pending);
    let arguments = ["connectors", "install", "line", "--name", "Chat", "--wait"];
    let mut child = world.spawn(&[&arguments[..], &["-o", "json"]].concat());
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // The first line reports a status, so the wait has begun.
    lines.next().unwrap().unwrap();
    signal(&child, Signal::TERM);
    let last = lines.map(Result::unwrap).last().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    let error: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(error["kind"], "interrupted");
    world.activate();
    world.run_line(error["resume"].as_str().unwrap()).expect(0);
}

/// A command that ends with SIGHUP, or ignores it, however the tests were started.
#[cfg(target_os = "linux")]
fn spawn_with_hang_up(world: &World, handling: &str, arguments: &[&str]) -> Child {
    let starter = ["env", handling];
    let mut command = world.command_by(&starter, arguments);
    command
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn hang_up_during_a_create_exits_with_129_and_prints_the_token_of_the_create() {
    let world = silent_world();
    let arguments = ["connectors", "install", "line", "--name", "Chat"];
    let arguments = [&arguments[..], &["-o", "json"]].concat();
    let mut child = spawn_with_hang_up(&world, "--default-signal=HUP", &arguments);
    wait_until("a create was sent", || {
        world.sandbox.count(Operation::CreateConnector) > 0
    });
    signal(&child, Signal::HUP);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(
        first.starts_with("waiting up to 5 s for the response"),
        "{first}"
    );
    let ran = Ran::after(child, lines).expect(129);
    let error = ran.error();
    assert_eq!(error["exit_code"], 129);
    assert_continues(&world, &error);
}

#[cfg(target_os = "linux")]
#[test]
fn command_that_ignores_hang_up_continues() {
    let world = World::new();
    let pending = Script::pending(Duration::from_millis(10));
    world.sandbox.next_install(pending);
    let arguments = ["connectors", "install", "line", "--name", "Chat", "--wait"];
    let mut child = spawn_with_hang_up(&world, "--ignore-signal=HUP", &arguments);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    // The first line reports a status, so the wait has begun.
    lines.next().unwrap().unwrap();
    signal(&child, Signal::HUP);
    world.activate();
    Ran::after(child, lines).expect(0);
}

#[test]
fn termination_ends_a_server_in_order() {
    let world = World::new();
    for arguments in [
        &["sandbox", "--port", "0"][..],
        &["webhooks", "listen", "--port", "0", "--skip-verify"],
    ] {
        let (mut child, line) = world.serve(arguments);
        assert!(line.to_lowercase().contains("listening"), "{line}");
        signal(&child, Signal::TERM);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
    }
}

/// A file with this many rows. Nothing answers the create of the second one.
fn file_with_a_silent_row(world: &World, rows: usize) -> String {
    let silent = Rule::on(Operation::CreateConnector).delay(Duration::from_secs(3600));
    world.sandbox.rule(silent.nth(2));
    let rows: String = (1..=rows)
        .map(|row| format!("{{\"template\":\"line\",\"name\":\"Bot {row}\"}}\n"))
        .collect();
    let path = world.folder().join("bots.jsonl");
    std::fs::write(&path, rows).unwrap();
    path.display().to_string()
}

/// A file of channels with connectors of these names.
fn write_channels(world: &World, names: &[&str]) {
    let entries = names.iter();
    let entries = entries.map(|name| format!("      - {{ name: {name}, template: line }}\n"));
    let text = format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {}\n    connectors:\n{}",
        world.sandbox.workspace_id(),
        entries.collect::<String>()
    );
    std::fs::write(world.folder().join("channels.yaml"), text).unwrap();
}

/// Reads standard error until the program says that it waits for responses.
fn read_until_it_waits(lines: &mut Lines<BufReader<ChildStderr>>) -> String {
    lines
        .map(Result::unwrap)
        .find(|line| line.starts_with("waiting"))
        .unwrap()
}

/// Sends Ctrl-C, and sends it again once the program waits for responses.
fn interrupt_twice(mut child: Child) -> Ran {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    signal(&child, Signal::INT);
    let answer = read_until_it_waits(&mut lines);
    assert_eq!(
        answer,
        "waiting up to 30 s for the responses; press Ctrl-C again to stop without them"
    );
    signal(&child, Signal::INT);
    Ran::after(child, lines)
}

/// Runs a command until its second create has no response, stops it with this signal, and sends the response.
fn stop_during_the_second_create(world: &World, arguments: &[&str], kind: Signal) -> Ran {
    let gate = ResponseGate::holding(world, 2);
    let mut child = world
        .command(arguments)
        .env("BIRD_BASE_URL", gate.url())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    wait_until("the second create was processed", || {
        world.sandbox.connectors().len() > 1
    });
    signal(&child, kind);
    read_until_it_waits(&mut lines);
    gate.open();
    Ran::after(child, lines)
}

fn names_and(rows: &Value, field: &str) -> Vec<(String, Value)> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row[field].clone()))
        .collect()
}

#[test]
fn interrupted_bulk_run_waits_for_the_response_and_starts_nothing_more() {
    for (kind, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let world = World::new();
        let rows = (1..=4).map(|row| format!("{{\"template\":\"line\",\"name\":\"Bot {row}\"}}\n"));
        std::fs::write(world.folder().join("bots.jsonl"), rows.collect::<String>()).unwrap();
        let install = ["connectors", "install-all", "bots.jsonl", "--concurrency"];
        let install = [&install[..], &["1", "-o", "json"]].concat();
        let ran = stop_during_the_second_create(&world, &install, kind).expect(code);
        let created = |name: &str| (name.to_owned(), Value::from(true));
        assert_eq!(
            names_and(&ran.json(), "created"),
            [created("Bot 1"), created("Bot 2")]
        );
        let error = ran.error();
        assert_eq!(error["kind"], "interrupted");
        assert!(error["outcome"].is_null(), "{error}");
        assert_eq!(world.sandbox.count(Operation::CreateConnector), 2);

        let resumed = world.run_line(error["resume"].as_str().unwrap()).expect(0);
        assert_eq!(resumed.json().as_array().unwrap().len(), 4);
        assert_eq!(world.sandbox.count(Operation::CreateConnector), 4);
    }
}

#[test]
fn interrupted_apply_waits_for_the_response_and_starts_nothing_more() {
    let world = World::new();
    write_channels(&world, &["A", "B", "C", "D"]);
    let apply = ["apply", "channels.yaml", "--concurrency", "1", "-o", "json"];
    let ran = stop_during_the_second_create(&world, &apply, Signal::INT).expect(130);
    let created = |name: &str| (name.to_owned(), Value::from("created"));
    assert_eq!(
        names_and(&ran.json(), "result"),
        [created("A"), created("B")]
    );
    let error = ran.error();
    assert_eq!(error["kind"], "interrupted");
    assert!(
        error["outcome"].is_null() && error["details"].is_null(),
        "{error}"
    );
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 2);

    let resumed = world.run_line(error["resume"].as_str().unwrap()).expect(0);
    assert_eq!(
        names_and(&resumed.json(), "result"),
        [created("C"), created("D")]
    );
}

/// An apply has nothing in progress but waits for channels, so it ends at once, with the rows of what it has created.
#[test]
fn interrupted_wait_of_an_apply_prints_what_was_created() {
    let pending = Script::pending(Duration::from_millis(10));
    let world = World::with(|builder| builder.default_script(pending));
    write_channels(&world, &["A"]);
    let apply = ["apply", "channels.yaml", "--wait", "-o", "json"];
    let child = world.spawn(&apply);
    wait_until("the channels are polled", || {
        world.sandbox.count(Operation::ListChannels) + world.sandbox.count(Operation::GetChannel)
            > 0
    });
    signal(&child, Signal::INT);
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(130);
    let rows = ran.json();
    assert_eq!(
        names_and(&rows, "result"),
        [("A".to_owned(), Value::from("created"))]
    );
    assert!(rows[0]["channel_id"].is_null() && rows[0]["error"].is_null());
    assert!(!ran.err.contains("waiting"), "{}", ran.err);
}

#[test]
fn interrupted_bulk_run_prints_the_finished_rows() {
    for format in ["json", "table"] {
        let world = World::new();
        let file = file_with_a_silent_row(&world, 3);
        let install = ["connectors", "install-all", &file, "--concurrency", "1"];
        let child = world.spawn(&[&install[..], &["-o", format]].concat());
        wait_until("the second create was sent", || {
            world.sandbox.count(Operation::CreateConnector) > 1
        });
        let ran = interrupt_twice(child).expect(130);
        if format == "json" {
            let rows = ran.json();
            assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
            assert_eq!(rows[0]["name"], "Bot 1");
            assert_eq!(ran.error()["kind"], "interrupted");
        } else {
            assert!(ran.out.contains("Bot 1") && !ran.out.contains("Bot 2"));
        }
    }
}

/// The sandbox accepts duplicates: only the journal prevents a second connector.
#[test]
fn interrupted_apply_prints_the_finished_rows_and_the_command_that_completes_it() {
    let world = World::with(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .default_script(Script::instant())
    });
    // The second create is processed, and its response never arrives.
    let silent = Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(3600));
    world.sandbox.rule(silent.nth(2));
    let names = ["A", "B", "C"];
    write_channels(&world, &names);
    let apply = ["apply", "channels.yaml", "--concurrency", "1", "-o", "json"];
    let child = world.spawn(&apply);
    wait_until("the second create was processed", || {
        world.sandbox.connectors().len() > 1
    });
    let ran = interrupt_twice(child).expect(130);
    let rows = ran.json();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(
        (&rows[0]["name"], &rows[0]["result"]),
        (&"A".into(), &"created".into())
    );
    let error = ran.error();
    assert_eq!(error["kind"], "interrupted");
    assert_eq!(error["outcome"], "unknown");
    assert_eq!(error["details"], serde_json::json!({"unresolved": ["B"]}));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(": B may have been created"), "{message}");
    world.sandbox.clear_rules();

    let resumed = world
        .run_line(error["resume"].as_str().unwrap())
        .expect(0)
        .json();
    let results: Vec<_> = resumed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["name"].as_str().unwrap(),
                row["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(results, [("B", "owned"), ("C", "created")]);
    assert_eq!(world.sandbox.connectors().len(), names.len());
    let planned = world
        .run(&["plan", "channels.yaml", "--detailed-exitcode", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(planned["counts"]["unchanged"], names.len());
}

#[test]
fn interrupted_waits_print_the_finished_rows() {
    let world = World::new();
    let create = |name: &str| {
        let arguments = ["connectors", "install", "line", "--name", name];
        let summary = world.run(&[&arguments[..], &["-o", "json"]].concat());
        summary.expect(0).json()["connector_id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let ready = create("Ready");
    let pending = Script::pending(Duration::from_millis(10));
    world.sandbox.next_install(pending);
    let late = create("Late");
    let mut child = world.spawn(&["connectors", "wait", &ready, &late, "-o", "json"]);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains(&ready), "{first}");
    signal(&child, Signal::INT);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    assert_eq!(rows[0]["connector_id"], ready);
}
