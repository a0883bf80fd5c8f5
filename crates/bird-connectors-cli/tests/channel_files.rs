//! Files of channels: `validate`, `plan`, `apply` and `export`.

mod support;

use std::fs;
#[cfg(unix)]
use std::time::Duration;

use bird_connectors_sandbox::Operation;
#[cfg(unix)]
use bird_connectors_sandbox::behavior::Duplicates;
#[cfg(unix)]
use bird_connectors_sandbox::{Rule, Script};
use support::World;
#[cfg(unix)]
use support::{Ran, wait_until};

#[test]
fn example_and_schema_are_printed_and_the_example_is_valid() {
    let world = World::new();
    let example = world.run(&["validate", "--example"]).expect(0).out;
    fs::write(world.folder().join("channels.yaml"), example).unwrap();
    let valid = world
        .run(&["validate", "channels.yaml", "-o", "json"])
        .expect(0)
        .json();
    assert_eq!(valid["connectors"], 3);
    assert_eq!(valid["webhook_subscriptions"], 1);
    let schema = world.run(&["validate", "--schema"]).expect(0).json();
    assert_eq!(schema["title"], "Channels of Bird workspaces");
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn problems_have_a_place_and_an_excerpt_and_show_no_secret() {
    let world = World::new();
    let text = "version: 1\nproject: acme\nworkspaces:\n  - id: 2d7a1e03-25e4-401e-bf1e-0ace545673d7\n    connectors:\n      \
                - name: Bot\n        template: telegram\n        invitation_token: planted-secret\n";
    fs::write(world.folder().join("channels.yaml"), text).unwrap();
    let ran = world.run(&["validate", "channels.yaml"]).expect(2);
    assert_eq!(
        ran.err,
        "channels.yaml:8:27: `invitation_token` is a secret: expected a reference, env:NAME or file:PATH, because files that are \
         under review must not contain secrets\n  |\n8 |         invitation_token: [redacted]\n  |                           ^\n\
         error: the files have a problem\n"
    );
    let error = world
        .run(&["validate", ".", "-o", "json"])
        .expect(2)
        .error();
    assert_eq!(error["kind"], "invalid_files");
    assert_eq!(error["details"][0]["line"], 8);
    assert!(!error.to_string().contains("planted-secret"));
    world.run(&["validate"]).expect(2);
    world.run(&["validate", "missing.yaml"]).expect(2);
}

/// A file of channels for the workspace of the sandbox.
fn channels(world: &World, names: impl IntoIterator<Item = String>, more: &str) -> String {
    let entries = names
        .into_iter()
        .map(|name| format!("      - {{ name: {name}, template: line{more} }}\n"));
    let entries: String = entries.collect();
    let entries = if entries.is_empty() {
        "      []\n".to_owned()
    } else {
        entries
    };
    format!(
        "version: 1\nproject: acme\nworkspaces:\n  - id: {}\n    label: test\n    connectors:\n{entries}",
        world.sandbox.workspace_id()
    )
}

fn write(world: &World, text: &str) {
    fs::write(world.folder().join("channels.yaml"), text).unwrap();
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|index| format!("Bot {index}"))
}

#[test]
fn plan_and_apply_have_exit_codes_and_apply_only_the_expected_plan() {
    let world = World::new();
    let plan = ["plan", "channels.yaml", "--detailed-exitcode", "-o", "json"];
    write(&world, &channels(&world, names(2), ""));
    let planned = world.run(&plan).expect(10).json();
    assert_eq!(planned["counts"]["create"], 2);
    assert!(!world.folder().join("channels.yaml.journal").exists());
    let hash = planned["hash"].as_str().unwrap();

    // After the review, the file changes.
    write(&world, &channels(&world, names(3), ""));
    let apply = ["apply", "channels.yaml", "--expect", hash, "-o", "json"];
    let refused = world.run(&apply).expect(5).error();
    assert_eq!(refused["kind"], "plan_refused");
    assert!(world.sandbox.connectors().is_empty());

    // Somebody else creates a connector that the file does not describe.
    write(&world, &channels(&world, names(2), ""));
    world.sandbox.add_connectors(1);
    let apply = [
        "apply",
        "channels.yaml",
        "--expect",
        hash,
        "--wait",
        "-o",
        "json",
    ];
    let rows = world.run(&apply).expect(0).json();
    for row in rows.as_array().unwrap() {
        assert_eq!(
            (&row["action"], &row["result"]),
            (&"create".into(), &"created".into())
        );
        assert!(
            row["channel_id"].is_string() && row["error"].is_null(),
            "{row}"
        );
    }
    // Only the connector that the file does not describe.
    let planned = world.run(&plan).expect(11).json();
    assert_eq!(planned["counts"]["unchanged"], 2);
    world.sandbox.clear_requests();
    assert_eq!(
        world
            .run(&["apply", "channels.yaml", "-o", "json"])
            .expect(0)
            .out,
        "[]\n"
    );
    assert!(
        world
            .sandbox
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[test]
fn prune_asks_and_lists_what_stops_and_leaves_what_the_project_does_not_own() {
    let world = World::new();
    world.sandbox.add_connectors(1);
    write(&world, &channels(&world, names(2), ""));
    world.run(&["apply", "channels.yaml"]).expect(0);
    write(&world, &channels(&world, names(1), ""));
    let refused = world.run(&["apply", "channels.yaml", "--prune"]).expect(2);
    assert!(
        refused.err.contains("delete test/line/Bot 1: channel "),
        "{refused:?}"
    );
    assert_eq!(world.sandbox.connectors().len(), 3);
    world.run(&["apply", "channels.yaml"]).expect(0);
    assert_eq!(world.sandbox.connectors().len(), 3);
    let text = world
        .run(&["plan", "channels.yaml", "--prune"])
        .expect(0)
        .out;
    assert!(
        text.starts_with("These stop:\n  test/line/Bot 1: channel "),
        "{text}"
    );
    let markdown = world
        .run(&["plan", "channels.yaml", "--prune", "--markdown"])
        .expect(0)
        .out;
    assert!(
        markdown.contains("| - delete | test | Bot 1 | line:1 |"),
        "{markdown}"
    );
    world
        .run(&["apply", "channels.yaml", "--prune", "--yes"])
        .expect(0);
    assert_eq!(world.sandbox.connectors().len(), 2);
}

#[test]
fn export_is_a_file_whose_plan_has_no_changes() {
    let world = World::new();
    write(&world, &channels(&world, names(3), ""));
    world.run(&["apply", "channels.yaml"]).expect(0);
    let exported = world.run(&["export", "--project", "acme"]).expect(0).out;
    fs::write(world.folder().join("exported.yaml"), exported).unwrap();
    world
        .run(&["plan", "exported.yaml", "--detailed-exitcode"])
        .expect(0);
}

#[test]
fn conflict_of_a_plan_is_printed_and_nothing_is_applied() {
    let world = World::new();
    write(&world, &channels(&world, names(1), ""));
    let ran = world
        .run(&["plan", "channels.yaml", "--replace", "Bot 7"])
        .expect(5);
    assert!(
        ran.out
            .starts_with("conflict: --replace: `Bot 7`: the files describe no connector"),
        "{ran:?}"
    );
    let ran = world
        .run(&["apply", "channels.yaml", "--replace", "Bot 7"])
        .expect(5);
    assert!(
        ran.err.contains("`Bot 7`: the files describe no connector"),
        "{ran:?}"
    );
    assert!(world.sandbox.connectors().is_empty());
}

#[test]
fn journal_is_named_and_one_that_does_not_know_the_project_is_a_warning() {
    let world = World::new();
    write(&world, &channels(&world, names(2), ""));
    let applied = world.run(&["apply", "channels.yaml"]).expect(0);
    assert!(
        applied
            .err
            .contains("The journal is channels.yaml.journal.")
            && !applied.err.contains("warning"),
        "{applied:?}"
    );
    let planned = world.run(&["plan", "channels.yaml"]).expect(0);
    assert!(
        planned.out.ends_with("\njournal: channels.yaml.journal\n"),
        "{planned:?}"
    );
    assert_eq!(planned.err, "");
    let markdown = world
        .run(&["plan", "channels.yaml", "--markdown"])
        .expect(0)
        .out;
    assert!(
        markdown.ends_with("\nJournal: `channels.yaml.journal`\n"),
        "{markdown}"
    );

    let file = world.folder().join("channels.yaml");
    fs::rename(file, world.folder().join("renamed.yaml")).unwrap();
    let missing =
        "the journal renamed.yaml.journal does not exist, so the project owns none of the 2 ";
    let planned = world
        .run(&["plan", "renamed.yaml", "--prune", "-o", "json"])
        .expect(0);
    assert!(
        planned.err.replace('\n', " ").contains(missing),
        "{planned:?}"
    );
    assert_eq!(planned.json()["journal"], "renamed.yaml.journal");
    let apply = ["apply", "renamed.yaml", "--prune", "--yes"];
    for expected in [missing, "has no entry of what exists for the project acme"] {
        let applied = world.run(&apply).expect(0);
        assert!(
            applied.err.replace('\n', " ").contains(expected),
            "{applied:?}"
        );
    }
    assert_eq!(world.sandbox.connectors().len(), 2);
}

#[test]
fn refused_apply_counts_no_steps() {
    let world = World::new();
    let secret = ", arguments: { botToken: file:missing }";
    write(&world, &channels(&world, names(1), secret));
    for output in ["table", "json"] {
        let refused = world
            .run(&["apply", "channels.yaml", "-o", output])
            .expect(2);
        assert!(
            refused.err.contains("missing") && !refused.err.contains(" done"),
            "{refused:?}"
        );
    }
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
}

#[test]
fn misspelled_event_is_a_warning_with_a_suggestion() {
    let world = World::new();
    let hook = |event: &str| {
        format!(
            "    webhook_subscriptions:\n      - {{ event: {event}, url: 'https://hooks.example.com/bird' }}\n"
        )
    };
    let text = channels(&world, names(0), "");
    write(&world, &(text.clone() + &hook("chanel.updated")));
    let valid = world.run(&["validate", "channels.yaml"]).expect(0);
    assert!(
        valid.err.replace('\n', " ").contains(
            "warning: channels.yaml:9:9: the event has the value \"chanel.updated\": did you mean channel.updated?"
        ),
        "{valid:?}"
    );
    write(&world, &(text + &hook("channel.updated")));
    let valid = world.run(&["validate", "channels.yaml"]).expect(0);
    assert_eq!(valid.err, "");
}

#[test]
fn secret_is_sent_and_in_no_output_and_no_journal() {
    let world = World::new();
    fs::write(world.folder().join("token"), "planted-secret\n").unwrap();
    write(
        &world,
        &channels(&world, names(1), ", arguments: { botToken: file:token }"),
    );
    for arguments in [
        &["plan", "channels.yaml", "-vv"][..],
        &["apply", "channels.yaml", "-vv", "-o", "json"],
        &["plan", "channels.yaml", "--all", "-o", "json"],
        &["export"],
    ] {
        let ran = world.run(arguments).expect(0);
        assert!(!format!("{ran:?}").contains("planted"), "{ran:?}");
    }
    let journal = fs::read_to_string(world.folder().join("channels.yaml.journal")).unwrap();
    assert!(
        !journal.contains("planted") && journal.contains("acme"),
        "{journal}"
    );
    let sent = world.sandbox.requests_to(Operation::CreateConnector);
    assert_eq!(
        sent[0].body.as_ref().unwrap()["arguments"]["botToken"],
        "planted-secret"
    );
}

/// The sandbox accepts duplicates, so that only the journal prevents them.
#[cfg(unix)]
#[test]
fn killed_apply_is_repeated_without_duplicates_or_losses() {
    let count = 12;
    let world = World::with(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .default_script(Script::instant())
    });
    write(&world, &channels(&world, names(count), ""));
    let apply = [
        "apply",
        "channels.yaml",
        "--concurrency",
        "2",
        "--reconcile-window",
        "2s",
        "--recreate-after-window",
        "-o",
        "json",
    ];
    let slow = Rule::on(Operation::CreateConnector).delay_response(Duration::from_millis(20));
    world.sandbox.rule(slow.always());
    for kill in [1, 3, 6, 9] {
        let mut child = world.spawn(&apply);
        wait_until("some creates were sent, or the apply has ended", || {
            world.sandbox.count(Operation::CreateConnector) >= kill
                || world.sandbox.connectors().len() >= count
        });
        // It may have ended.
        let _ = child.kill();
        let _ = child.wait();
    }
    world.run(&apply).expect(0);
    let mut made: Vec<_> = world
        .sandbox
        .connectors()
        .iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect();
    made.sort();
    let mut wanted: Vec<_> = names(count).collect();
    wanted.sort();
    assert_eq!(made, wanted);
    world
        .run(&["plan", "channels.yaml", "--detailed-exitcode"])
        .expect(0);
}

#[cfg(unix)]
#[test]
fn killed_replace_is_continued_with_the_printed_command() {
    let world = World::with(|builder| {
        builder
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .default_script(Script::instant())
    });
    write(
        &world,
        &channels(&world, names(1), ", arguments: { kind: a }"),
    );
    world.run(&["apply", "channels.yaml"]).expect(0);
    write(
        &world,
        &channels(&world, names(1), ", arguments: { kind: b }"),
    );
    let silent = Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(3600));
    world.sandbox.rule(silent.always());
    let replace = ["apply", "channels.yaml", "--replace", "Bot 0", "--yes"];
    let mut child = world.spawn(&replace);
    wait_until("the second create was processed", || {
        world.sandbox.count(Operation::CreateConnector) > 1 && world.sandbox.connectors().len() == 1
    });
    child.kill().unwrap();
    let killed = Ran::from(child.wait_with_output().unwrap());
    let (_, resume) = killed.err.split_once("continue with: ").unwrap();
    let resume = resume.lines().next().unwrap();
    assert!(resume.contains("--replace"), "{killed:?}");
    world.sandbox.clear_rules();
    for _ in 0..2 {
        world.run_line(resume).expect(0);
    }
    assert_eq!(world.sandbox.connectors().len(), 1);
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 2);
}
