//! Journals in a PostgreSQL database, for every command that accepts a journal.
#![cfg(all(unix, feature = "postgres"))]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use bird_connectors_sandbox::behavior::Duplicates;
use bird_connectors_sandbox::{Fault, Operation, Rule, Script};
use bird_connectors_services::{Postgres, find_program};
use rustix::process::{Pid, Signal, kill_process};
use support::{Ran, World};

const VARIABLE: &str = "JOURNAL_URL";

/// Runs the program with the URL of the database in its environment.
fn run(world: &World, url: &str, arguments: &[&str]) -> Ran {
    let journal = ["--journal", "env:JOURNAL_URL"];
    let mut command = world.command(&[arguments, &journal[..]].concat());
    Ran::from(command.env(VARIABLE, url).output().unwrap())
}

fn write(world: &World, names: &[&str]) {
    let entries = names
        .iter()
        .map(|name| format!("      - {{ name: {name}, template: line }}\n"));
    let text = format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {}\n    connectors:\n{}",
        world.sandbox.workspace_id(),
        entries.collect::<String>()
    );
    fs::write(world.folder().join("channels.yaml"), text).unwrap();
}

#[test]
fn plan_apply_ensure_and_install_all_share_a_journal_in_a_database() {
    let server = Postgres::start().unwrap();
    let url = server.connection_string();
    let world = World::new();
    write(&world, &["A", "B"]);
    let plan = ["plan", "channels.yaml", "--detailed-exitcode", "-o", "json"];
    // A plan creates no tables.
    for _ in 0..2 {
        run(&world, &url, &plan).expect(10);
    }
    let applied = run(&world, &url, &["apply", "channels.yaml"]).expect(0);
    assert!(
        applied
            .err
            .contains("The journal is the database of the environment variable JOURNAL_URL"),
        "{applied:?}"
    );
    assert!(applied.err.contains("--journal env:JOURNAL_URL"));
    let planned = run(&world, &url, &plan).expect(0).json();
    assert_eq!(planned["counts"]["unchanged"], 2);

    write(&world, &["A"]);
    let prune = ["apply", "channels.yaml", "--prune", "--yes"];
    run(&world, &url, &prune).expect(0);
    assert_eq!(world.sandbox.connectors().len(), 1);

    let ensure = ["connectors", "ensure", "line", "--name", "C", "-o", "json"];
    for created in [true, false] {
        let ensured = run(&world, &url, &ensure).expect(0).json();
        assert_eq!(ensured["created"], created);
    }
    let rows = "{\"template\":\"line\",\"name\":\"C\"}\n{\"template\":\"line\",\"name\":\"D\"}\n";
    fs::write(world.folder().join("bots.jsonl"), rows).unwrap();
    let install = ["connectors", "install-all", "bots.jsonl", "-o", "json"];
    let rows = run(&world, &url, &install).expect(0).json();
    assert_eq!(
        (&rows[0]["created"], &rows[1]["created"]),
        (&false.into(), &true.into())
    );
    let files = fs::read_dir(world.folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name());
    let journals = names.filter(|name| name.to_string_lossy().ends_with(".journal"));
    assert_eq!(journals.count(), 0);
}

/// Runs the program, and kills it with SIGKILL when the sandbox receives this create, from 1. The sandbox processes it after that, or
/// does not.
fn kill_at_create(world: &World, url: &str, arguments: &[&str], create: u32, is_processed: bool) {
    let (process, received) = (Arc::new(OnceLock::new()), AtomicU32::new(0));
    let known = Arc::clone(&process);
    let rule = Rule::on(Operation::CreateConnector).when(move |_| {
        let is_last = received.fetch_add(1, Ordering::Relaxed) + 1 == create;
        if is_last {
            // If this fails, the process ends by itself, which is noticed.
            let _ = kill_process(*known.wait(), Signal::KILL);
        }
        is_last
    });
    world.sandbox.rule(if is_processed {
        rule
    } else {
        rule.fault(Fault::ResetBeforeHeaders)
    });
    let journal = ["--journal", "env:JOURNAL_URL"];
    let mut child = world
        .command(&[arguments, &journal[..]].concat())
        .env(VARIABLE, url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    process.set(Pid::from_child(&child)).unwrap();
    assert_eq!(child.wait().unwrap().code(), None);
    world.sandbox.clear_rules();
}

/// Ends the leases of a process that was killed, as time does.
fn end_leases(url: &str) {
    let query = "UPDATE bird_connectors_journal SET claimed_until = clock_timestamp() - interval '1 second' WHERE claimed_until IS NOT NULL";
    let psql = find_program("psql").unwrap();
    let ran = Command::new(psql)
        .args([url, "-c", query])
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    // The process had at least the claim of its create.
    assert_ne!(String::from_utf8_lossy(&ran.stdout).trim(), "UPDATE 0");
}

/// The sandbox accepts duplicates: only the journal prevents them.
#[test]
fn apply_that_is_killed_with_a_journal_in_a_database_is_completed_by_the_next_one() {
    let server = Postgres::start().unwrap();
    let url = server.connection_string();
    let world = World::with(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .default_script(Script::instant())
    });
    let names = ["A", "B", "C", "D", "E", "F", "G", "H"];
    write(&world, &names);
    let apply = ["apply", "channels.yaml", "--reconcile-window", "1s"];
    let apply = [
        &apply[..],
        &["--recreate-after-window", "--concurrency", "2"],
    ]
    .concat();
    for (create, is_processed) in [(1, true), (2, false), (1, false), (2, true)] {
        kill_at_create(&world, &url, &apply, create, is_processed);
        end_leases(&url);
    }
    run(&world, &url, &apply).expect(0);
    let mut existing: BTreeMap<String, usize> = BTreeMap::new();
    for connector in world.sandbox.connectors() {
        let name = connector["name"].as_str().unwrap().to_owned();
        *existing.entry(name).or_default() += 1;
    }
    assert_eq!(existing, names.map(|name| (name.to_owned(), 1)).into());

    // Nothing is lost: the journal knows all of them as those of the project.
    let plan = ["plan", "channels.yaml", "--detailed-exitcode", "-o", "json"];
    let planned = run(&world, &url, &plan).expect(0).json();
    assert_eq!(planned["counts"]["unchanged"], names.len());
    write(&world, &["A"]);
    let prune = ["apply", "channels.yaml", "--prune", "--yes", "--force"];
    run(&world, &url, &prune).expect(0);
    assert_eq!(world.sandbox.connectors().len(), 1);
}

#[test]
fn url_of_a_database_is_refused_as_an_argument_and_appears_in_no_message() {
    let world = World::new();
    write(&world, &["A"]);
    let url = "postgresql://app:planted-password@127.0.0.1:1/app";
    for command in ["plan", "apply"] {
        let ran = world
            .run(&[command, "channels.yaml", "--journal", url])
            .expect(2);
        assert!(ran.err.contains("pass env:NAME"), "{ran:?}");
        assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
    }
    let unset = ["plan", "channels.yaml", "--journal", "env:JOURNAL_URL"];
    let ran = world.run(&unset).expect(2);
    assert!(ran.err.contains("JOURNAL_URL"), "{ran:?}");

    let invalid = run(
        &world,
        "planted-password:no-url",
        &["plan", "channels.yaml"],
    );
    let invalid = invalid.expect(2);
    assert!(
        invalid.err.contains("does not contain the URL"),
        "{invalid:?}"
    );
    // Nothing listens there.
    let unreachable = run(&world, url, &["apply", "channels.yaml"]).expect(1);
    assert!(
        unreachable
            .err
            .contains("the journal in the database of JOURNAL_URL"),
        "{unreachable:?}"
    );
    for ran in [invalid, unreachable] {
        assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
    }
    assert!(world.sandbox.requests().is_empty());
}
