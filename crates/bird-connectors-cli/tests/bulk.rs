//! `connectors install-all`: killed and interrupted at any time, it creates exactly the connectors of the file.
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use bird_connectors_sandbox::{Operation, Rule, Script};
use rustix::process::Signal;
use support::{Ran, World, wait_until};

/// A file with this many voice connectors.
fn write_rows(world: &World, rows: usize) -> String {
    let mut content = "template,name,arguments.key\n".to_owned();
    for row in 0..rows {
        writeln!(content, "telegram,Bot {row},value {row}").unwrap();
    }
    let path = world.folder().join("bots.csv");
    fs::write(&path, content).unwrap();
    path.display().to_string()
}

fn start(world: &World, file: &str) -> Child {
    world
        .command(&[
            "connectors",
            "install-all",
            file,
            "--wait",
            "--recreate-after-window",
            "--reconcile-window",
            "1s",
            "--output",
            "jsonl",
        ])
        .stdout(Stdio::null())
        // Not a pipe, which the rows of a long run would fill.
        .stderr(fs::File::create(world.folder().join("messages")).unwrap())
        .spawn()
        .unwrap()
}

/// Signals the process once it has sent this many creates.
fn signal_after(world: &World, child: &Child, creates: u64, signal: Signal) {
    wait_until("enough creates were sent", || {
        world.sandbox.count(Operation::CreateConnector) >= creates
    });
    support::signal(child, signal);
}

#[test]
fn killed_runs_are_resumed_by_the_same_command_without_duplicates() {
    let rows: usize = std::env::var("BULK_ROWS").map_or(60, |rows| rows.parse().unwrap());
    let world = World::with(|builder| builder.default_script(Script::instant()));
    // Slow enough that every signal arrives during the run.
    let slow = Rule::on(Operation::CreateConnector).delay(Duration::from_millis(20));
    world.sandbox.rule(slow.always());
    let file = write_rows(&world, rows);
    for part in [1, 2] {
        let mut child = start(&world, &file);
        signal_after(&world, &child, (rows * part / 4) as u64, Signal::KILL);
        child.wait().unwrap();
    }
    let mut child = start(&world, &file);
    signal_after(&world, &child, (rows * 3 / 4) as u64, Signal::INT);
    let interrupted = Ran {
        code: child.wait().unwrap().code(),
        out: String::new(),
        err: fs::read_to_string(world.folder().join("messages")).unwrap(),
    };
    let interrupted = interrupted.expect(130);
    let resume = interrupted.error()["resume"].as_str().unwrap().to_owned();
    world.sandbox.clear_rules();
    let last = world.run_line(&resume).expect(0);
    assert_eq!(last.out.lines().count(), rows);

    let connectors = world.sandbox.connectors();
    let names: BTreeSet<&str> = connectors
        .iter()
        .map(|connector| connector["name"].as_str().unwrap())
        .collect();
    assert_eq!(connectors.len(), rows);
    assert_eq!(names.len(), rows);
}

#[test]
fn failed_rows_are_reported_and_do_not_affect_the_others() {
    let world = World::new();
    world
        .sandbox
        .script_for_name("Fails", Script::failing("rejected"));
    let file = world.folder().join("rows.jsonl");
    let rows = r#"{"template":"line","name":"Works"}
{"template":"line","name":"Fails"}
{"template":"smss","name":"Misspelled"}
{"template":"voice","name":"No number","phone_number":"+31600000000"}
{"template":"whatsapp","name":"Secret","waba_id":"1","phone_id":"2","phone_number":"+31612345678","access_token":"planted-secret"}
"#;
    fs::write(&file, rows).unwrap();
    let file = file.display().to_string();
    for format in ["json", "table"] {
        let ran = world
            .run(&[
                "connectors",
                "install-all",
                &file,
                "--wait",
                "--output",
                format,
            ])
            .expect(7);
        assert!(!ran.out.contains("planted-secret") && !ran.err.contains("planted-secret"));
        if format == "json" {
            let mut rows = ran.json();
            let rows = rows.as_array_mut().unwrap();
            rows.sort_by_key(|row| row["row"].as_u64());
            assert_eq!(rows[0]["ready"], true);
            assert_eq!(rows[1]["error"]["kind"], "install_failed");
            assert_eq!(rows[2]["error"]["kind"], "invalid_input");
            assert_eq!(rows[3]["error"]["exit_code"], 2);
            let reason = rows[2]["error"]["message"].as_str().unwrap();
            assert!(reason.contains("line 3: unknown `template`"), "{reason}");
            assert_eq!(ran.error()["message"], "4 of 5 rows failed");
        }
    }
    assert_eq!(world.sandbox.connectors().len(), 2);
}

#[test]
fn example_file_is_accepted() {
    let world = World::new();
    let example = world
        .run(&["connectors", "install-all", "--example"])
        .expect(0);
    let file = world.folder().join("example.csv");
    fs::write(&file, &example.out).unwrap();
    let output = world
        .command(&[
            "connectors",
            "install-all",
            file.to_str().unwrap(),
            "--dry-run",
            "-o",
            "json",
        ])
        .env("WHATSAPP_ACCESS_TOKEN", "planted-secret")
        .output();
    let requests = Ran::from(output.unwrap()).expect(0);
    assert!(!requests.out.contains("planted-secret"));
    assert_eq!(
        requests.json()[1]["arguments"]["phoneNumberId"],
        world.sandbox.numbers()[1].id().to_string()
    );
    assert!(world.sandbox.connectors().is_empty());
}

#[test]
fn phone_numbers_are_found_in_any_spelling_with_one_list() {
    let world = World::new();
    let file = world.folder().join("rows.csv");
    let rows = "template,name,phone_number\n\
                voice,One,+31 6 1234-5678\n\
                voice,Two,0044 7700 900123\n\
                voice,Three,(+1) 202.555.0123\n";
    fs::write(&file, rows).unwrap();
    let file = file.display().to_string();
    let arguments = [
        "connectors",
        "install-all",
        &file,
        "--dry-run",
        "-o",
        "json",
    ];
    let requests = world.run(&arguments).expect(0).json();
    for (row, number) in world.sandbox.numbers().iter().enumerate() {
        let id = &requests[row]["arguments"]["phoneNumberId"];
        assert_eq!(*id, number.id().to_string(), "{requests}");
    }
    assert_eq!(world.sandbox.requests().len(), 1);
    fs::write(&file, "template,name,phone_number\nvoice,Four,0612345678\n").unwrap();
    let ran = world.run(&arguments).expect(2);
    let requests = ran.json();
    let error = requests[0]["error"].as_str().unwrap();
    assert!(error.contains("line 2: ") && error.contains("the country code is missing"));
    assert_eq!(ran.error()["message"], "1 of 1 rows failed");
}

#[test]
fn rows_that_describe_one_connector_are_named_by_their_row_numbers() {
    let world = World::new();
    let file = world.folder().join("rows.csv");
    fs::write(&file, "template;name\r\nline;A\r\n;\r\nline;A\r\n").unwrap();
    let file = file.display().to_string();
    let install = ["connectors", "install-all", &file, "-o", "json"];
    let rows = world.run(&install).expect(2).json();
    let failed = rows.as_array().unwrap().iter().find(|row| row["row"] == 2);
    let message = failed.unwrap()["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("row 2 (`A`)") && message.contains("row 1 (`A`)"),
        "{message}"
    );
    assert_eq!(world.sandbox.connectors().len(), 1);
}

#[test]
fn file_that_cannot_be_trusted_is_refused_before_any_request() {
    let world = World::new();
    let file = world.folder().join("rows.csv");
    for (content, reason) in [
        ("template,name\nline,\"A\nline,B\n", "a quote is not closed"),
        ("template,name,name\nline,A,B\n", "occurs twice"),
        ("template,name\n", "no rows"),
        ("", "no header"),
    ] {
        fs::write(&file, content).unwrap();
        let install = ["connectors", "install-all", file.to_str().unwrap()];
        let ran = world.run(&install).expect(2);
        assert!(ran.err.contains(reason), "{ran:?}");
    }
    fs::write(&file, "template,name\nline,A\n").unwrap();
    let none = ["--concurrency", "0"];
    let install = ["connectors", "install-all", file.to_str().unwrap()];
    world.run(&[&install[..], &none].concat()).expect(2);
    assert!(world.sandbox.requests().is_empty());
}

/// Runs with a standard output that is closed after the first line, and returns the exit code.
fn run_with_closed_output(world: &World, arguments: &[&str], close_errors: bool) -> Option<i32> {
    let mut command = world.command(arguments);
    let errors = if close_errors {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn closed_output_does_not_stop_the_run() {
    for (failing, code) in [("none", 0), ("Bot 9", 7)] {
        for (format, close_errors) in [("jsonl", false), ("jsonl", true), ("json", true)] {
            let world = World::new();
            let fails = Script::failing("rejected");
            world.sandbox.script_for_name(failing, fails);
            let file = write_rows(&world, 10);
            let arguments = ["connectors", "install-all", &file, "--wait", "-o", format];
            let ran = run_with_closed_output(&world, &arguments, close_errors);
            assert_eq!(ran, Some(code), "{format} {failing}");
            assert_eq!(world.sandbox.connectors().len(), 10);
        }
    }
}

#[test]
fn damaged_journal_is_one_error_before_any_request() {
    let world = World::new();
    let file = write_rows(&world, 2);
    let journal = format!("{file}.journal");
    world.run(&["connectors", "install-all", &file]).expect(0);
    let before = world.sandbox.requests().len();
    let lines = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, lines.replacen("\"entry\"", "\"entyr\"", 1)).unwrap();
    for arguments in [
        &["connectors", "install-all", &file, "--wait", "-o", "json"][..],
        &[
            "connectors",
            "ensure",
            "line",
            "--name",
            "A",
            "--journal",
            &journal,
            "-o",
            "json",
        ],
    ] {
        let ran = world.run(arguments).expect(1);
        assert_eq!(ran.out, "");
        let error = ran.error();
        assert_eq!(error["kind"], "local");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&journal), "{message}");
        assert!(message.contains("line 1 of the journal"), "{message}");
    }
    assert_eq!(world.sandbox.requests().len(), before);
}

#[test]
fn readiness_is_unknown_without_a_wait() {
    let world = World::new();
    let file = write_rows(&world, 1);
    let install = ["connectors", "install-all", &file, "-o", "json"];
    let rows = world.run(&install).expect(0).json();
    assert_eq!(rows[0]["ready"], serde_json::Value::Null);
    let ensure = ["connectors", "ensure", "line", "--name", "A"];
    let summary = world.run(&[&ensure[..], &["-o", "json"]].concat());
    assert_eq!(summary.expect(0).json()["ready"], serde_json::Value::Null);
    let table = world.run(&ensure).expect(0);
    let ready = table.out.lines().find(|line| line.starts_with("ready"));
    assert!(ready.unwrap().ends_with('-'), "{table:?}");
}

#[test]
fn options_of_a_wait_are_refused_without_it() {
    let world = World::new();
    let file = write_rows(&world, 1);
    for option in [["--timeout", "1m"], ["--until", "channel"]] {
        for command in [
            &["connectors", "install-all", &file][..],
            &["connectors", "install", "line", "--name", "A"],
            &["connectors", "ensure", "line", "--name", "A"],
        ] {
            let ran = world.run(&[command, &option].concat()).expect(2);
            assert!(ran.err.contains(option[0]) && ran.err.contains("--wait"));
        }
    }
    assert!(world.sandbox.requests().is_empty());
    // Each option can stand before or after the template.
    let ensure = ["connectors", "ensure", "--timeout", "1m", "line", "--name"];
    let ensure = [&ensure[..], &["A", "--wait", "--until", "channel"]].concat();
    world.run(&ensure).expect(0);
}

#[test]
fn list_that_cannot_be_read_is_one_error_without_rows() {
    let world = World::new();
    let file = write_rows(&world, 3);
    let install = ["connectors", "install-all", &file, "-o", "json"];
    world.sandbox.deny(Operation::ListConnectors);
    let ran = world.run(&install).expect(4);
    assert_eq!(ran.out, "");
    let error = ran.error();
    assert_eq!(error["kind"], "permission_denied");
    assert!(error["resume"].is_null(), "{error}");
    let another_key = world.command(&install).env("BIRD_ACCESS_KEY", "x").output();
    let ran = Ran::from(another_key.unwrap()).expect(4);
    assert_eq!(ran.error()["kind"], "authentication");
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
}
