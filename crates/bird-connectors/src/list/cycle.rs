//! Detects cycles of page tokens with one stored token (Brent's algorithm).

/// Receives the page tokens of one list, in order.
#[derive(Debug)]
pub(crate) struct CycleGuard {
    saved: Option<String>,
    steps: u64,
    /// The number of steps until another token is saved. It doubles each time, so that it exceeds the length of any cycle.
    stride: u64,
}

impl CycleGuard {
    /// `start` is the token that the first page is requested with.
    pub(crate) fn new(start: Option<&str>) -> Self {
        Self {
            saved: start.map(str::to_owned),
            steps: 0,
            stride: 1,
        }
    }

    /// Whether this token was received before. Never true by mistake. A cycle is detected after at most three times as
    /// many pages as the cycle and the pages before it have.
    pub(crate) fn repeats(&mut self, token: &str) -> bool {
        if self.saved.as_deref() == Some(token) {
            return true;
        }
        self.steps += 1;
        if self.steps >= self.stride {
            self.saved = Some(token.to_owned());
            self.steps = 0;
            self.stride = self.stride.saturating_mul(2);
        }
        false
    }
}

#[cfg(test)]
mod tests;
