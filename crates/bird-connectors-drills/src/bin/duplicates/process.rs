//! A simulated process that can be killed: a future that is dropped between two polls, so at any await point. Its memory is
//! lost; what it appended to the journal remains.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use bird_connectors::install::Journal;
use tokio::time::sleep;

use crate::plan::Plan;

/// Starts one process after the other and kills each as planned. The last one runs to its end.
pub(crate) async fn run_with_kills<T, F: Future<Output = T>>(
    plan: &Plan,
    start: impl Fn() -> F,
) -> T {
    for (polls, pause) in &plan.kills {
        if let Some(output) = poll_at_most(*polls, start()).await {
            return output;
        }
        sleep(*pause).await;
    }
    start().await
}

/// Returns the output of a future, or drops it after that many polls and returns `None`.
async fn poll_at_most<T>(polls: u32, process: impl Future<Output = T>) -> Option<T> {
    let mut process = pin!(process);
    let mut remaining = polls;
    poll_fn(|context| match process.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if remaining <= 1 => Poll::Ready(None),
        Poll::Pending => {
            remaining -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A journal that the simulated processes share, as they would share a file.
#[derive(Clone, Default)]
pub(crate) struct MemoryJournal(Arc<Mutex<Vec<String>>>);

impl Journal for MemoryJournal {
    fn lines(&self) -> io::Result<Vec<String>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn append(&self, line: &str) -> io::Result<()> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line.to_owned());
        Ok(())
    }
}
