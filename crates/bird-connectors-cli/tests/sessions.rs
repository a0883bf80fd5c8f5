//! Whole sessions against a sandbox, as a person, a script and a program see them.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use bird_connectors_sandbox::{Fault, Operation, Rule};
use support::{NUMBER, World};

/// Runs a session of commands, whose output is recorded. Ids and ports vary.
#[test]
fn life_of_a_channel_matches_the_recorded_sessions() {
    for session in ["table", "json", "jsonl", "tutorial", "drift"] {
        replay(session, &World::new());
    }
}

/// A message, the Inbox setting and the deletion, in commands that need the ids of a channel.
#[test]
fn end_of_a_channel_matches_the_recorded_sessions() {
    for session in ["table", "json", "jsonl"] {
        let world = World::new();
        let path = world.folder().join("end.trycmd");
        fs::write(&path, world.end_session(session)).unwrap();
        replay_file(path.to_str().unwrap(), &world);
    }
}

#[test]
fn control_characters_of_a_name_do_not_reach_the_terminal_or_break_a_line() {
    let world = World::new();
    let name = "A\u{1b}[31mB\u{7}\nC";
    let install = ["connectors", "install", "line", "--name", name];
    for more in [&["--wait", "--color", "always"][..], &["--color", "always"]] {
        let ran = world.run(&[&install[..], more].concat());
        // The command that continues contains the name as it is.
        let shown = ran.err.split("continue with:").next().unwrap();
        assert!(
            !shown.contains(['\u{7}']) && !shown.contains("[31mB\u{7}"),
            "{ran:?}"
        );
        let lines = shown.lines().filter(|line| line.contains("status"));
        assert!(
            lines.clone().all(|line| line.starts_with("A [31mB  C: ")),
            "{ran:?}"
        );
    }
}

/// The commands of the documentation site.
#[test]
fn commands_of_the_how_to_guides_match_the_recorded_session() {
    let world = World::new().with_examples();
    let profiles = format!(
        "[profiles.acme]\naccess_key = \"env:ACME_ACCESS_KEY\"\nworkspace_id = \"{}\"\n",
        world.sandbox.workspace_id()
    );
    let folder = world.folder().join("configuration/bird-connectors");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("config.toml"), profiles).unwrap();
    replay("guide", &world);
}

fn replay(session: &str, world: &World) {
    replay_file(&format!("tests/sessions/{session}.trycmd"), world);
}

fn replay_file(path: &str, world: &World) {
    let cases = trycmd::TestCases::new();
    for (name, value) in world.environment() {
        cases.env(name, value);
    }
    cases
        .env("ACME_ACCESS_KEY", world.sandbox.access_key())
        .env("BIRD_SIGNING_KEY", "test-signing-key")
        .insert_var("[WORKSPACE]", world.sandbox.workspace_id().to_string())
        .unwrap();
    cases.case(path);
}

/// A script that knows nothing but `--help`, `--example` and the output of the commands.
#[test]
fn channel_can_be_installed_used_and_deleted_by_a_script() {
    let world = World::new();
    let run = |line: &str| world.run_line(line).expect(0);
    let help = run("bird-connectors connectors install --help").out;
    assert!(help.contains("sms") && help.contains("--example"), "{help}");
    let number = run("bird-connectors numbers list --jq .[0].id").out;
    let example = run("bird-connectors connectors ensure sms --example").out;
    let line = example.trim().replace(NUMBER, number.trim());
    let ready = run(&line).json();
    let (connector, channel) = (&ready["connector_id"], &ready["channel_id"]);
    let (connector, channel) = (connector.as_str().unwrap(), channel.as_str().unwrap());
    let sent = run(&format!(
        "bird-connectors channels send {channel} --to +31612345678 --text Hello -o json"
    ));
    assert!(sent.json()["id"].is_string());
    run(&format!(
        "bird-connectors connectors delete {connector} --yes"
    ));
    world.run(&["connectors", "get", connector]).expect(3);
    let messages = world.sandbox.messages();
    assert_eq!(messages[0].body["body"]["text"]["text"], "Hello");
}

#[test]
fn jsonl_prints_the_first_page_before_the_second_is_requested() {
    let world = World::with(|builder| builder.connectors(25));
    // The second page is never answered.
    let second = Rule::on(Operation::ListConnectors).nth(2);
    world.sandbox.rule(second.fault(Fault::StallBeforeHeaders));
    let mut child = world
        .command(&["connectors", "list", "-o", "jsonl", "--page-size", "10"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let first: Vec<String> = out.lines().take(10).map(Result::unwrap).collect();
    assert!(first.iter().all(|line| line.starts_with('{')), "{first:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn closed_pipe_ends_silently() {
    let world = World::with(|builder| builder.connectors(250));
    let mut child = world
        .command(&["connectors", "list", "-o", "jsonl", "--page-size", "50"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn list_reads_all_pages_and_limit_stops_early() {
    let world = World::with(|builder| builder.connectors(25));
    let all = world.run(&["connectors", "list", "-o", "json"]).expect(0);
    assert_eq!(all.json().as_array().unwrap().len(), 25);
    world.sandbox.clear_requests();
    let some = world
        .run(&[
            "connectors",
            "list",
            "-o",
            "json",
            "--limit",
            "7",
            "--page-size",
            "5",
        ])
        .expect(0);
    assert_eq!(some.json().as_array().unwrap().len(), 7);
    assert_eq!(
        world.sandbox.requests_to(Operation::ListConnectors).len(),
        2
    );
}
