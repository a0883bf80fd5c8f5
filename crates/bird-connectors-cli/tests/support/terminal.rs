//! The program on a real terminal, and the screen that it shows.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anstyle::{Ansi256Color, Style};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::World;

/// The height of the terminal: more than any output, so that nothing scrolls.
pub(crate) const ROWS: NonZeroU16 = NonZeroU16::new(500).unwrap();

/// How long a test waits for output: far above what it needs on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A process whose standard streams are a terminal.
pub(crate) struct Terminal {
    child: Child,
    master: File,
    rows: NonZeroU16,
    columns: u16,
    bytes: Vec<u8>,
    /// Everything that the process has printed.
    pub(crate) screen: String,
}

impl Terminal {
    pub(crate) fn start(world: &World, columns: u16, arguments: &[&str]) -> Self {
        Self::run(world.command(arguments), ROWS, columns)
    }

    /// Starts the program with this terminal as its controlling one, as a shell does: Ctrl-C and the end of the terminal are signals.
    #[cfg(target_os = "linux")]
    pub(crate) fn controlling(world: &World, columns: u16, arguments: &[&str]) -> Self {
        let starter = ["env", "--default-signal=HUP", "setsid", "--ctty"];
        Self::run(world.command_by(&starter, arguments), ROWS, columns)
    }

    pub(crate) fn run(mut command: Command, rows: NonZeroU16, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        // A process that has inherited it would keep the terminal open.
        fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let slave = open_slave(&master);
        let size = Winsize {
            ws_row: rows.get(),
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&slave, size).unwrap();
        let child = command
            .env("TERM", "xterm-256color")
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .spawn()
            .unwrap();
        Self {
            child,
            master: File::from(master),
            rows,
            columns,
            bytes: Vec::new(),
            screen: String::new(),
        }
    }

    /// Closes the terminal, and returns the exit code of the process.
    pub(crate) fn close(mut self) -> Option<i32> {
        self.master = File::open("/dev/null").unwrap();
        self.child.wait().unwrap().code()
    }

    /// Reads until the screen contains the text.
    pub(crate) fn expect(&mut self, text: &str) {
        let start = Instant::now();
        while !self.screen.contains(text) {
            // A spinner prints forever.
            let in_time = start.elapsed() < LIMIT;
            let reads = in_time && self.read();
            assert!(reads, "{text:?} does not appear: {}", self.screen);
        }
    }

    fn read(&mut self) -> bool {
        let limit = Timespec::try_from(LIMIT).unwrap();
        let mut input = [PollFd::new(&self.master, PollFlags::IN)];
        let ready = poll(&mut input, Some(&limit)).unwrap();
        assert!(
            ready > 0,
            "nothing was printed for a minute: {}",
            self.screen
        );
        let mut buffer = [0; 4096];
        match self.master.read(&mut buffer) {
            // Linux reports an error once the process has closed the terminal.
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.bytes.extend_from_slice(&buffer[..count]);
                // All bytes, because a character can be split between two reads.
                self.screen = String::from_utf8_lossy(&self.bytes).into_owned();
                true
            }
        }
    }

    pub(crate) fn write(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: Signal) {
        super::signal(&self.child, signal);
    }

    /// Fails if the process has hidden the cursor and not shown it again, or never.
    pub(crate) fn assert_cursor_is_shown_again(&self) {
        let last_hidden = self.screen.rfind("\u{1b}[?25l").unwrap_or(0);
        let last_shown = self.screen.rfind("\u{1b}[?25h");
        assert!(last_shown > Some(last_hidden), "{:?}", self.screen);
    }

    /// Whether a terminal collects lines and shows what is typed, as it does for a shell.
    pub(crate) fn has_usual_modes(slave: &File) -> bool {
        let modes = tcgetattr(slave).unwrap().local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// The side of the terminal that the process has. The process does not appear to end before this is dropped.
    pub(crate) fn slave(&self) -> File {
        open_slave(&self.master)
    }

    /// The exit code and everything that the process has printed.
    pub(crate) fn finish(mut self) -> (Option<i32>, String) {
        let code = self.wait();
        (code, std::mem::take(&mut self.screen))
    }

    /// Reads until the process ends, and returns its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        while self.read() {}
        self.child.wait().unwrap().code()
    }

    /// The lines that are visible now, without styles. Empty lines at the end are left out.
    pub(crate) fn visible(&self) -> Vec<String> {
        let parser = self.emulate();
        let rows = parser.screen().rows(0, self.columns);
        without_empty_end(rows.map(|row| row.trim_end().to_owned()).collect())
    }

    /// The lines that are visible now, with escape codes for their styles.
    pub(crate) fn visible_styled(&self) -> Vec<String> {
        let parser = self.emulate();
        let rows = 0..u16::try_from(self.visible().len()).unwrap();
        rows.map(|row| styled_row(parser.screen(), row, self.columns))
            .collect()
    }

    fn emulate(&self) -> vt100::Parser {
        let columns = NonZeroU16::new(self.columns).unwrap();
        let mut parser = vt100::Parser::new(self.rows, columns, 0);
        parser.process(&self.bytes);
        parser
    }
}

fn open_slave(master: impl AsFd) -> File {
    let name = ptsname(master, Vec::new()).unwrap();
    let name = std::ffi::OsStr::from_bytes(name.as_bytes());
    let mut options = OpenOptions::new();
    options.read(true).write(true).open(name).unwrap()
}

/// Ends the process, also if a test fails.
impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A row without the spaces at its end.
fn styled_row(screen: &vt100::Screen, row: u16, columns: u16) -> String {
    let mut line = String::new();
    let mut current = Style::new();
    let cells = (0..columns).filter_map(|column| screen.cell(row, column));
    let cells: Vec<&vt100::Cell> = cells.collect();
    let end = cells.iter().rposition(|cell| cell.has_contents());
    for cell in &cells[..end.map_or(0, |last| last + 1)] {
        let style = style_of(cell);
        if style != current {
            write!(line, "{current:#}{style}").unwrap();
            current = style;
        }
        match cell.contents() {
            "" => line.push(' '),
            contents => line.push_str(contents),
        }
    }
    write!(line, "{current:#}").unwrap();
    line
}

fn style_of(cell: &vt100::Cell) -> Style {
    let mut style = Style::new();
    if cell.bold() {
        style = style.bold();
    }
    if cell.dim() {
        style = style.dimmed();
    }
    match cell.fgcolor() {
        vt100::Color::Default => style,
        vt100::Color::Idx(index) => style.fg_color(Some(Ansi256Color(index).into())),
        vt100::Color::Rgb(red, green, blue) => {
            style.fg_color(Some(anstyle::RgbColor(red, green, blue).into()))
        }
    }
}

fn without_empty_end(mut lines: Vec<String>) -> Vec<String> {
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The text without escape codes.
pub(crate) fn plain(screen: &str) -> String {
    anstream::adapter::strip_str(screen).to_string()
}
