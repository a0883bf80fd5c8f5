//! The help: its texts, and its examples, which run.

mod support;

#[cfg(unix)]
use std::process::Command;
use std::time::Duration;

use bird_connectors_sandbox::Script;
use serde_json::Value;
use support::{CHANNEL, CONNECTOR, Ran, World};

/// Ids of the examples.
const SUBSCRIPTION: &str = "5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f";

const USE_CASE: &str = "7c1d4f2e-3b5a-4d68-9e0f-1a2b3c4d5e6f";

/// The delivery of the example of `webhooks verify`.
const DELIVERY: &str = r#"{"service":"channels","event":"channel.created","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}}"#;

/// All commands, as `commands` describes them.
fn commands(world: &World) -> Vec<Value> {
    let ran = world.run(&["commands", "--output", "jsonl"]).expect(0);
    let lines = ran.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn help_matches_the_snapshots() {
    trycmd::TestCases::new()
        .case("tests/snapshots/*.trycmd")
        .env("COLUMNS", "100");
}

#[test]
fn every_command_has_an_example_that_runs() {
    let overview = World::new();
    for command in commands(&overview) {
        let path = command["command"].as_str().unwrap();
        // The templates of an install have `--example`.
        let of_template = path.contains(" install ") || path.contains(" ensure ");
        let examples = if of_template {
            vec![format!("{path} --example")]
        } else {
            let examples = command["examples"].as_array().unwrap().iter();
            examples
                .map(|example| example.as_str().unwrap().to_owned())
                .collect()
        };
        assert!(!examples.is_empty(), "{path} has no example");
        // A server runs until it is stopped.
        let is_server =
            |line: &str| line.contains(" sandbox --port") || line.contains(" webhooks listen ");
        for example in examples.into_iter().filter(|line| !is_server(line)) {
            let world = World::new();
            // The ids of the examples become those of a connector that exists.
            let installed = world.run_line(
                "bird-connectors connectors install line --name Installed --wait -o json",
            );
            let installed = installed.expect(0).json();
            let id = |name: &str| installed[name].as_str().unwrap().to_owned();
            let example = example
                .replace(CONNECTOR, &id("connector_id"))
                .replace(CHANNEL, &id("channel_id"));
            let shops = "template,name\nline,Shop 1\nline,Shop 2\n";
            std::fs::write(world.folder().join("shops.csv"), shops).unwrap();
            let channels = format!(
                "version: 1\nproject: acme\nworkspaces:\n  - id: {}\n    connectors:\n      - {{ name: Installed, template: line }}\n",
                world.sandbox.workspace_id()
            );
            std::fs::write(world.folder().join("channels.yaml"), channels).unwrap();
            let subscribe =
                "bird-connectors webhooks subscribe --url https://hooks.example.com/bird -o json";
            let subscription = world.run_line(subscribe).expect(0).json();
            let example = example.replace(SUBSCRIPTION, subscription[0]["id"].as_str().unwrap());
            let use_case = world
                .run_line("bird-connectors use-cases list --jq .[0].id")
                .expect(0);
            let example = example.replace(USE_CASE, use_case.out.trim());
            std::fs::write(world.folder().join("delivery.json"), DELIVERY).unwrap();
            let words = shell_words::split(&example).unwrap();
            let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            let mut command = world.command(&arguments);
            command.env("BIRD_SIGNING_KEY", "test-signing-key");
            Ran::from(command.output().unwrap()).expect(0);
        }
    }
}

#[test]
fn printed_example_of_each_template_runs() {
    for template in ["sms", "voice", "whatsapp", "custom"] {
        let world = World::with(|builder| {
            builder.default_script(Script::timed(
                Duration::from_millis(5),
                Duration::from_millis(10),
            ))
        });
        let example = world
            .run(&["connectors", "ensure", template, "--example"])
            .expect(0);
        let line = example
            .out
            .replace("env:WHATSAPP_ACCESS_TOKEN", "env:BIRD_ACCESS_KEY");
        let ready = world.run_line(line.trim()).expect(0).json();
        assert_eq!(ready["ready"], true, "{template}: {ready}");
    }
}

#[test]
fn every_option_is_described() {
    for command in commands(&World::new()) {
        for kind in ["arguments", "options"] {
            for argument in command[kind].as_array().unwrap() {
                assert!(
                    argument["help"].is_string(),
                    "{}: {argument}",
                    command["command"]
                );
            }
        }
    }
}

/// clap breaks a line that is too long, and a shell would run its parts as two commands.
#[test]
fn every_example_fits_the_help() {
    let world = World::new();
    for command in commands(&world) {
        let path = command["command"].as_str().unwrap();
        let help = world.run_line(&format!("{path} --help")).expect(0).out;
        let joined = help.replace("\\\n", " ");
        for example in command["examples"].as_array().unwrap() {
            let example = example.as_str().unwrap();
            let shown = joined
                .lines()
                .any(|line| line.split_whitespace().eq(example.split_whitespace()));
            assert!(shown, "{path} breaks its example: {example}");
        }
    }
}

#[test]
fn man_counts_only_its_own_pages() {
    let world = World::new();
    let folder = world.folder().join("man1");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("another-program.1"), "").unwrap();
    let written = world.run(&["man", folder.to_str().unwrap(), "-o", "json"]);
    let pages = written.expect(0).json()["pages"].as_u64().unwrap();
    let files = std::fs::read_dir(&folder).unwrap().count() as u64;
    assert_eq!(pages + 1, files);
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let world = World::new();
    let script = world.run(&["completions", "bash"]).expect(0).out;
    // Too long for an argument.
    std::fs::write(world.folder().join("script"), script).unwrap();
    for (typed, completed) in [
        (&["bird-connectors", "conn"][..], "connectors"),
        (
            &["bird-connectors", "connectors", "inst"],
            "install install-all",
        ),
        (
            &["bird-connectors", "channels", "list", "--stat"],
            "--status",
        ),
        (
            &[
                "bird-connectors",
                "connectors",
                "install",
                "sms",
                "--phone-number-",
            ],
            "--phone-number-id",
        ),
        (
            &["bird-connectors", "numbers", "list", "--output", "json"],
            "json jsonl",
        ),
    ] {
        let words = typed.join(" ");
        let last = typed.len() - 1;
        let (current, previous) = (typed[last], typed[last - 1]);
        // What bash does after the tab key.
        let tab = format!(
            "COMP_WORDS=({words}); COMP_CWORD={last}; _bird__connectors bird-connectors {current} {previous}; echo \"${{COMPREPLY[@]}}\""
        );
        let mut bash = Command::new("bash");
        let output = bash.arg("-c").arg(format!("source ./script; {tab}"));
        let output = output.current_dir(world.folder()).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.trim(), completed, "{words}");
    }
}
