//! The program on a real terminal: questions, spinner, width and colors.
#![cfg(unix)]

mod support;

use std::num::NonZeroU16;
use std::time::Duration;

use bird_connectors_sandbox::{Number, Operation, Rule, Script};
use rustix::process::Signal;
use support::terminal::{ROWS, Terminal, plain};
use support::{CHANNEL, CONNECTOR, NUMBER, World, wait_until};

const CTRL_C: &str = "\u{3}";

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
    terminal.write("n\r");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("Nothing was deleted."), "{screen}");
    assert_eq!(world.sandbox.count(Operation::DeleteConnector), 0);

    let mut terminal = Terminal::start(&world, 100, &["connectors", "delete", CONNECTOR]);
    terminal.expect("Delete it?");
    terminal.write("y\r");
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

#[test]
fn interrupted_question_ends_its_line_and_shows_the_cursor_again() {
    let world = World::new().with_examples();
    for (arguments, question) in [
        (&["connectors", "delete", CONNECTOR][..], "Delete it?"),
        (
            &["connectors", "install", "voice", "--name", "A"],
            "+31612345678",
        ),
    ] {
        let mut terminal = Terminal::start(&world, 100, arguments);
        terminal.expect(question);
        terminal.write(CTRL_C);
        assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen);
        let lines = terminal.visible();
        // A terminal echoes keys that no program reads.
        let mut ends = lines.iter().map(|line| line.trim_start_matches("^C"));
        assert!(ends.any(|line| line == "error: interrupted"), "{lines:#?}");
        terminal.assert_cursor_is_shown_again();
    }
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
}

#[test]
fn signal_during_a_question_ends_the_command_and_restores_the_terminal() {
    let world = World::new().with_examples();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        for (arguments, question) in [
            (&["connectors", "delete", CONNECTOR][..], "Delete it?"),
            (
                &["connectors", "install", "voice", "--name", "A"],
                "+31612345678",
            ),
        ] {
            let mut terminal = Terminal::start(&world, 100, arguments);
            terminal.expect(question);
            let slave = terminal.slave();
            terminal.signal(signal);
            terminal.expect("error:");
            assert!(Terminal::has_usual_modes(&slave));
            drop(slave);
            assert_eq!(terminal.wait(), Some(code), "{}", terminal.screen);
            terminal.assert_cursor_is_shown_again();
        }
    }
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
}

#[test]
fn command_that_continues_contains_the_answers() {
    let world = World::new();
    let mut terminal = Terminal::start(&world, 300, &["connectors", "install", "sms", "--wait"]);
    terminal.expect("Name of the connector");
    terminal.write("Support NL\r");
    terminal.expect("+31612345678");
    terminal.write("\r");
    terminal.expect("transactional");
    terminal.signal(Signal::INT);
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(130), "{screen}");
    let command = format!(
        "continue with: bird-connectors connectors install sms --wait --name 'Support NL' --phone-number-id {NUMBER}"
    );
    assert!(plain(&screen).contains(&command), "{screen}");
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
}

#[test]
fn color_never_applies_to_help_errors_and_questions() {
    let world = World::new().with_examples();
    for arguments in [
        &["--color", "never", "--help"][..],
        &["--color", "never", "connectors", "lst"],
        &["connectors", "get", "--color=never", CONNECTOR],
        &[
            "connectors",
            "install",
            "voice",
            "--name",
            "A",
            "--color",
            "never",
        ],
    ] {
        let mut terminal = Terminal::start(&world, 100, arguments);
        if arguments.contains(&"voice") {
            terminal.expect("+31612345678");
            terminal.write(CTRL_C);
        }
        let (_, bytes) = terminal.finish();
        // Every style ends with `m`; the cursor and the deletion of lines do not.
        let mut sequences = bytes.split("\u{1b}[").skip(1);
        let styled = sequences.find(|rest| {
            let end = rest.find(|letter: char| letter.is_ascii_alphabetic());
            end.is_some_and(|end| rest[end..].starts_with('m'))
        });
        assert_eq!(styled, None, "{arguments:?}: {bytes:?}");
    }
}

#[test]
fn quiet_delete_still_names_what_stops() {
    let world = World::new().with_examples();
    let delete = ["connectors", "delete", CONNECTOR, "--quiet"];
    let mut terminal = Terminal::start(&world, 100, &delete);
    terminal.expect("Delete it?");
    terminal.write("n\r");
    let (code, screen) = terminal.finish();
    assert_eq!(code, Some(0), "{screen}");
    assert!(plain(&screen).contains(CHANNEL), "{screen}");
}

#[test]
fn delete_of_a_subscription_names_its_url_and_event() {
    let world = World::new();
    let url = "https://hooks.example.com/bird";
    let subscribe = [
        "webhooks",
        "subscribe",
        "--url",
        url,
        "--event",
        "sms.inbound",
        "--jq",
        ".[].id",
    ];
    let id = world.run(&subscribe).expect(0).out;
    let mut terminal = Terminal::start(&world, 100, &["webhooks", "delete", id.trim()]);
    terminal.expect("Delete it?");
    assert!(terminal.screen.contains(url) && terminal.screen.contains("sms.inbound"));
    terminal.write("n\r");
    assert_eq!(terminal.finish().0, Some(0));
    assert_eq!(world.sandbox.count(Operation::DeleteWebhookSubscription), 0);
}

#[test]
fn missing_secret_is_reported_before_the_questions() {
    let world = World::new();
    let (code, screen) =
        Terminal::start(&world, 100, &["connectors", "install", "whatsapp"]).finish();
    assert_eq!(code, Some(2), "{screen}");
    assert!(screen.contains("--access-token"), "{screen}");
    assert!(!screen.contains("Name of the connector"), "{screen}");
}

#[test]
fn rows_on_a_terminal_are_not_mixed_with_a_bar() {
    let world = World::with(|builder| builder.default_script(Script::instant()));
    let file = world.folder().join("bots.jsonl");
    let rows: String = (0..5)
        .map(|row| format!("{{\"template\":\"line\",\"name\":\"Bot {row}\"}}\n"))
        .collect();
    std::fs::write(&file, rows).unwrap();
    let install = [
        "connectors",
        "install-all",
        file.to_str().unwrap(),
        "-o",
        "jsonl",
    ];
    let (code, screen) = Terminal::start(&world, 300, &install).finish();
    assert_eq!(code, Some(0), "{screen}");
    assert!(!screen.contains("remaining"), "{screen}");
    let rows = plain(&screen);
    let rows = rows
        .lines()
        .filter(|line| line.trim().starts_with('{'))
        .count();
    assert_eq!(rows, 5, "{screen}");
}

#[test]
fn interrupt_end_of_input_and_escape_end_every_question() {
    let world = World::new().with_examples();
    for (arguments, question) in [
        (&["connectors", "delete", CONNECTOR][..], "Delete it?"),
        (&["connectors", "install", "sms"], "Name of the connector"),
        (
            &["connectors", "install", "voice", "--name", "A"],
            "+31612345678",
        ),
    ] {
        for key in [CTRL_C, "\u{4}", "\u{1b}"] {
            let mut terminal = Terminal::start(&world, 100, arguments);
            terminal.expect(question);
            let slave = terminal.slave();
            terminal.write(key);
            terminal.expect("interrupted");
            assert!(Terminal::has_usual_modes(&slave), "{key:?}");
            drop(slave);
            assert_eq!(terminal.wait(), Some(130), "{key:?}: {}", terminal.screen);
        }
    }
    assert_eq!(world.sandbox.count(Operation::CreateConnector), 0);
    assert_eq!(world.sandbox.count(Operation::DeleteConnector), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn interrupt_before_the_question_exits_with_130() {
    let world = World::new();
    let slow = Rule::on(Operation::ListNumbers).delay(Duration::from_secs(3600));
    world.sandbox.rule(slow.always());
    let install = ["connectors", "install", "voice", "--name", "A"];
    let mut terminal = Terminal::controlling(&world, 100, &install);
    wait_until("the numbers were requested", || {
        world.sandbox.count(Operation::ListNumbers) > 0
    });
    terminal.write(CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen);
}

#[cfg(target_os = "linux")]
#[test]
fn closed_terminal_ends_a_question_and_a_wait_with_129() {
    let world = World::new().with_examples();
    let pending = Script::pending(Duration::from_millis(10));
    world.sandbox.next_install(pending);
    let install = ["connectors", "install", "line", "--name", "A", "--wait"];
    for (arguments, shown) in [
        (&["connectors", "delete", CONNECTOR][..], "Delete it?"),
        (&install, "status pending"),
    ] {
        let mut terminal = Terminal::controlling(&world, 100, arguments);
        terminal.expect(shown);
        assert_eq!(terminal.close(), Some(129), "{arguments:?}");
    }
    assert_eq!(world.sandbox.count(Operation::DeleteConnector), 0);
}

#[test]
fn interrupted_question_in_the_last_row_leaves_no_remains() {
    let world = World::new().with_examples();
    let rows = NonZeroU16::new(3).unwrap();
    let delete = ["connectors", "delete", CONNECTOR];
    let mut terminal = Terminal::run(world.command(&delete), rows, 100);
    terminal.expect("Delete it?");
    terminal.write("maybe");
    terminal.expect("maybe");
    terminal.write(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    let lines = terminal.visible();
    assert!(
        lines.iter().any(|line| line == "error: interrupted"),
        "{lines:#?}"
    );
}

#[test]
fn typed_answer_can_be_corrected_and_is_not_empty() {
    let world = World::new();
    let mut terminal = Terminal::start(&world, 100, &["connectors", "install", "line"]);
    terminal.expect("Name of the connector");
    for key in ["\r", " ", "\r"] {
        terminal.write(key);
    }
    terminal.expect("must not be empty");
    for key in [
        "S", "h", "\u{7f}", "\u{7f}", "\u{7f}", "\u{7f}", "Ä", "\t", "b", "\u{1b}[D", "x",
    ] {
        terminal.write(key);
    }
    terminal.expect("Äxb");
    terminal.write("\r");
    assert_eq!(terminal.finish().0, Some(0));
    assert_eq!(world.sandbox.connectors()[0]["name"], "Äxb");
}

#[test]
fn pasted_line_break_is_refused() {
    let world = World::new();
    let mut terminal = Terminal::start(&world, 100, &["connectors", "install", "line"]);
    terminal.expect("Name of the connector");
    terminal.write("\u{1b}[200~Support\nNL\u{1b}[201~\r");
    terminal.expect("must be one line");
    terminal.write(CTRL_C);
    assert_eq!(terminal.finish().0, Some(130));
    assert!(world.sandbox.connectors().is_empty());
}

/// A sandbox with this many numbers, from +31612340000 on.
fn world_with_numbers(count: u32) -> World {
    World::with(|builder| {
        let builder = builder.default_script(Script::instant()).no_numbers();
        (0..count).fold(builder, |builder, index| {
            builder.number(Number::new(format!("+316123400{index:02}")))
        })
    })
}

/// The number that the connector was created with.
fn chosen_number(world: &World) -> String {
    let created = world.sandbox.requests_to(Operation::CreateConnector);
    let body = created[0].body.as_ref().unwrap();
    let id = body["arguments"]["phoneNumberId"].as_str().unwrap();
    let mut numbers = world.sandbox.numbers().into_iter();
    let number = numbers.find(|number| number.id().to_string() == id);
    number.unwrap().number_string().to_owned()
}

#[test]
fn long_list_scrolls_and_fits_a_low_terminal() {
    let world = world_with_numbers(40);
    let rows = NonZeroU16::new(10).unwrap();
    let install = ["connectors", "install", "voice", "--name", "A"];
    let mut terminal = Terminal::run(world.command(&install), rows, 80);
    terminal.expect("+31612340006");
    assert!(!terminal.screen.contains("+31612340007"));
    for _ in 0..20 {
        terminal.write("\u{1b}[B");
    }
    terminal.expect("+31612340023");
    let lines = terminal.visible();
    assert!(lines[0].contains("Phone number"), "{lines:#?}");
    let selected = lines.iter().find(|line| line.starts_with('>')).unwrap();
    assert!(selected.contains("+31612340020"), "{lines:#?}");
    terminal.write("\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen);
    assert_eq!(chosen_number(&world), "+31612340020");
}

#[test]
fn typing_filters_a_list() {
    let world = world_with_numbers(40);
    let install = ["connectors", "install", "voice", "--name", "A"];
    let mut terminal = Terminal::start(&world, 80, &install);
    terminal.expect("+31612340014");
    terminal.write("no such number");
    terminal.write("\r");
    terminal.write(&"\u{7f}".repeat("no such number".len()));
    terminal.write("nl 0033");
    terminal.expect("+31612340033");
    terminal.write("\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen);
    assert_eq!(chosen_number(&world), "+31612340033");
    let lines = terminal.visible();
    assert!(lines[0].contains("+31612340033"), "{lines:#?}");
}

#[test]
fn question_has_colors_unless_they_are_turned_off() {
    let world = World::new().with_examples();
    let delete = ["connectors", "delete", CONNECTOR];
    for (arguments, no_color, styled) in [
        (&[][..], None, true),
        (&[], Some("1"), false),
        (&["--color", "never"], None, false),
        (&["--color", "always"], Some("1"), true),
    ] {
        let arguments = [&delete[..], arguments].concat();
        let mut command = world.command(&arguments);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let mut terminal = Terminal::run(command, ROWS, 100);
        terminal.expect("y/N");
        let rows = terminal.visible_styled();
        let question = rows.iter().find(|row| row.contains("Delete it?")).unwrap();
        assert_eq!(
            question.contains('\u{1b}'),
            styled,
            "{arguments:?} {question:?}"
        );
        terminal.write(CTRL_C);
        assert_eq!(terminal.wait(), Some(130));
    }
}

#[test]
fn invalid_phone_number_is_asked_for_again() {
    let world = World::new();
    let whatsapp = ["connectors", "install", "whatsapp"];
    let more = ["--name", "Shop", "--waba-id", "1", "--phone-id", "2"];
    let token = ["--access-token", "env:TOKEN"];
    let mut command = world.command(&[&whatsapp[..], &more, &token].concat());
    command.env("TOKEN", "planted-secret");
    let mut terminal = Terminal::run(command, ROWS, 100);
    terminal.expect("Phone number");
    terminal.write("0612345678\r");
    terminal.expect("expected an international phone number");
    terminal.write(&"\u{7f}".repeat(10));
    terminal.write("+31 6 12345678\r");
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen);
    let created = world.sandbox.requests_to(Operation::CreateConnector);
    let body = created[0].body.as_ref().unwrap();
    assert_eq!(body["arguments"]["phoneNumber"], "+31612345678");
}
