//! The verdict of a check that an earlier one explains.

use crate::facts::{Facts, Obstacle};
use crate::verdict::Verdict;

/// The verdict of a check that needs responses, if an earlier check explains why there are none.
pub(super) fn prevented(facts: &Facts) -> Option<Verdict> {
    facts.obstacle().map(prevented_by)
}

/// The verdict of a check that this obstacle prevents.
pub(super) fn prevented_by(obstacle: Obstacle) -> Verdict {
    Verdict::skipped(format!("not checked: see {}", obstacle.check()))
}
