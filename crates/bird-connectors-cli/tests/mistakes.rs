//! Mistakes in the input: the error says what was passed, and what to pass instead. Nothing is sent.

mod support;

use support::{CONNECTOR, Ran, World};

#[test]
fn pasted_values_get_the_hint_of_the_sdk() {
    let world = World::new();
    let page =
        format!("https://app.bird.com/w/channels/sms-messagebird:1/{CONNECTOR}/configurations");
    let sms = [
        "connectors",
        "install",
        "sms",
        "--name",
        "A",
        "--phone-number-id",
    ];
    for (arguments, hint) in [
        (
            vec!["connectors", "get", &page],
            "the URL of a page in Bird's app",
        ),
        (
            vec!["channels", "get", "sms-messagebird:1"],
            "a template reference",
        ),
        (
            [&sms[..], &["+31612345678"]].concat(),
            "not the number itself",
        ),
        (vec!["whoami", "--workspace", "shop"], "expected a UUID"),
        (vec!["connectors", "wait", "eyJ2IjoxLCJ3"], "truncated"),
        (
            vec!["whoami", "--base-url", "https://api.bird.com/v1"],
            "contains the path of a call",
        ),
        (
            vec!["whoami", "--base-url", "http://example.com"],
            "use https",
        ),
    ] {
        let ran = world.run(&arguments).expect(2);
        assert!(ran.err.contains(hint), "{arguments:?}: {}", ran.err);
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn keys_of_another_platform_are_recognized() {
    let world = World::new();
    for (key, code, hint) in [
        ("bk_planted", 4, "newer platform"),
        ("AccessKey planted", 2, "pass the key alone"),
    ] {
        let mut command = world.command(&["whoami"]);
        let output = command.env("BIRD_ACCESS_KEY", key).output().unwrap();
        let ran = Ran::from(output).expect(code);
        assert!(
            ran.err.contains(hint) && !ran.err.contains("planted"),
            "{ran:?}"
        );
    }
}

#[test]
fn unknown_command_or_option_suggests_the_nearest() {
    let world = World::new();
    for (arguments, nearest) in [
        (&["conectors", "list"][..], "'connectors'"),
        (&["connectors", "lst"], "'list'"),
        (&["connectors", "list", "--limt", "3"], "'--limit'"),
        (&["connectors", "install", "smss"], "'sms'"),
    ] {
        let ran = world.run(arguments).expect(2);
        assert!(ran.err.contains(nearest), "{ran:?}");
        let json = world.run(&[arguments, &["--output", "json"]].concat());
        let message = json.expect(2).error()["message"].to_string();
        assert!(message.contains(nearest), "{message}");
    }
}

#[test]
fn value_that_is_given_twice_is_refused() {
    let world = World::new();
    let custom = [
        "connectors",
        "install",
        "custom",
        "--template",
        "line:1",
        "--name",
        "A",
    ];
    let twice = |option: &'static str, value: &'static str| [option, value, option, value];
    let secrets = twice("--security-argument", "oauth.token=env:HOME");
    for arguments in [
        [&custom[..], &twice("--argument", "key=1")].concat(),
        [&custom[..], &secrets].concat(),
        [&["api", "POST", "/x"][..], &twice("--field", "key=1")].concat(),
    ] {
        let ran = world.run(&arguments).expect(2);
        assert!(ran.err.contains("given twice"), "{ran:?}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn message_of_jq_is_not_quoted() {
    let world = World::new();
    let list = ["numbers", "list", "--jq", ".[].type|tonumber"];
    let error = world.run(&list).expect(1).error();
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("failed: cannot parse \"mobile\""),
        "{message}"
    );
}

#[test]
fn misspelled_event_has_a_warning() {
    let world = World::new();
    let url = "https://hooks.example.com/bird";
    let event = "channel.craeted";
    let subscribe = ["webhooks", "subscribe", "--url", url, "--event", event];
    let ran = world.run(&subscribe).expect(0);
    assert!(ran.err.contains("did you mean channel.created?"), "{ran:?}");
    let logs = [
        "webhooks",
        "logs",
        CONNECTOR,
        "--execution-status",
        "success",
    ];
    let ran = world.run(&logs).expect(3);
    assert!(ran.err.contains("did you mean succeeded?"), "{ran:?}");
}

#[test]
fn install_all_refuses_standard_input() {
    let world = World::new();
    let ran = world.run(&["connectors", "install-all", "-"]).expect(2);
    assert!(ran.err.contains("save the rows"), "{ran:?}");
}
