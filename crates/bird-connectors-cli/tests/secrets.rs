//! No secret in arguments, output, errors or telemetry.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};

use support::{World, with_input};

const MARKER: &str = "planted-secret";

fn whatsapp(location: &str) -> Vec<&str> {
    vec![
        "connectors",
        "install",
        "whatsapp",
        "--name",
        "Shop",
        "--waba-id",
        "102290129340398",
        "--phone-id",
        "106540352242922",
        "--phone-number",
        "+31612345678",
        "--access-token",
        location,
    ]
}

#[test]
fn whatsapp_token_is_sent_and_never_printed() {
    let world = World::new();
    let file = world.folder().join("token");
    fs::write(&file, format!("{MARKER}\n")).unwrap();
    let location = format!("file:{}", file.display());
    for more in [&["--dry-run"][..], &["--wait", "-vv", "--output", "json"]] {
        let arguments: Vec<&str> = whatsapp(&location)
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        let ran = world.run(&arguments).expect(0);
        for text in [&ran.out, &ran.err] {
            assert!(
                !text.contains(MARKER) && !text.contains("planted-access-key"),
                "{text}"
            );
        }
    }
    let sent = world.sandbox.requests();
    let sent = sent
        .iter()
        .find_map(|request| request.body.as_ref())
        .unwrap();
    assert_eq!(sent["securityArguments"]["oauth"]["accessToken"], MARKER);
}

#[test]
fn dry_run_prints_the_request_with_masked_secrets_and_sends_nothing() {
    let world = World::new();
    let mut arguments = whatsapp("env:TOKEN");
    arguments.extend(["--dry-run", "--output", "json"]);
    let output = world
        .command(&arguments)
        .env("TOKEN", MARKER)
        .output()
        .unwrap();
    let request = support::Ran::from(output).expect(0).json();
    assert_eq!(request["method"], "POST");
    assert_eq!(request["body"]["arguments"]["phoneId"], "106540352242922");
    assert_eq!(
        request["body"]["securityArguments"]["oauth"]["accessToken"],
        "[redacted]"
    );
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn secret_as_an_argument_is_refused_without_repeating_it() {
    let world = World::new();
    for format in ["table", "json"] {
        let mut arguments = whatsapp(MARKER);
        arguments.extend(["--output", format]);
        let ran = world.run(&arguments).expect(2);
        assert!(!ran.err.contains(MARKER), "{ran:?}");
        assert!(ran.err.contains("expected env:NAME"), "{ran:?}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn access_key_is_read_from_a_file_or_a_profile() {
    let world = World::new();
    let file = world.folder().join("key");
    fs::write(&file, "planted-access-key\n").unwrap();
    let run = |arguments: &[&str]| {
        let output = world
            .command(arguments)
            .env_remove("BIRD_ACCESS_KEY")
            .output();
        support::Ran::from(output.unwrap())
    };
    run(&["numbers", "list"]).expect(2);
    run(&["numbers", "list", "--key-file", file.to_str().unwrap()]).expect(0);

    let folder = world.folder().join("configuration/bird-connectors");
    fs::create_dir_all(&folder).unwrap();
    let profiles = format!(
        "[profiles.file]\naccess_key = \"file:{0}\"\n\n[profiles.command]\naccess_key = \"command:cat '{0}'\"\n",
        file.display()
    );
    fs::write(folder.join("config.toml"), profiles).unwrap();
    for profile in ["file", "command"] {
        let ran = run(&["whoami", "--profile", profile, "--output", "json"]).expect(0);
        let source = ran.json()["key_source"].as_str().unwrap().to_owned();
        assert!(
            source.starts_with(&format!("profile {profile}: ")),
            "{source}"
        );
        assert!(!ran.out.contains("planted-access-key"), "{ran:?}");
    }
}

#[test]
fn standard_input_that_two_options_need_is_a_usage_error() {
    let world = World::new();
    let arguments = [
        &whatsapp("-")[..],
        &["--invitation-token", "-", "--dry-run"],
    ]
    .concat();
    let ran = with_input(world.command(&arguments), MARKER).expect(2);
    assert!(
        ran.err.contains("standard input is already read"),
        "{ran:?}"
    );
    assert!(!ran.err.contains(MARKER), "{ran:?}");
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn verbose_prints_a_line_for_each_request_and_no_secret() {
    let world = World::new();
    for (option, spans) in [("-v", false), ("-vv", true)] {
        let ran = world.run(&["connectors", "list", option]).expect(0);
        assert!(
            ran.err.contains("bird.operation=\"listConnectors\""),
            "{ran:?}"
        );
        assert_eq!(ran.err.contains("otel.name"), spans, "{ran:?}");
        assert!(!ran.err.contains("planted-access-key"), "{ran:?}");
    }
}

const CUSTOM: [&str; 7] = [
    "connectors",
    "install",
    "custom",
    "--template",
    "telegram:1",
    "--name",
    "Bot",
];

#[test]
fn argument_whose_name_suggests_a_secret_is_read_from_its_place_and_masked() {
    let world = World::new();
    let arguments = [
        "--argument",
        "botToken=env:TOKEN",
        "--argument",
        "apiKey=-",
        "--argument",
        "settings={\"password\": \"env:TOKEN\", \"language\": \"nl\"}",
        "--argument",
        "username=shop_bot",
        "--output",
        "json",
    ];
    let run = |more: &[&str]| {
        let mut command = world.command(&[&CUSTOM[..], &arguments, more].concat());
        command.env("TOKEN", MARKER);
        let ran = with_input(command, MARKER).expect(0);
        assert!(
            !ran.out.contains(MARKER) && !ran.err.contains(MARKER),
            "{ran:?}"
        );
        ran
    };
    let request = run(&["--dry-run"]).json();
    let masked = serde_json::json!({
        "apiKey": "[redacted]",
        "botToken": "[redacted]",
        "settings": {"language": "nl", "password": "[redacted]"},
        "username": "shop_bot",
    });
    assert_eq!(request["body"]["arguments"], masked);
    assert!(world.sandbox.requests().is_empty());
    run(&[]);
    let sent = world.sandbox.requests();
    let sent = &sent[0].body.as_ref().unwrap()["arguments"];
    assert_eq!(sent["botToken"], MARKER);
    assert_eq!(sent["apiKey"], MARKER);
    assert_eq!(sent["settings"]["password"], MARKER);
}

#[test]
fn argument_with_a_secret_itself_is_refused_without_repeating_it() {
    let world = World::new();
    let nested = format!("settings={{\"password\": \"{MARKER}\"}}");
    for argument in [
        format!("token={MARKER}"),
        format!("apiKey={MARKER}"),
        format!("bot_password={MARKER}"),
        format!("token=env:{MARKER}"),
        format!("token=file:{MARKER}"),
        nested,
    ] {
        let install = [&CUSTOM[..], &["--argument", &argument]].concat();
        let field = ["api", "POST", "/x", "--field", &argument];
        for arguments in [
            &install[..],
            &[&install[..], &["--dry-run"]].concat(),
            &field,
        ] {
            for format in ["table", "json"] {
                let ran = world.run(&[arguments, &["-o", format]].concat()).expect(2);
                assert!(!ran.err.contains(MARKER), "{ran:?}");
                assert!(
                    ran.err.contains("(a secret, as its name suggests)"),
                    "{ran:?}"
                );
            }
        }
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn drift_of_an_argument_whose_name_suggests_a_secret_is_masked() {
    let world = World::new();
    let mut custom = CUSTOM;
    custom[1] = "ensure";
    let ensure = |secret: &str| {
        let arguments = ["--argument", "botToken=env:TOKEN", "--output", "json"];
        let mut command = world.command(&[&custom[..], &arguments].concat());
        let output = command.env("TOKEN", secret).output().unwrap();
        let ran = support::Ran::from(output).expect(0);
        assert!(
            !ran.out.contains(MARKER) && !ran.err.contains(MARKER),
            "{ran:?}"
        );
        ran.json()
    };
    ensure(MARKER);
    ensure("planted-secret-2");
    let identified = [
        &custom[..],
        &[
            "--argument",
            "botToken=env:HOME",
            "--identified-by",
            "botToken",
        ],
    ]
    .concat();
    let ran = world.run(&identified).expect(2);
    assert!(
        ran.err.contains("--identified-by contains botToken"),
        "{ran:?}"
    );
}

#[test]
fn masked_rows_of_a_file_show_no_secret() {
    let world = World::new();
    let file = world.folder().join("bots.csv");
    fs::write(
        &file,
        format!("template,name,arguments.botToken\ntelegram,Bot,{MARKER}\n"),
    )
    .unwrap();
    let arguments = [
        "connectors",
        "install-all",
        file.to_str().unwrap(),
        "--dry-run",
    ];
    for format in ["table", "json"] {
        let ran = world
            .run(&[&arguments[..], &["-o", format]].concat())
            .expect(0);
        assert!(
            !ran.out.contains(MARKER) && !ran.err.contains(MARKER),
            "{ran:?}"
        );
    }
}

/// A server that answers each request with 400 and the text of the request. Returns its address.
fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head = lines
                .map(Result::unwrap)
                .take_while(|line| !line.is_empty());
            let body = head.collect::<Vec<_>>().join("\n");
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    address
}

#[test]
fn body_of_an_error_contains_no_secrets() {
    let world = World::new();
    let url = format!("http://{}", echo_server());
    let get = ["connectors", "list", "-o", "json", "--base-url", &url];
    let ran = world.run(&get).expect(2);
    let raw = ran.error()["raw"].as_str().unwrap().to_lowercase();
    assert!(raw.contains("authorization"), "{raw}");
    assert!(!ran.err.contains("planted-access-key"), "{}", ran.err);
}
