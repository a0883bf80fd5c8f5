//! The terminal while a question is open.

use std::io::stderr;
use std::thread::sleep;
use std::time::Duration;

use crossterm::cursor::Show;
use crossterm::event::DisableBracketedPaste;
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{Clear, ClearType, disable_raw_mode, is_raw_mode_enabled};

/// Restores the terminal when it is dropped before the question has ended: the thread of the question, which would restore it, still
/// waits for a key.
pub(super) struct OpenQuestion {
    ended: bool,
}

impl OpenQuestion {
    pub(super) fn new() -> Self {
        Self { ended: false }
    }

    /// The question has ended, and has restored the terminal. The cursor is below it, or still in the last row, where it would leave
    /// remains in the next line.
    pub(super) fn ended(&mut self) {
        self.ended = true;
        let _ = execute!(stderr(), Clear(ClearType::FromCursorDown));
    }
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The thread changes the mode a moment after it has started, and must not do so after the mode is restored.
        for _ in 0..20 {
            if is_raw_mode_enabled().unwrap_or(true) {
                break;
            }
            sleep(Duration::from_millis(5));
        }
        // Nothing can be done about a terminal that is closed.
        let _ = disable_raw_mode();
        let rest = Clear(ClearType::FromCursorDown);
        let _ = execute!(stderr(), DisableBracketedPaste, Show, rest, Print("\n"));
    }
}
