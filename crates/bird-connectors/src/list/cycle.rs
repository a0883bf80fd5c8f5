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
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cycle_is_detected_within_three_times_its_pages(tail in 0u32..200, cycle in 1u32..200) {
            let token = |page: u32| if page < tail { page } else { tail + (page - tail) % cycle };
            let mut guard = CycleGuard::new(None);
            // The first repetition of any token is on page tail + cycle.
            let mut pages = 0..=3 * (tail + cycle);
            let found = pages.find(|page| guard.repeats(&token(*page).to_string()));
            prop_assert!(found.is_some_and(|page| page >= tail + cycle), "{found:?}");
        }

        #[test]
        fn list_without_a_cycle_is_never_reported(pages in 0u32..2000) {
            let mut guard = CycleGuard::new(Some("start"));
            prop_assert!((0..pages).all(|page| !guard.repeats(&page.to_string())));
        }
    }

    #[test]
    fn page_that_names_itself_is_detected_at_once() {
        assert!(CycleGuard::new(Some("a")).repeats("a"));
    }
}
