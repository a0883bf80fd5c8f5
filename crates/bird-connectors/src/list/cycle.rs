//! Finding out that page tokens go round in a circle, with one stored token (Brent's algorithm).

/// Watches the tokens of one list go by.
#[derive(Debug)]
pub(crate) struct CycleGuard {
    saved: Option<String>,
    steps: u64,
    /// How many steps until another token is saved; doubles each time, so that it outgrows any circle.
    stride: u64,
}

impl CycleGuard {
    /// `start` is the token that the first page is asked for with.
    pub(crate) fn new(start: Option<&str>) -> Self {
        Self {
            saved: start.map(str::to_owned),
            steps: 0,
            stride: 1,
        }
    }

    /// True where the token was certainly there before. A circle of any length is found after at most three times as
    /// many pages as it and the way into it have.
    pub(crate) fn closes(&mut self, token: &str) -> bool {
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
        fn every_circle_is_found_soon_and_nothing_else(tail in 0u32..200, circle in 1u32..200) {
            let token = |page: u32| if page < tail { page } else { tail + (page - tail) % circle };
            let mut guard = CycleGuard::new(None);
            // The first repetition of any token is on page tail + circle.
            let mut pages = 0..=3 * (tail + circle);
            let found = pages.find(|page| guard.closes(&token(*page).to_string()));
            prop_assert!(found.is_some_and(|page| page >= tail + circle), "{found:?}");
        }

        #[test]
        fn a_list_that_ends_is_left_alone(pages in 0u32..2000) {
            let mut guard = CycleGuard::new(Some("start"));
            prop_assert!((0..pages).all(|page| !guard.closes(&page.to_string())));
        }
    }

    #[test]
    fn a_page_that_names_itself_is_found_at_once() {
        assert!(CycleGuard::new(Some("a")).closes("a"));
    }
}
