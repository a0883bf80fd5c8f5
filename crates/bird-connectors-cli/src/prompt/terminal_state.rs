//! The state of the terminal while a question is open.

/// Restores the terminal when it is dropped: a question changes its modes while it waits for a key, hides the cursor, and has not
/// ended its line.
pub(super) struct TerminalState {
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
    answered: bool,
}

impl TerminalState {
    pub(super) fn save() -> Self {
        Self {
            #[cfg(unix)]
            modes: rustix::termios::tcgetattr(rustix::stdio::stdin()).ok(),
            answered: false,
        }
    }

    /// The question was answered, and has restored the terminal.
    pub(super) fn keep(mut self) {
        self.answered = true;
    }
}

impl Drop for TerminalState {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        #[cfg(unix)]
        if let Some(modes) = &self.modes {
            let now = rustix::termios::OptionalActions::Now;
            let _ = rustix::termios::tcsetattr(rustix::stdio::stdin(), now, modes);
        }
        let terminal = console::Term::stderr();
        let _ = terminal
            .show_cursor()
            .and_then(|()| terminal.write_line(""));
    }
}
