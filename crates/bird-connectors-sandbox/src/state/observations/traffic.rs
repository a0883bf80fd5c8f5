//! How many requests arrived in each of the last seconds, by the classes that the rate limits of the API distinguish.

use std::collections::VecDeque;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// How many seconds are kept.
pub(crate) const SECONDS: u64 = 60;

#[derive(Default)]
pub(crate) struct Traffic {
    /// By second since the start, in order; only seconds with requests.
    seconds: VecDeque<Second>,
}

/// The requests of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Second {
    pub(crate) second: u64,
    pub(crate) get: u32,
    pub(crate) post: u32,
    pub(crate) other: u32,
}

impl Traffic {
    pub(crate) fn count(&mut self, method: &str, real_time: Duration) {
        let second = real_time.as_secs();
        if self.seconds.back().is_none_or(|last| last.second < second) {
            let first = second.saturating_sub(SECONDS - 1);
            self.seconds.retain(|known| known.second >= first);
            self.seconds.push_back(Second {
                second,
                ..Second::default()
            });
        }
        if let Some(last) = self.seconds.back_mut() {
            match method {
                "GET" => last.get += 1,
                "POST" => last.post += 1,
                _ => last.other += 1,
            }
        }
    }

    /// The last minute, one item for each second, ending with the second that was completed last.
    pub(crate) fn last_minute(&self, real_time: Duration) -> Vec<Second> {
        let end = real_time.as_secs();
        let start = end.saturating_sub(SECONDS);
        let count = |second| {
            let mut seconds = self.seconds.iter().copied();
            let found = seconds.find(|known| known.second == second);
            found.unwrap_or(Second {
                second,
                ..Second::default()
            })
        };
        (start..end).map(count).collect()
    }
}
