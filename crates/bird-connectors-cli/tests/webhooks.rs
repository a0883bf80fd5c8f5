//! `webhooks` and `sandbox`.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use bird_connectors_sandbox::{Fault, Operation, Rule};
use serde_json::Value;
use support::{Listener, Ran, World, with_input};

const URL: &str = "https://hooks.example.com/bird";

#[test]
fn subscription_can_be_created_changed_and_deleted() {
    let world = World::new();
    let run = |arguments: &[&str]| world.run(arguments).expect(0).json();
    let subscribe = [
        "webhooks",
        "subscribe",
        "--url",
        URL,
        "--event",
        "channel.updated",
        "-o",
        "json",
    ];
    let first = run(&subscribe);
    assert_eq!(first[0]["created"], true);
    let id = first[0]["id"].as_str().unwrap();
    // A second run adopts it.
    let second = run(&subscribe);
    assert_eq!(second[0]["created"], false);
    assert_eq!(second[0]["id"], id);
    let updated = run(&[
        "webhooks", "update", id, "--status", "inactive", "-o", "json",
    ]);
    assert_eq!(updated["status"], "inactive");
    world.run(&["webhooks", "delete", id]).expect(2);
    run(&["webhooks", "delete", id, "--yes", "-o", "json"]);
    world.run(&["webhooks", "get", id]).expect(3);
    let again = run(&[
        "webhooks",
        "delete",
        id,
        "--yes",
        "--missing-ok",
        "-o",
        "json",
    ]);
    assert_eq!(again["result"], "not_found");
}

#[test]
fn failed_subscribe_names_the_subscriptions_that_exist_and_the_printed_command_completes_it() {
    let world = World::new();
    let unavailable = Rule::on(Operation::CreateWebhookSubscription).fault(Fault::Html(503));
    world.sandbox.rule(unavailable.nth(2));
    let ran = world.run(&["webhooks", "subscribe", "--url", URL, "-o", "json"]);
    let ran = ran.expect(8);
    let subscriptions = world.sandbox.webhook_subscriptions();
    let first = subscriptions[0]["id"].as_str().unwrap();
    assert!(ran.err.contains(first), "{ran:?}");
    let resume = ran.error()["resume"].as_str().unwrap().to_owned();
    world.run_line(&resume).expect(0);
    assert_eq!(world.sandbox.webhook_subscriptions().len(), 2);
}

#[test]
fn signing_key_is_sent_and_never_printed() {
    let world = World::new();
    let file = world.folder().join("signing-key");
    fs::write(&file, "planted-secret").unwrap();
    let location = format!("file:{}", file.display());
    let arguments = [
        "webhooks",
        "subscribe",
        "--url",
        URL,
        "--signing-key",
        &location,
        "-vv",
        "-o",
        "json",
    ];
    let ran = world.run(&arguments).expect(0);
    assert!(
        !ran.out.contains("planted-secret") && !ran.err.contains("planted-secret"),
        "{ran:?}"
    );
    assert_eq!(
        world.sandbox.webhook_subscriptions()[0]["signingKey"],
        "planted-secret"
    );
    let ran = world.run(&[
        "webhooks",
        "subscribe",
        "--url",
        URL,
        "--signing-key",
        "planted-secret",
    ]);
    assert!(!ran.expect(2).err.contains("planted-secret"));
}

/// The command that verifies a delivery whose signature is known.
fn verify(world: &World, options: &[&str]) -> Command {
    let delivery = [
        "webhooks",
        "verify",
        "--url",
        "https://example.com/webhooks/bird?tenant=42",
        "--signing-key",
        "env:BIRD_SIGNING_KEY",
        "--signature",
        "UagFN+JcLLPQULzGYh2j9zSPozzQBJIuXfgLd5hZcao=",
        "--timestamp",
        "1767225600",
        "-o",
        "json",
    ];
    let mut command = world.command(&[&delivery[..], options].concat());
    command.env("BIRD_SIGNING_KEY", "test-signing-key");
    command
}

#[test]
fn delivery_with_another_body_exits_with_1() {
    let world = World::new();
    let body = world.folder().join("body");
    fs::write(&body, "{}").unwrap();
    let mut command = verify(&world, &["--body", body.to_str().unwrap()]);
    let error = Ran::from(command.output().unwrap()).expect(1).error();
    assert_eq!(error["kind"], "signature_mismatch");
}

#[cfg(unix)]
#[test]
fn sandbox_serves_until_it_is_interrupted() {
    let mut server = Command::new(support::program())
        .args(["sandbox", "--connectors", "3", "--output", "jsonl"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let settings: Value = serde_json::from_str(&line).unwrap();
    let setting = |name: &str| settings[name].as_str().unwrap().to_owned();
    let list = Command::new(support::program())
        .args(["connectors", "list", "--jq", "length"])
        .env("BIRD_BASE_URL", setting("base_url"))
        .env("BIRD_ACCESS_KEY", setting("access_key"))
        .env("BIRD_WORKSPACE_ID", setting("workspace_id"))
        .output()
        .unwrap();
    assert_eq!(Ran::from(list).expect(0).out, "3\n");
    support::signal(&server, rustix::process::Signal::INT);
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn listen_verifies_shows_and_forwards_deliveries_of_the_sandbox() {
    use std::io::Read as _;
    use std::net::TcpListener;

    let world = World::new();
    // The receiver to which the listener forwards.
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("http://{}/hook", target.local_addr().unwrap());
    let arguments = [
        "--url",
        URL,
        "--signing-key",
        "env:BIRD_SIGNING_KEY",
        "--forward-to",
        &forward,
    ];
    let mut listener = Listener::start(&world, "planted-secret", &arguments);
    let address = listener.address;
    world
        .sandbox
        .webhooks(|webhooks| webhooks.route("https://hooks.example.com", address));

    let mut subscribe = world.command(&[
        "webhooks",
        "subscribe",
        "--url",
        URL,
        "--signing-key",
        "env:KEY",
    ]);
    Ran::from(subscribe.env("KEY", "planted-secret").output().unwrap()).expect(0);
    world
        .run(&["connectors", "install", "line", "--name", "Works"])
        .expect(0);
    let (mut connection, _) = target.accept().unwrap();
    let mut request = vec![0; 64 * 1024];
    let count = connection.read(&mut request).unwrap();
    let request = String::from_utf8_lossy(&request[..count]).to_lowercase();
    assert!(
        request.starts_with("post /hook ") && request.contains("messagebird-signature: "),
        "{request}"
    );
    connection
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .unwrap();
    let delivery = listener.next();
    assert_eq!(delivery["accepted"], true);
    assert_eq!(delivery["forwarded"], 204);
    assert!(!delivery.to_string().contains("planted-secret"));
    support::signal(&listener.child, rustix::process::Signal::INT);
    assert_eq!(listener.child.wait().unwrap().code(), Some(0));
}

/// Sends a delivery without a signature, and returns the status line of the response.
fn deliver(address: std::net::SocketAddr) -> String {
    let body = r#"{"event":"channel.updated"}"#;
    let mut connection = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}"
    );
    write!(connection, "{head}\r\n\r\n{body}").unwrap();
    let mut response = String::new();
    BufReader::new(connection).read_line(&mut response).unwrap();
    response
}

#[test]
fn listen_reports_why_a_delivery_was_not_forwarded_and_rejects_it() {
    let world = World::new();
    let target = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let forward = format!("http://{}/hook", target.local_addr().unwrap());
    let options = ["--skip-verify", "--forward-to", &forward];
    // The target accepts the connection, and never answers.
    let limited = [&options[..], &["--forward-timeout", "50ms"]].concat();
    let mut listener = Listener::start(&world, "planted-secret", &limited);
    assert!(deliver(listener.address).starts_with("HTTP/1.1 502"));
    let delivery = listener.next();
    assert_eq!(delivery["accepted"], true);
    assert!(delivery["forwarded"].is_null());
    assert_eq!(delivery["forward_error"], "no response within 50ms");

    drop(target);
    let mut listener = Listener::start(&world, "planted-secret", &options);
    assert!(deliver(listener.address).starts_with("HTTP/1.1 502"));
    let delivery = listener.next();
    let why = delivery["forward_error"].as_str().unwrap();
    assert!(why.contains("refused"), "{why}");
}

#[test]
fn verify_reads_the_body_from_standard_input() {
    let world = World::new();
    let body = r#"{"service":"channels","event":"channel.created","payload":{"id":"8362fa40-9ff1-5430-a3ab-79ecc61b96b1"}}"#;
    let command = verify(&world, &["--max-age", "100000h", "--body", "-"]);
    assert_eq!(with_input(command, body).expect(0).json()["valid"], true);
}

#[cfg(unix)]
#[test]
fn sandbox_reads_its_access_key_from_standard_input() {
    let mut server = Command::new(support::program())
        .args(["sandbox", "--key-file", "-", "--output", "jsonl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    input.write_all(b"a-local-key\n").unwrap();
    drop(input);
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let settings: Value = serde_json::from_str(&line).unwrap();
    // The key of the caller is not repeated, and it is the one that is accepted.
    assert_eq!(settings["access_key"], Value::Null);
    let list = |key: &str| {
        Command::new(support::program())
            .args(["connectors", "list"])
            .env("BIRD_BASE_URL", settings["base_url"].as_str().unwrap())
            .env(
                "BIRD_WORKSPACE_ID",
                settings["workspace_id"].as_str().unwrap(),
            )
            .env("BIRD_ACCESS_KEY", key)
            .output()
            .unwrap()
    };
    assert!(list("a-local-key").status.success());
    assert!(!list("another-key").status.success());
    server.kill().unwrap();
    server.wait().unwrap();
}
