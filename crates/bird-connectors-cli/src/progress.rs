//! Progress on standard error: a spinner on a terminal, else one line per change.

use std::time::Duration;

use bird_connectors::wait::Progress;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::global::OutputFormat;
use crate::context::Context;
use crate::messages;
use crate::output::prose;
use crate::wording;

/// The progress of a wait for one channel.
pub(crate) struct WaitProgress {
    display: Display,
    name: String,
    /// What the last poll reported.
    last: Option<String>,
}

enum Display {
    Spinner(ProgressBar),
    Lines,
    Silent,
}

impl Display {
    /// `bar` makes the bar or spinner, which only a terminal without other lines can show. `rows` says whether the command
    /// prints rows while it runs.
    fn choose(context: &Context, rows: bool, bar: impl FnOnce() -> ProgressBar) -> Self {
        let rows =
            rows && context.terminal.output && context.global.format() == OutputFormat::Jsonl;
        if context.global.quiet {
            Self::Silent
        } else if context.terminal.error && context.global.verbose == 0 && !rows {
            Self::Spinner(bar())
        } else {
            Self::Lines
        }
    }
}

impl WaitProgress {
    pub(crate) fn new(context: &Context, name: String) -> Self {
        let mut progress = Self {
            display: Display::choose(context, false, spinner),
            name: prose::printable(&name),
            last: None,
        };
        progress.show("waiting for the first status".to_owned());
        progress
    }

    /// Shows what a poll reported.
    pub(crate) fn observe(&mut self, poll: &Progress) {
        self.show(prose::printable(&describe(poll)));
    }

    fn show(&mut self, state: String) {
        if self.last.as_ref() == Some(&state) {
            return;
        }
        match &self.display {
            Display::Spinner(bar) => {
                bar.set_message(format!("{}: {state}", shortened(&self.name)));
            }
            // The first state is not a change.
            Display::Lines if self.last.is_some() => {
                messages::print(format_args!("{}: {state}", self.name));
            }
            Display::Lines | Display::Silent => {}
        }
        self.last = Some(state);
    }
}

impl Drop for WaitProgress {
    fn drop(&mut self) {
        if let Display::Spinner(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

/// The progress of many installs: a bar and the failures on a terminal, else one line per install.
pub(crate) struct BulkProgress {
    display: Display,
    total: usize,
    done: usize,
    failed: usize,
}

impl BulkProgress {
    pub(crate) fn new(context: &Context, total: usize) -> Self {
        Self {
            display: Display::choose(context, true, || bar(total)),
            total,
            done: 0,
            failed: 0,
        }
    }

    /// Shows the result of an install.
    pub(crate) fn install(&mut self, label: &str, error: Option<&str>) {
        self.done += 1;
        self.failed += usize::from(error.is_some());
        let result = prose::printable(&format!("{label}: {}", error.unwrap_or("done")));
        match &self.display {
            Display::Spinner(bar) => {
                if error.is_some() {
                    bar.println(prose::wrap(&result, prose::error_width()));
                }
                bar.set_position(self.done as u64);
                let succeeded = self.done - self.failed;
                bar.set_message(counts(
                    succeeded,
                    self.failed,
                    self.total.saturating_sub(self.done),
                ));
            }
            Display::Lines => messages::print(result),
            Display::Silent => {}
        }
    }

    /// One install less than expected: it is the same as another one.
    pub(crate) fn leave_out_one(&mut self) {
        self.total = self.total.saturating_sub(1);
    }

    /// Ends without a summary.
    pub(crate) fn clear(&self) {
        if let Display::Spinner(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Ends with a summary.
    pub(crate) fn finish(&self, summary: &str) {
        match &self.display {
            Display::Spinner(bar) => bar.finish_and_clear(),
            Display::Lines => {}
            Display::Silent => return,
        }
        messages::print(summary);
    }
}

fn counts(done: usize, failed: usize, remaining: usize) -> String {
    format!("{done} done, {failed} failed, {remaining} remaining")
}

/// A name that leaves room for the state on a line of 80 characters.
fn shortened(name: &str) -> String {
    const MAX: usize = 30;
    match name.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::new(total as u64);
    if let Ok(style) = ProgressStyle::with_template("[{bar:24}] {msg} {elapsed:>4}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(counts(0, 0, total));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn describe(poll: &Progress) -> String {
    let state = match (&poll.status, &poll.stage) {
        (Some(status), Some(stage)) => format!("status {status}, stage {stage}"),
        (Some(status), None) => format!("status {status}"),
        (None, Some(stage)) => format!("stage {stage}"),
        (None, None) if poll.channel_id.is_some() => "the channel has no status yet".to_owned(),
        (None, None) => "no channel yet".to_owned(),
    };
    match &poll.error {
        Some(error) => {
            let error = wording::in_options(&error.to_string());
            format!("{state}; the last poll failed: {error}")
        }
        None => state,
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>4}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
