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
