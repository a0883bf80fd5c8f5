//! The program on a real terminal: questions, spinner, width and colors.
#![cfg(unix)]

mod support;

use std::time::Duration;

use bird_connectors_sandbox::{Operation, Script};
use support::terminal::{Terminal, plain};
use support::{CHANNEL, CONNECTOR, NUMBER, World};

#[test]
fn delete_asks_and_names_what_stops() {
    let world = World::new().with_examples();
    let mut terminal = Terminal::start(&world, 100, &["connectors", "delete", CONNECTOR]);
    terminal.expect("Delete it?");
    assert!(
        plain(&terminal.screen).contains(CHANNEL),
        "{}",
        terminal.screen
    );
    terminal.write("n");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Nothing was deleted."), "{screen}");
    assert_eq!(world.sandbox.count(Operation::DeleteConnector), 0);

    let mut terminal = Terminal::start(&world, 100, &["connectors", "delete", CONNECTOR]);
    terminal.expect("Delete it?");
    terminal.write("y");
    assert_eq!(terminal.finish().0, Some(0));
    assert_eq!(world.sandbox.count(Operation::DeleteConnector), 1);
}

#[test]
fn no_input_never_asks() {
    let world = World::new().with_examples();
    for arguments in [
        &["connectors", "delete", CONNECTOR, "--no-input"][..],
        &["connectors", "install", "sms", "--no-input"],
    ] {
        let (code, screen) = Terminal::start(&world, 100, arguments).finish();
        assert_eq!(code, Some(2), "{screen}");
    }
    assert!(world.sandbox.requests().is_empty());
}

#[test]
fn missing_arguments_are_asked_for() {
    let world = World::new();
    let mut terminal = Terminal::start(&world, 100, &["connectors", "install", "sms", "--wait"]);
    terminal.expect("Name of the connector");
    terminal.write("Support NL\r");
    terminal.expect("+31612345678");
    terminal.write("\r");
    terminal.expect("transactional");
    terminal.write("\r");
    terminal.expect("no use case");
    terminal.write("\r");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    let requests = world.sandbox.requests_to(Operation::CreateConnector);
    let body = requests[0].body.as_ref().unwrap();
    assert_eq!(body["name"], "Support NL");
    assert_eq!(body["arguments"]["phoneNumberId"], NUMBER);
    assert_eq!(body["arguments"]["channelMessageType"], "conversational");
}

#[test]
fn wait_shows_a_spinner_with_the_status() {
    let world = World::new();
    world
        .sandbox
        .next_install(Script::pending(Duration::from_millis(10)));
    let arguments = [
        "connectors",
        "install",
        "voice",
        "--name",
        "Reception",
        "--phone-number-id",
        NUMBER,
        "--wait",
    ];
    let mut terminal = Terminal::start(&world, 80, &arguments);
    terminal.expect("Reception: status pending");
    world.activate();
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
}

#[test]
fn table_is_styled_and_fits_the_terminal() {
    let world = World::new().with_examples();
    for columns in [80, 120] {
        let (code, screen) = Terminal::start(&world, columns, &["channels", "list"]).finish();
        assert_eq!(code, Some(0));
        assert!(screen.contains("\u{1b}[1m"), "{screen:?}");
        let text = plain(&screen);
        let longest = text
            .lines()
            .map(|line| line.trim_end().chars().count())
            .max();
        assert!(longest.unwrap() <= usize::from(columns), "{text}");
        assert!(text.contains(CHANNEL), "{text}");
    }
}

#[test]
fn color_never_and_no_color_turn_styles_off() {
    let world = World::new().with_examples();
    let (_, screen) =
        Terminal::start(&world, 80, &["channels", "list", "--color", "never"]).finish();
    assert!(!screen.contains('\u{1b}'), "{screen:?}");
}
