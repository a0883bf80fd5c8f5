//! Changes of the timeline of a running install, as somebody makes them by hand. Steps that have happened stay as they are.

use std::time::Duration;

use super::{Script, Step};

#[cfg(test)]
mod tests;

impl Script {
    /// Makes the next thing of the timeline happen now, which is the commit or a step, and everything after it
    /// correspondingly earlier. Returns whether anything was left to happen.
    pub(crate) fn advance(&mut self, elapsed: Duration) -> bool {
        let commit = Some(self.commit_after).filter(|commit| *commit > elapsed);
        let Some(next) = self.next_step(elapsed).into_iter().chain(commit).min() else {
            return false;
        };
        let earlier = next - elapsed;
        if commit.is_some() {
            self.commit_after -= earlier;
        }
        for after in self.future_times(elapsed) {
            *after -= earlier;
        }
        true
    }

    /// Makes everything that has not happened happen later. Returns whether anything was left to happen.
    pub(crate) fn postpone(&mut self, elapsed: Duration, by: Duration) -> bool {
        let mut postponed = false;
        if self.commit_after > elapsed {
            self.commit_after = self.commit_after.saturating_add(by);
            postponed = true;
        }
        for after in self.future_times(elapsed) {
            *after = after.saturating_add(by);
            postponed = true;
        }
        postponed
    }

    /// Ends the timeline: the channel has this status from now on, and is created if there is none.
    pub(crate) fn end_with_status(&mut self, elapsed: Duration, status: String) {
        self.commit_after = self.commit_after.min(elapsed);
        self.steps.retain(|(after, _)| *after <= elapsed);
        let step = if self.snapshot(elapsed).channel.is_some() {
            Step::Status(status)
        } else {
            Step::Channel(status)
        };
        self.add_step(elapsed, step);
    }

    fn future_times(&mut self, elapsed: Duration) -> impl Iterator<Item = &mut Duration> {
        let times = self.steps.iter_mut().map(|(after, _)| after);
        times.filter(move |after| **after > elapsed)
    }
}
