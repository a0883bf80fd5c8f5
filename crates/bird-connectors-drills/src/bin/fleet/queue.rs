//! The queue of batches, as message brokers with a visibility time work: a batch that is taken becomes invisible, and is delivered
//! again if its worker neither completes it nor reports in time that it is alive. A batch can be delivered to two workers from
//! the beginning. Pure: the caller passes the time.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::time::Instant;

use crate::scenario::VISIBILITY;

/// One delivery of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Delivery {
    message: usize,
    /// Counts the deliveries of the message.
    number: u32,
    pub(crate) workspace: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Delivery>,
    /// The last delivery of each message that is being processed, and when it becomes visible again.
    invisible: BTreeMap<usize, (Delivery, Instant)>,
    /// The messages of each workspace that are not complete.
    open: HashMap<u32, u32>,
    pub(crate) redeliveries: u64,
}

impl Queue {
    /// A queue with these workspaces. A workspace that is listed twice in succession is delivered to two workers.
    pub(crate) fn new(workspaces: impl IntoIterator<Item = u32>) -> Self {
        let mut queue = Self::default();
        for (message, workspace) in workspaces.into_iter().enumerate() {
            *queue.open.entry(workspace).or_default() += 1;
            queue.waiting.push_back(Delivery {
                message,
                number: 0,
                workspace,
            });
        }
        queue
    }

    /// The next batch, if one is visible.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Delivery> {
        let mut invisible = self.invisible.values();
        let visible = invisible.find(|(_, until)| *until <= now);
        let delivery = match visible {
            Some((delivery, _)) => {
                self.redeliveries += 1;
                Delivery {
                    number: delivery.number + 1,
                    ..*delivery
                }
            }
            None => self.waiting.pop_front()?,
        };
        self.invisible
            .insert(delivery.message, (delivery, now + VISIBILITY));
        Some(delivery)
    }

    /// The worker of the delivery is alive.
    pub(crate) fn extend(&mut self, delivery: Delivery, now: Instant) {
        if let Some((last, until)) = self.invisible.get_mut(&delivery.message)
            && *last == delivery
        {
            *until = now + VISIBILITY;
        }
    }

    /// Removes the batch. Returns whether it was the last one of its workspace.
    pub(crate) fn complete(&mut self, delivery: Delivery) -> bool {
        if self.invisible.remove(&delivery.message).is_none() {
            return false;
        }
        let Some(open) = self.open.get_mut(&delivery.workspace) else {
            return false;
        };
        *open -= 1;
        let is_last = *open == 0;
        if is_last {
            self.open.remove(&delivery.workspace);
        }
        is_last
    }

    /// Whether all batches are complete.
    pub(crate) fn is_complete(&self) -> bool {
        self.open.is_empty()
    }
}

#[cfg(test)]
mod tests;
