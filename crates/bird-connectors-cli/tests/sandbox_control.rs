//! `sandbox trigger`, `sandbox fault` and `webhooks listen`, with a sandbox in another process.

mod support;

use bird_connectors_sandbox::Operation;
use serde_json::Value;
use support::{CHANNEL, Listener, Ran, World};

const URL: &str = "https://hooks.example.com/bird";
const KEY: &str = "planted-secret";

/// Starts a listener that the sandbox delivers to, and subscribes it to the events of a new channel, whose id is returned.
fn listen(world: &World, arguments: &[&str]) -> (Listener, String) {
    let listener = Listener::start(world, KEY, arguments);
    let route = listener.address;
    world
        .sandbox
        .webhooks(|webhooks| webhooks.route("https://hooks.example.com", route));
    let install = ["connectors", "install", "line", "--name", "Shop"];
    world.run(&install).expect(0);
    let mut subscribe = world.command(&[
        "webhooks",
        "subscribe",
        "--url",
        URL,
        "--signing-key",
        "env:BIRD_SIGNING_KEY",
    ]);
    let subscribed = subscribe.env("BIRD_SIGNING_KEY", KEY).output();
    Ran::from(subscribed.unwrap()).expect(0);
    let channel = world.sandbox.channels()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    (listener, channel)
}

const VERIFY: [&str; 4] = ["--url", URL, "--signing-key", "env:BIRD_SIGNING_KEY"];

#[test]
fn triggered_event_reaches_the_listener() {
    let world = World::new();
    let (mut listener, channel) = listen(&world, &VERIFY);
    let trigger = |more: &[&str]| -> Value {
        let mut arguments = vec![
            "sandbox",
            "trigger",
            "channel.updated",
            "--channel",
            &channel,
        ];
        arguments.extend(more);
        arguments.extend(["--output", "json"]);
        let deliveries = world.run(&arguments).expect(0).json();
        assert_eq!(deliveries.as_array().unwrap().len(), 1, "{deliveries}");
        deliveries[0].clone()
    };
    let sent = trigger(&["--set", "status=inactive"]);
    assert_eq!(sent["httpStatusCode"], 200);
    let received = listener.next();
    assert_eq!(received["accepted"], true);
    assert_eq!(received["payload"]["status"], "inactive");
    let get = ["channels", "get", &channel, "--jq", ".status"];
    assert_eq!(world.run(&get).expect(0).out, "inactive\n");

    assert_eq!(trigger(&["--late", "4h"])["httpStatusCode"], 200);
    assert_eq!(listener.next()["accepted"], true);
    trigger(&["--duplicate"]);
    assert_eq!(listener.next(), listener.next());
    assert_eq!(trigger(&["--forged"])["httpStatusCode"], 401);
    let forged = listener.next();
    assert_eq!(forged["accepted"], false);
    let reason = forged["reason"].as_str().unwrap();
    assert!(reason.contains("signature"), "{reason}");
    trigger(&["--late", "48h"]);
    assert_eq!(listener.next()["accepted"], false);
}

#[test]
fn trigger_without_subscription_says_so() {
    let world = World::new();
    world
        .run(&["connectors", "install", "line", "--name", "Shop"])
        .expect(0);
    let channel = world.sandbox.channels()[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let arguments = [
        "sandbox",
        "trigger",
        "channel.created",
        "--channel",
        &channel,
    ];
    let ran = world.run(&arguments).expect(0);
    assert!(ran.err.contains("webhooks subscribe"), "{ran:?}");
    let unknown = [
        "sandbox",
        "trigger",
        "channel.created",
        "--channel",
        CHANNEL,
    ];
    world.run(&unknown).expect(3);
}

#[test]
fn fault_applies_to_the_selected_requests_until_it_is_cleared() {
    let world = World::new();
    let fault = [
        "sandbox",
        "fault",
        "lost_response",
        "--on",
        "createConnector",
    ];
    world.run(&fault).expect(0);
    let install = ["connectors", "install", "line", "--name", "Shop"];
    world.run(&install).expect(8);
    assert_eq!(world.sandbox.connectors().len(), 1);
    world
        .run(&["sandbox", "fault", "html_503", "--always"])
        .expect(0);
    let cleared = world.run(&["sandbox", "fault", "--clear", "-o", "json"]);
    assert_eq!(cleared.expect(0).json()["removed"], 1);
    world.run(&["connectors", "list"]).expect(0);
    assert_eq!(world.sandbox.count(Operation::ListConnectors), 1);
}

#[test]
fn control_of_a_server_elsewhere_is_refused_before_sending() {
    let world = World::new();
    for url in ["https://api.bird.com", "https://192.0.2.1"] {
        for arguments in [
            &["sandbox", "fault", "--clear"][..],
            &[
                "sandbox",
                "trigger",
                "channel.created",
                "--channel",
                CHANNEL,
            ],
        ] {
            let mut arguments = arguments.to_vec();
            arguments.extend(["--base-url", url]);
            let ran = world.run(&arguments).expect(2);
            assert!(ran.err.contains("not a sandbox on this machine"), "{ran:?}");
        }
    }
}

#[test]
fn invalid_control_arguments_exit_with_2() {
    let world = World::new();
    for arguments in [
        &["sandbox", "trigger", "sms.inbound", "--channel", CHANNEL][..],
        &[
            "sandbox",
            "trigger",
            "channel.created",
            "--channel",
            CHANNEL,
            "--set",
            "name=x",
        ],
        &[
            "sandbox",
            "trigger",
            "channel.created",
            "--channel",
            CHANNEL,
            "--late",
            "4h",
            "--forged",
        ],
        &["sandbox", "fault", "perhaps"],
        &["sandbox", "fault", "empty", "--on", "listConnector"],
        &["sandbox", "fault", "empty", "--clear"],
        &["sandbox", "fault", "--always"],
        &["sandbox", "--port", "80", "fault", "empty"],
    ] {
        world.run(arguments).expect(2);
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn print_secret_prints_the_given_key_or_a_new_one() {
    let world = World::new();
    let arguments = ["webhooks", "listen", "--print-secret"];
    let new = || world.run(&arguments).expect(0).out.trim().to_owned();
    let (first, second) = (new(), new());
    assert_eq!(first.len(), 64, "{first}");
    assert_ne!(first, second);
    let mut given = world.command(&arguments);
    given.args(["--signing-key", "env:BIRD_SIGNING_KEY"]);
    let given = given.env("BIRD_SIGNING_KEY", KEY).output();
    assert_eq!(Ran::from(given.unwrap()).expect(0).out, format!("{KEY}\n"));
}

#[test]
fn fault_reports_the_requests_that_it_applies_to() {
    let world = World::new();
    for (more, requests) in [
        (&[][..], "the next request of any operation"),
        (&["--on", "getChannel"], "the next request of getChannel"),
        (&["--times", "3"], "the next 3 requests of any operation"),
        (
            &["--nth", "2", "--on", "getChannel"],
            "request number 2 of getChannel, counted from now",
        ),
        (
            &["--always"],
            "every request of any operation, until --clear",
        ),
    ] {
        let fault = [&["sandbox", "fault", "html_502"][..], more].concat();
        let ran = world.run(&fault).expect(0);
        let message = format!("The sandbox applies it to {requests}.");
        assert_eq!(ran.err.trim(), message);
    }
}

#[test]
fn trigger_with_an_unknown_channel_says_where_the_ids_are() {
    let world = World::new();
    let trigger = [
        "sandbox",
        "trigger",
        "channel.updated",
        "--channel",
        CHANNEL,
    ];
    let ran = world.run(&trigger).expect(3);
    assert!(
        ran.err.contains("`bird-connectors channels list`"),
        "{ran:?}"
    );
}

/// What a sandbox prints before it says how to stop it.
fn first_lines(world: &World, arguments: &[&str]) -> Vec<String> {
    let mut child = world
        .command(arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let lines = std::io::BufRead::lines(output)
        .map(Result::unwrap)
        .take_while(|line| !line.contains("Ctrl-C"))
        .collect();
    child.kill().unwrap();
    child.wait().unwrap();
    lines
}

#[test]
fn key_of_a_file_is_not_printed() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a key");
    std::fs::write(&file, "MARKER-KEY\n").unwrap();
    let path = file.to_str().unwrap();
    let lines = first_lines(&world, &["--key-file", path, "sandbox", "--ui"]);
    let expected = format!("export BIRD_ACCESS_KEY=\"$(cat '{path}')\"");
    assert!(lines.contains(&expected), "{lines:?}");
    assert!(!lines.concat().contains("MARKER"), "{lines:?}");
}

#[test]
fn sandbox_serves_its_page_and_loads_a_scene() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scene.json");
    let path = file.to_str().unwrap();
    let scene = r#"{"connectors": [{"name": "From a file", "template": "line:1"}]}"#;
    std::fs::write(&file, scene).unwrap();
    let lines = first_lines(&world, &["sandbox", "--ui", "--scene", path]);
    let page = lines
        .iter()
        .find(|line| line.starts_with("# Page: http://127.0.0.1:"));
    assert!(
        page.is_some_and(|line| line.ends_with("/_sandbox/ui/")),
        "{lines:?}"
    );
    let no_page = world.run(&["sandbox", "--ui-port", "0"]).expect(2);
    assert!(no_page.err.contains("--ui"), "{no_page:?}");

    // Options that the scene replaces.
    let script = r#"{"scripts": {"default": "instant"}}"#;
    for (scene, options) in [
        (scene, &["--rate-limits"][..]),
        (scene, &["--page-tokens", "offset"]),
        (script, &["--speed", "2"]),
    ] {
        std::fs::write(&file, scene).unwrap();
        let arguments = [&["sandbox", "--scene", path], options].concat();
        let refused = world.run(&arguments).expect(2);
        assert!(refused.err.contains("--scene"), "{refused:?}");
    }

    std::fs::write(&file, r#"{"rules": [{"fault": "perhaps"}]}"#).unwrap();
    let refused = world.run(&["sandbox", "--scene", path]);
    refused.expect(2);
    let missing = world.run(&["sandbox", "--scene", "/nonexistent/scene.json"]);
    missing.expect(2);
}
