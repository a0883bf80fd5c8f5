//! Journals in a PostgreSQL database, for every command that accepts a journal.
#![cfg(all(unix, feature = "postgres"))]

mod support;

use std::fs;

use bird_connectors_services::Postgres;
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
