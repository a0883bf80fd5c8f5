//! A run depends on its scenario alone.

use super::*;
use crate::report;

fn scenario() -> Scenario {
    Scenario {
        seed: 7,
        ..Scenario::small()
    }
}

#[test]
fn runs_with_equal_seed_in_one_process_have_equal_tables() {
    let table = || {
        let figures = simulate(scenario()).unwrap();
        report::markdown(&scenario(), &figures)
    };
    let first = table();
    // The order of what happens at the same time depended on the speed of the threads.
    for _ in 0..2 {
        assert_eq!(table(), first);
    }
    let other = Scenario {
        seed: 8,
        ..scenario()
    };
    let figures = simulate(other.clone()).unwrap();
    assert_ne!(report::markdown(&other, &figures), first);
}
