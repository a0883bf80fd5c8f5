//! The program on a real terminal: questions, spinner, width and colors.
#![cfg(unix)]

mod support;

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::Child;
use std::time::Duration;

use bird_connectors_sandbox::{Operation, Script};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use support::{CHANNEL, CONNECTOR, NUMBER, World};

/// A process whose standard streams are a terminal.
struct Terminal {
    child: Child,
    master: File,
    /// Everything that the process has printed.
    screen: String,
}

impl Terminal {
    fn start(world: &World, columns: u16, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let slave = OpenOptions::new()
            .read(true)
            .write(true)
            .open(name)
            .unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        let child = world
            .command(arguments)
            .env("TERM", "xterm-256color")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        Self {
            child,
            master: File::from(master),
            screen: String::new(),
        }
    }

    /// Reads until the screen contains the text.
    fn expect(&mut self, text: &str) {
        while !self.screen.contains(text) {
            assert!(self.read(), "{text:?} does not appear: {}", self.screen);
        }
    }

    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.master.read(&mut buffer) {
            // Linux reports an error once the process has closed the terminal.
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.screen += &String::from_utf8_lossy(&buffer[..count]);
                true
            }
        }
    }

    fn write(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// The exit code and the screen.
    fn finish(mut self) -> (Option<i32>, String) {
        while self.read() {}
        (self.child.wait().unwrap().code(), self.screen)
    }
}

fn plain(screen: &str) -> String {
    anstream::adapter::strip_str(screen).to_string()
}

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
