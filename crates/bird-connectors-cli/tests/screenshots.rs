//! The pictures of the documentation: real output of the program on terminals of 80 and 120 columns.
//!
//! `cargo xtask screenshots` writes them to `docs/assets/`. Otherwise, this only checks that the output fits the terminal.
#![cfg(unix)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use bird_connectors_sandbox::{Fault, Operation, Rule, Script};
use serde_json::json;
use support::World;
use support::terminal::{Terminal, plain};

const WIDTHS: [u16; 2] = [80, 120];

/// What a terminal shows after a command was typed: escape codes for styles, one string for each line.
struct Picture {
    name: &'static str,
    columns: u16,
    lines: Vec<String>,
}

impl Picture {
    fn new(name: &'static str, columns: u16, command: &[&str], terminal: &Terminal) -> Self {
        let typed = shell_words::join(command.iter().copied());
        let mut lines = wrap(&format!("$ bird-connectors {typed}"), columns);
        lines.extend(terminal.visible_styled());
        Self {
            name,
            columns,
            lines,
        }
    }

    /// Checks that each line fits the terminal, and writes the picture if it is wanted.
    fn finish(&self) {
        for line in &self.lines {
            let width = plain(line).chars().count();
            assert!(width <= usize::from(self.columns), "{}: {line}", self.name);
        }
        if std::env::var_os("UPDATE_SCREENSHOTS").is_none() {
            return;
        }
        let mut text = String::new();
        for line in &self.lines {
            writeln!(text, "{line}").unwrap();
        }
        // Every picture of one width is equally wide, whatever its longest line is.
        let width = usize::from(self.columns) * 84 / 10 + 20;
        let svg = anstyle_svg::Term::new()
            .min_width_px(width)
            .render_svg(&text);
        let file = format!("cli-{}-{}.svg", self.name, self.columns);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/assets");
        fs::write(folder.join(file), svg).unwrap();
    }
}

/// Breaks a typed command where the terminal does.
fn wrap(line: &str, columns: u16) -> Vec<String> {
    let characters: Vec<char> = line.chars().collect();
    characters
        .chunks(usize::from(columns))
        .map(|part| part.iter().collect())
        .collect()
}

/// A workspace with three connectors, whose ids do not change from picture to picture.
fn shops() -> World {
    let world = World::new();
    let connectors = [
        ("Support NL", "sms-messagebird", "1f0c"),
        ("Reception", "voice-messagebird", "27d4"),
        ("Web shop", "whatsapp", "3b9e"),
    ];
    for (name, slug, start) in connectors {
        world.sandbox.insert_connector(json!({
            "id": format!("{start}5b0e-7c55-4b6e-9c41-2a6f0d9b8e11"),
            "name": name,
            "connectorTemplateRef": format!("{slug}:1"),
            "channel": {
                "channelId": format!("{start}fa40-9ff1-5430-a3ab-79ecc61b96b1"),
                "platform": slug,
            },
            "createdAt": "2026-11-01T12:00:00Z",
        }));
    }
    world
}

#[test]
fn list_fits_the_terminal() {
    for columns in WIDTHS {
        let world = shops();
        let command = ["connectors", "list"];
        let mut terminal = Terminal::start(&world, columns, &command);
        assert_eq!(terminal.wait(), Some(0));
        Picture::new("list", columns, &command, &terminal).finish();
    }
}

#[test]
fn wait_fits_the_terminal() {
    for columns in WIDTHS {
        let world = World::new();
        let pending = Script::pending(Duration::from_millis(10));
        world.sandbox.next_install(pending);
        let command = [
            "connectors",
            "ensure",
            "sms",
            "--name",
            "Support NL",
            "--phone-number",
            "+31612345678",
            "--message-type",
            "conversational",
            "--wait",
        ];
        let mut terminal = Terminal::start(&world, columns, &command);
        // The last state of this script, so that every picture shows the same.
        terminal.expect("stage provisioning");
        Picture::new("wait", columns, &command, &terminal).finish();
    }
}

#[test]
fn bulk_run_fits_the_terminal() {
    for columns in WIDTHS {
        let world = World::new();
        world
            .sandbox
            .script_for_name("Shop 03", Script::failing("rejected").scaled(0.01));
        // These are still under way when the picture is taken.
        for shop in 9..=12 {
            let pending = Script::pending(Duration::from_millis(10));
            world
                .sandbox
                .script_for_name(format!("Shop {shop:02}"), pending);
        }
        let mut rows = "template,name\n".to_owned();
        for shop in 1..=12 {
            writeln!(rows, "line,Shop {shop:02}").unwrap();
        }
        fs::write(world.folder().join("shops.csv"), rows).unwrap();
        let command = ["connectors", "install-all", "shops.csv", "--wait"];
        let mut terminal = Terminal::start(&world, columns, &command);
        terminal.expect("7 done, 1 failed, 4 remaining");
        Picture::new("bulk", columns, &command, &terminal).finish();
    }
}

#[test]
fn error_fits_the_terminal() {
    for columns in WIDTHS {
        let world = World::new();
        let lost = Rule::on(Operation::CreateConnector).fault(Fault::LostResponse);
        world.sandbox.rule(lost);
        let command = ["connectors", "install", "line", "--name", "Web shop"];
        let mut terminal = Terminal::start(&world, columns, &command);
        assert_eq!(terminal.wait(), Some(8));
        Picture::new("error", columns, &command, &terminal).finish();
    }
}
