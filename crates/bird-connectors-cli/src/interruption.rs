//! Ctrl-C: what a command has reached when it is interrupted, and how to continue.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

use tokio::sync::watch;

use crate::errors::CliError;

/// The state of a command that Ctrl-C reports.
#[derive(Debug)]
pub(crate) struct Interruption {
    /// True while the response of a request that changes something is awaited.
    sending: watch::Sender<bool>,
    progress: Mutex<Reached>,
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
            progress: Mutex::default(),
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
        self.sending.send_replace(true);
        let result = request.await;
        self.sending.send_replace(false);
        result
    }

    /// Runs a command until it ends or Ctrl-C interrupts it. `repetition` continues if nothing was reached.
    pub(crate) async fn run<T>(
        &self,
        command: impl Future<Output = Result<T, CliError>>,
        repetition: Option<String>,
    ) -> Result<T, CliError> {
        let mut command = pin!(command);
        tokio::select! {
            // First, so that a server ends by itself.
            biased;
            result = &mut command => return result,
            _ = tokio::signal::ctrl_c() => {}
        }
        if *self.sending.borrow() {
            // Polled before the message, so that no Ctrl-C after it is lost.
            let mut second = pin!(tokio::signal::ctrl_c());
            let pressed = poll_fn(|context| Poll::Ready(second.as_mut().poll(context))).await;
            anstream::eprintln!("waiting for the response; press Ctrl-C again to stop without it");
            let mut sending = self.sending.subscribe();
            if pressed.is_pending() {
                tokio::select! {
                    biased;
                    _ = second => {}
                    result = &mut command => return result,
                    _ = sending.wait_for(|sending| !sending) => {}
                }
            }
        }
        let (token, resume) = self.progress();
        Err(CliError::Interrupted {
            token,
            resume: resume.or(repetition),
            sending: *self.sending.borrow(),
        })
    }
}
