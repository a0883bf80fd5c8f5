//! A process that may be killed: a future that is dropped between two polls, at one await point or another. All it had
//! open is gone with it; what it wrote down stays.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use bird_connectors::Journal;
use tokio::time::sleep;

use crate::plan::Plan;

/// Starts a process again and again, as the plan kills it; the last one lives.
pub(crate) async fn survive<T, F: Future<Output = T>>(plan: &Plan, start: impl Fn() -> F) -> T {
    for (polls, pause) in &plan.kills {
        if let Some(output) = until(*polls, start()).await {
            return output;
        }
        sleep(*pause).await;
    }
    start().await
}

/// What a future comes to, unless it takes more polls than that.
async fn until<T>(polls: u32, process: impl Future<Output = T>) -> Option<T> {
    let mut process = pin!(process);
    let mut left = polls;
    poll_fn(|context| match process.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left <= 1 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// A disk: what was appended is there for the next process.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Vec<String>>>);

impl Journal for Disk {
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
