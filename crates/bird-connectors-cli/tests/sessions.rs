//! Whole sessions against a sandbox, as a person, a script and a program see them.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use bird_connectors_sandbox::{Fault, Operation, Rule};
use support::{CHANNEL_FILES, NUMBER, World};

/// Runs a session of commands, whose output is recorded. Ids and ports vary.
#[test]
fn life_of_a_channel_matches_the_recorded_sessions() {
    for session in ["table", "json", "jsonl", "drift"] {
        replay(session, &World::new());
    }
    replay_shown("tutorial", &World::new());
}

/// From the check of a file of channels to the export, and the diagnosis of the workspace.
#[test]
fn life_of_a_file_of_channels_matches_the_recorded_sessions() {
    for format in ["table", "json", "jsonl"] {
        let world = World::with_channel_file();
        let session = world.folder().join("session.trycmd");
        fs::copy(format!("tests/sessions/channels/{format}.trycmd"), &session).unwrap();
        let (before, after) = (session.with_extension("in"), session.with_extension("out"));
        fs::create_dir(&before).unwrap();
        for (name, content) in CHANNEL_FILES {
            fs::write(before.join(name), content).unwrap();
        }
        // The session runs in a copy, because of the journal.
        fs::create_dir(&after).unwrap();
        let (name, content) = CHANNEL_FILES[1];
        fs::write(after.join(name), content).unwrap();
        replay_file(session.to_str().unwrap(), &world);
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

/// The commands of the guide to troubleshooting.
#[test]
fn diagnosis_matches_the_recorded_session() {
    let world = World::new();
    world
        .sandbox
        .insert_channel(serde_json::json!({"id": NUMBER, "status": "archived"}));
    replay_shown("doctor", &world);
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
    replay_shown("guide", &world);
}

/// What the documentation shows in place of values that differ in each run: the ids of what a command creates, the address of
/// the sandbox, and its workspace.
const SAMPLE_IDS: [&str; 7] = [
    "6c0e4d52-1f7a-4f0e-9b1c-52d1a7c3e940",
    "b47f2a9d-6e30-4c58-8a15-0d93f6e1c7b2",
    "e15b9c07-84d2-4b6f-a3f9-7c20d8e4516a",
    "27d3f8a6-50b9-4e1c-bd74-91e6a0c5f328",
    "9a61e0c4-d73b-4528-8f06-3b5c1e92d7a0",
    "41e5d2b8-7c06-4f93-a8d1-05b7c9f36e2a",
    "d6927f1c-b3e8-4a05-87f2-6a4e0c8d1b53",
];
const SAMPLE_PORT: &str = "http://127.0.0.1:8080";
const SAMPLE_WORKSPACE: &str = "88742b6b-9f97-4c38-a741-94a6638fc265";

/// Replays a session that pages of the documentation show. It contains no wildcards, so that readers see real output: the
/// replayed copy has them in place of the samples.
fn replay_shown(session: &str, world: &World) {
    let recorded = Path::new("tests/sessions").join(session);
    let replayed = world.folder().join(session);
    let text = fs::read_to_string(recorded.with_extension("trycmd")).unwrap();
    let lines = text.lines().map(with_wildcards);
    let lines: String = lines.map(|line| line + "\n").collect();
    fs::write(replayed.with_extension("trycmd"), lines).unwrap();
    // The files of the session, before and after it.
    for extension in ["in", "out"] {
        let (files, copy) = (
            recorded.with_extension(extension),
            replayed.with_extension(extension),
        );
        if files.exists() {
            fs::create_dir(&copy).unwrap();
            for file in fs::read_dir(files).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), copy.join(file.file_name())).unwrap();
            }
        }
    }
    replay_file(replayed.with_extension("trycmd").to_str().unwrap(), world);
}

/// The version in the recorded sessions, which a release does not change.
const SAMPLE_VERSION: &str = "bird-connectors 0.1.0.";

fn with_wildcards(line: &str) -> String {
    let line = line
        .replace(SAMPLE_PORT, "http://127.0.0.1:[..]")
        .replace(SAMPLE_VERSION, "bird-connectors [..].")
        .replace(SAMPLE_WORKSPACE, "[WORKSPACE]");
    SAMPLE_IDS
        .iter()
        .fold(line, |line, id| line.replace(id, "[..]"))
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
