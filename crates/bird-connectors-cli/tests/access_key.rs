//! An error that rejects the access key or its permissions says where the key is from, and never shows it.

mod support;

use std::fs;

use bird_connectors_sandbox::Operation;
use support::{CHANNEL, CONNECTOR, Ran, World, with_input};

const KEY: &str = "planted-rejected-key";

/// A folder with a configuration file whose profiles refer to a rejected key.
fn world_with_profiles() -> (World, String) {
    let world = World::new().with_examples();
    let file = world.folder().join("key");
    fs::write(&file, KEY).unwrap();
    let file = file.display().to_string();
    let folder = world.folder().join("configuration/bird-connectors");
    fs::create_dir_all(&folder).unwrap();
    let profiles = format!(
        "[profiles.variable]\naccess_key = \"env:ACME_KEY\"\n\n[profiles.file]\naccess_key = \"file:{file}\"\n\n\
         [profiles.program]\naccess_key = \"command:cat '{file}'\"\n"
    );
    fs::write(folder.join("config.toml"), profiles).unwrap();
    (world, file)
}

fn rejected(world: &World, arguments: &[&str]) -> Ran {
    let mut command = world.command(arguments);
    command.env("BIRD_ACCESS_KEY", KEY).env("ACME_KEY", KEY);
    let ran = with_input(command, KEY).expect(4);
    assert!(!ran.err.contains(KEY) && !ran.out.contains(KEY), "{ran:?}");
    ran
}

#[test]
fn rejected_key_names_its_source() {
    let (world, file) = world_with_profiles();
    for (arguments, source) in [
        (&[][..], "environment variable BIRD_ACCESS_KEY".to_owned()),
        (&["--key-file", &file], format!("file {file}")),
        (&["--key-file", "-"], "standard input".to_owned()),
        (
            &["--profile", "variable"],
            "profile variable: environment variable ACME_KEY".to_owned(),
        ),
        (&["--profile", "file"], format!("profile file: file {file}")),
        (
            &["--profile", "program"],
            "profile program: command cat".to_owned(),
        ),
    ] {
        let ran = rejected(&world, &[&["whoami"], arguments].concat());
        let line = format!("  access key from: {source}\n");
        assert!(ran.err.contains(&line), "{ran:?}");
        let ran = rejected(&world, &[&["whoami", "-o", "json"], arguments].concat());
        assert_eq!(ran.error()["key_source"], source);
        assert_eq!(ran.error()["kind"], "authentication");
    }
}

#[test]
fn every_command_names_the_source_of_a_rejected_key() {
    let (world, _) = world_with_profiles();
    let rows = world.folder().join("bots.jsonl");
    fs::write(&rows, "{\"template\":\"line\",\"name\":\"A\"}\n").unwrap();
    let rows = rows.display().to_string();
    let other = "5b6e2a1c-0f3d-4c52-8d1e-6a7b8c9d0e1f";
    for arguments in [
        &["connectors", "list"][..],
        &["connectors", "get", CONNECTOR],
        &["connectors", "status", CONNECTOR],
        &["connectors", "delete", CONNECTOR, "--yes"],
        &["connectors", "install", "line", "--name", "A"],
        &["connectors", "ensure", "line", "--name", "A"],
        &["connectors", "install-all", &rows],
        &["connectors", "wait", CONNECTOR],
        &["connectors", "wait", CONNECTOR, other],
        &["channels", "get", CHANNEL],
        &[
            "channels",
            "send",
            CHANNEL,
            "--to",
            "+31612345678",
            "--text",
            "Hi",
        ],
        &["channels", "conversational", CHANNEL, "on"],
        &["numbers", "list"],
        &["use-cases", "list"],
        &["webhooks", "list"],
        &["webhooks", "events"],
        &[
            "webhooks",
            "subscribe",
            "--url",
            "https://hooks.example.com/bird",
        ],
        &["api", "GET", "/workspaces/{workspace}/numbers"],
        &["sandbox", "fault", "html_503"],
    ] {
        let ran = rejected(&world, &[arguments, &["--output", "json"]].concat());
        let source = &ran.error()["key_source"];
        assert_eq!(source, "environment variable BIRD_ACCESS_KEY", "{ran:?}");
    }
}

#[test]
fn missing_permission_names_the_source_and_other_errors_do_not() {
    let world = World::new();
    world.sandbox.deny(Operation::ListConnectors);
    let list = ["connectors", "list", "-o", "json"];
    let error = world.run(&list).expect(4).error();
    assert_eq!(error["kind"], "permission_denied");
    assert_eq!(error["key_source"], "environment variable BIRD_ACCESS_KEY");
    let get = ["connectors", "get", CONNECTOR, "-o", "json"];
    let error = world.run(&get).expect(3).error();
    assert!(error["key_source"].is_null(), "{error}");
}

/// The message of the SDK names the setting of its builder.
#[test]
fn invalid_connection_names_where_it_is_set() {
    let (world, file) = world_with_profiles();
    fs::write(&file, "two words").unwrap();
    let folder = world.folder().join("configuration/bird-connectors");
    let profile = "[profiles.a]\nbase_url = \"http://example.com\"\naccess_key = \"env:HOME\"\n";
    for (arguments, source) in [
        (
            &["--key-file", &file][..],
            format!("({file})").replace('(', "(file "),
        ),
        (
            &["--base-url", "http://example.com"],
            "(--base-url)".to_owned(),
        ),
    ] {
        let ran = world.run(&[&["whoami"], arguments].concat()).expect(2);
        assert!(ran.err.contains(&source), "{ran:?}");
    }
    fs::write(folder.join("config.toml"), profile).unwrap();
    let ran = world.run(&["whoami", "--profile", "a"]).expect(2);
    assert!(ran.err.contains("(base_url of the profile a)"), "{ran:?}");
    let mut command = world.command(&["whoami"]);
    command.env("BIRD_BASE_URL", "http://example.com");
    let ran = Ran::from(command.output().unwrap()).expect(2);
    let source = "(environment variable BIRD_BASE_URL)";
    assert!(ran.err.contains(source), "{ran:?}");
}

/// As editors and shells on Windows write it.
#[test]
fn key_file_with_marks_and_line_ends_of_windows_is_read() {
    let world = World::new();
    let file = world.folder().join("key");
    fs::write(&file, "\u{feff}planted-access-key\r\n\r\n").unwrap();
    let list = ["numbers", "list", "--key-file", file.to_str().unwrap()];
    world.run(&list).expect(0);
    let mut command = world.command(&["numbers", "list"]);
    command.env("BIRD_ACCESS_KEY", "planted-access-key\r\n");
    Ran::from(command.output().unwrap()).expect(0);
}

#[test]
fn key_in_the_place_of_its_file_is_not_repeated() {
    let world = World::new();
    for key in ["AbC123planted", "planted/with+slash=", "./planted"] {
        for format in ["table", "json"] {
            let ran = world.run(&["whoami", "--key-file", key, "-o", format]);
            let ran = ran.expect(2);
            assert!(!ran.err.contains("planted"), "{ran:?}");
            let length = format!("has {} characters", key.len());
            assert!(ran.err.contains(&length), "{ran:?}");
        }
    }
    assert!(world.sandbox.requests().is_empty());
}
