//! Ctrl-C, SIGTERM and SIGHUP: what a command has reached when it is interrupted, and how to continue.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use bird_connectors::install::{OwnedJournal, RecordedResource};
use tokio::sync::watch;

use crate::errors::CliError;
use crate::messages;
use crate::stop_signals::{StopSignal, StopSignals};

/// How long to wait for the response of a create after SIGTERM or SIGHUP: less than supervisors wait before they send SIGKILL.
const TERMINATION_LIMIT: Duration = Duration::from_secs(5);

/// How long to wait, after Ctrl-C, for what a run with many requests has in progress. Its journal has what is not known then.
const INTERRUPT_LIMIT: Duration = Duration::from_secs(30);

/// More steps than a run takes to end that waits for no request.
const STEPS_TO_END: usize = 32;

/// How long to read the journal of a command that was interrupted.
const JOURNAL_LIMIT: Duration = Duration::from_secs(2);

/// The state of a command that an interruption reports.
#[derive(Debug)]
pub(crate) struct Interruption {
    /// True while the response of a request that changes something is awaited.
    sending: watch::Sender<bool>,
    /// True once a signal asks the run to stop in order.
    stop: watch::Sender<bool>,
    /// Whether the command follows `stop_requested`.
    stops_in_order: AtomicBool,
    /// Whether the command has left something out, because it was asked to stop.
    cut_short: AtomicBool,
    progress: Mutex<Reached>,
    journal: Mutex<Option<OwnedJournal>>,
}

#[derive(Clone, Debug, Default)]
struct Reached {
    token: Option<String>,
    resume: Option<String>,
}

impl Default for Interruption {
    fn default() -> Self {
        Self {
            sending: watch::Sender::new(false),
            stop: watch::Sender::new(false),
            stops_in_order: AtomicBool::new(false),
            cut_short: AtomicBool::new(false),
            progress: Mutex::default(),
            journal: Mutex::default(),
        }
    }
}

impl Interruption {
    /// Records how to continue from here.
    pub(crate) fn reached(&self, token: Option<String>, resume: String) {
        let mut progress = self
            .progress
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        *progress = Reached {
            token,
            resume: Some(resume),
        };
    }

    /// The token and the command of the last `reached`.
    pub(crate) fn progress(&self) -> (Option<String>, Option<String>) {
        let progress = self
            .progress
            .lock()
            .unwrap_or_else(|broken| broken.into_inner());
        (progress.token.clone(), progress.resume.clone())
    }

    /// Awaits a request that changes something. The first Ctrl-C does not cut it off: without its response, its outcome is
    /// unknown.
    pub(crate) async fn while_sending<T>(&self, request: impl Future<Output = T>) -> T {
        self.begin_sending();
        self.until_sent(request).await
    }

    /// From now on, the outcome of a request is unknown until `until_sent` ends.
    pub(crate) fn begin_sending(&self) {
        self.sending.send_replace(true);
    }

    /// Awaits work that calls `begin_sending` before it sends a request that changes something.
    pub(crate) async fn until_sent<T>(&self, work: impl Future<Output = T>) -> T {
        let result = work.await;
        self.sending.send_replace(false);
        result
    }

    /// Runs a command until it ends or a signal interrupts it. `repetition` continues if nothing was reached.
    pub(crate) async fn run<T>(
        &self,
        command: impl Future<Output = Result<T, CliError>>,
        repetition: Option<String>,
    ) -> Result<T, CliError> {
        let mut signals = StopSignals::new()
            .map_err(|why| CliError::Local(format!("cannot receive signals: {why}")))?;
        let mut command = pin!(command);
        let signal = tokio::select! {
            // First, so that a server ends by itself.
            biased;
            result = &mut command => return result,
            signal = signals.next() => signal,
        };
        if self.stops_in_order.load(Ordering::Relaxed) {
            let ended = self
                .end_in_order(command.as_mut(), &mut signals, signal)
                .await;
            // A run that was done anyway was not interrupted.
            if let Some(result) = ended
                && !self.cut_short.load(Ordering::Relaxed)
            {
                return result;
            }
        } else if *self.sending.borrow() {
            let limit = (signal != StopSignal::Interrupt).then_some(TERMINATION_LIMIT);
            self.announce_wait(signal, "response", limit);
            let mut sending = self.sending.subscribe();
            tokio::select! {
                biased;
                _ = signals.next() => {}
                result = &mut command => return result,
                _ = sending.wait_for(|sending| !sending) => {}
                () = tokio::time::sleep(TERMINATION_LIMIT), if signal != StopSignal::Interrupt => {}
            }
        }
        let (token, resume) = self.progress();
        Err(CliError::Interrupted {
            signal,
            token,
            resume: resume.or(repetition),
            sending: *self.sending.borrow(),
            unresolved: Vec::new(),
        })
    }

    /// Asks a run to stop, and waits until the requests that it has sent are answered. Returns its result, or `None` if that took too
    /// long or another signal arrived.
    async fn end_in_order<T>(
        &self,
        mut command: Pin<&mut impl Future<Output = Result<T, CliError>>>,
        signals: &mut StopSignals,
        signal: StopSignal,
    ) -> Option<Result<T, CliError>> {
        self.stop.send_replace(true);
        // A run with nothing in progress ends without a message.
        for _ in 0..STEPS_TO_END {
            let polled =
                std::future::poll_fn(|context| Poll::Ready(command.as_mut().poll(context)));
            if let Poll::Ready(result) = polled.await {
                return Some(result);
            }
            tokio::task::yield_now().await;
        }
        let limit = match signal {
            StopSignal::Interrupt => INTERRUPT_LIMIT,
            StopSignal::Terminate | StopSignal::HangUp => TERMINATION_LIMIT,
        };
        self.announce_wait(signal, "responses", Some(limit));
        tokio::select! {
            biased;
            _ = signals.next() => None,
            result = command => Some(result),
            () = tokio::time::sleep(limit) => None,
        }
    }

    /// The command stops in order from now on: after the first signal, it starts nothing more, and ends when what it has in
    /// progress has ended.
    pub(crate) fn stop_in_order(&self) {
        self.stops_in_order.store(true, Ordering::Relaxed);
    }

    /// Waits until a signal asks the run to stop.
    pub(crate) async fn stop_requested(&self) {
        // Fails only without a sender, which is `self`.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// The command has left something out, because it was asked to stop.
    pub(crate) fn cut_short(&self) {
        self.cut_short.store(true, Ordering::Relaxed);
    }

    /// Records the journal of a run that creates many, each of which can be without a response when the run is interrupted.
    pub(crate) fn creates_with(&self, journal: OwnedJournal) {
        *self
            .journal
            .lock()
            .unwrap_or_else(|broken| broken.into_inner()) = Some(journal);
    }

    /// The names of what the run was creating, after it was interrupted. Empty if the journal cannot be read in time: the command
    /// that continues reads it again.
    pub(crate) async fn unresolved(&self) -> Vec<String> {
        let journal = self
            .journal
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
            .clone();
        let Some(journal) = journal else {
            return Vec::new();
        };
        let read = tokio::time::timeout(JOURNAL_LIMIT, journal.records()).await;
        let records = read.ok().and_then(Result::ok).unwrap_or_default();
        let records = records.into_iter().filter(|record| {
            record.resource == RecordedResource::Unresolved
                && record.owner.as_deref() == Some(journal.owner())
        });
        records.filter_map(|record| record.name).collect()
    }

    /// `limit`: how long the command waits; `None` until the next signal.
    fn announce_wait(&self, signal: StopSignal, awaited: &str, limit: Option<Duration>) {
        let limit = match limit {
            Some(limit) => format!(" up to {} s", limit.as_secs()),
            None => String::new(),
        };
        if signal == StopSignal::Interrupt {
            let it = if awaited == "response" { "it" } else { "them" };
            messages::print(format!(
                "waiting{limit} for the {awaited}; press Ctrl-C again to stop without {it}"
            ));
            return;
        }
        match self.progress().1 {
            // A process that is killed can print nothing more.
            Some(resume) => messages::print(format!(
                "waiting{limit} for the {awaited}; if the process is killed before, continue with: {resume}"
            )),
            None => messages::print(format!("waiting{limit} for the {awaited}")),
        }
    }
}
