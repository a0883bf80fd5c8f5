//! What becomes of a connector over time. Pure.

use std::time::Duration;

use fastrand::Rng;

use crate::random::{between, log_normal};

/// The time between the create and each event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    /// The connector appears in the list, and can be read.
    pub(crate) listed: Duration,
    /// The channel exists, with the status `pending`.
    pub(crate) channel: Duration,
    /// The channel has its last status.
    pub(crate) decided: Duration,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Active,
    Failed,
    /// The channel stays pending.
    Never,
}

impl Timeline {
    /// The median install takes 45 s. One in a hundred fails, and one in a thousand never ends.
    pub(crate) fn draw(random: &mut Rng) -> Self {
        let listed = match random.f64() {
            share if share < 0.7 => Duration::ZERO,
            share if share < 0.95 => between(random, 0.0, 3.0),
            _ => between(random, 3.0, 15.0),
        };
        let channel = between(random, 1.0, 10.0);
        Self {
            listed,
            channel,
            decided: channel + log_normal(random, 45.0, 0.6),
            end: match random.f64() {
                share if share < 0.001 => End::Never,
                share if share < 0.011 => End::Failed,
                _ => End::Active,
            },
        }
    }

    /// The status of the channel at this age of the connector. `None` if there is no channel yet.
    pub(crate) fn status(&self, age: Duration) -> Option<&'static str> {
        if age < self.channel {
            return None;
        }
        Some(match self.end {
            _ if age < self.decided => "pending",
            End::Active => "active",
            End::Failed => "failed",
            End::Never => "pending",
        })
    }
}
