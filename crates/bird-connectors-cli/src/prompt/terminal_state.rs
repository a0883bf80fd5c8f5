//! The state of the terminal while a question is open.

/// Restores the terminal when it is dropped: a question changes its modes while it waits for a key, hides the cursor, and has not
/// ended its line.
pub(super) struct TerminalState {
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
    /// Whether the thread of the question still runs.
    open: bool,
    answered: bool,
}

impl TerminalState {
    pub(super) fn save() -> Self {
        Self {
            #[cfg(unix)]
            modes: rustix::termios::tcgetattr(rustix::stdio::stdin()).ok(),
            open: true,
            answered: false,
        }
    }

    /// The question has ended, and has restored the modes.
    pub(super) fn ended(&mut self, answered: bool) {
        self.open = false;
        self.answered = answered;
    }
}

impl Drop for TerminalState {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        #[cfg(unix)]
        if let Some(modes) = self.modes.as_ref().filter(|_| self.open) {
            restore(modes);
        }
        let terminal = console::Term::stderr();
        let _ = terminal
            .show_cursor()
            .and_then(|()| terminal.write_line(""));
    }
}

/// Restores the modes, which the thread of the question changes right after it has printed the question.
#[cfg(unix)]
fn restore(modes: &rustix::termios::Termios) {
    use std::thread::sleep;
    use std::time::Duration;

    use rustix::stdio::stdin;
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

    // So that it does not change them after they are restored.
    for _ in 0..20 {
        if tcgetattr(stdin()).is_ok_and(|now| now.local_modes != modes.local_modes) {
            break;
        }
        sleep(Duration::from_millis(5));
    }
    let _ = tcsetattr(stdin(), OptionalActions::Now, modes);
}
