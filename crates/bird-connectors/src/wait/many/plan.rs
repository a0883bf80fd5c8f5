//! What a round reads and when the next one is due: pure decisions, with the dice thrown by the caller.

use std::time::Duration;

use crate::error::Error;
use crate::wait::source::Lookup;

/// How many channel ids one request may name.
pub(super) const CHUNK: usize = 100;

/// How many single reads a round may make, where a list can be read.
const SINGLES: usize = 5;

/// How many, where no list can be read and there is no cheaper way.
const SINGLES_ALONE: usize = 30;

/// More installs than this that no list shows are installs that have only begun: looking into each would cost more than
/// it tells.
const MANY: usize = 50;

/// How many rounds may fail to show an install before it is read by itself.
pub(super) const UNSHOWN: u32 = 3;

/// An install that is shown, and shown unchanged for this long, has its readiness read now and then: an install can fail
/// by its number alone.
pub(super) const STUCK: Duration = Duration::from_secs(60);

/// What a request costs in time: a wait for many takes at most 20 of them a second, half of what the API allows.
const PER_GET: Duration = Duration::from_millis(50);

/// How the channels of a round are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// All pages of the channel list, 1000 channels each.
    Pages,
    /// The channels that are known, by their ids; those that are not are looked for one by one.
    Chunks,
    /// No list can be read.
    None,
}

/// What is known of the lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lists {
    /// Whether the access key may read them.
    pub(super) open: bool,
    /// Whether the API has honoured the filter by ids, as far as is known.
    pub(super) by_ids: bool,
    /// How many pages the last reading of all had.
    pub(super) pages: usize,
}

/// The cheapest way to see this many installs whose channel is known, and this many whose channel is not.
pub(super) fn way(known: usize, unknown: usize, lists: Lists) -> Way {
    // One by one, each of those whose channel is not known takes a request.
    let (chunks, pages) = (known.div_ceil(CHUNK) + unknown, lists.pages);
    if !lists.open {
        Way::None
    } else if !lists.by_ids || pages < chunks || (pages == chunks && unknown > 0) {
        Way::Pages
    } else {
        Way::Chunks
    }
}

/// How many single reads the round with this number may make for this many installs that no list shows.
pub(super) fn singles(way: Way, unshown: usize, round: u32) -> usize {
    match way {
        Way::None => SINGLES_ALONE,
        _ if unshown <= MANY => SINGLES,
        // One in every other round.
        _ => (round % 2) as usize,
    }
}

/// Which kind of list to read. Whether one without a status filter leaves channels out is not known, and one with a
/// filter leaves out what is not documented: the kind that shows more is read, and the other one beside it now and
/// then, as long as something is not shown.
#[derive(Debug)]
pub(super) struct Kinds {
    read: Lookup,
    /// Rounds until the other kind is read, too.
    until_other: u32,
    /// How many there are from one time to the next.
    every: u32,
    complete: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self {
            read: Lookup::Unfiltered,
            until_other: 1,
            every: 4,
            complete: false,
        }
    }
}

impl Kinds {
    /// The kind to read, and the other one where that is to be read beside it.
    pub(super) fn next(&mut self) -> (Lookup, Option<Lookup>) {
        if self.complete {
            return (self.read, None);
        }
        if self.until_other > 0 {
            self.until_other -= 1;
            return (self.read, None);
        }
        (self.read, Some(other(self.read)))
    }

    /// What a round has shown: how many installs were looked for, how many each kind has shown, and whether both were
    /// read.
    pub(super) fn note(&mut self, wanted: usize, shown: impl Fn(Lookup) -> usize, both: bool) {
        self.complete = shown(self.read) == wanted;
        if both {
            let other = other(self.read);
            if shown(other) > shown(self.read) {
                (self.read, self.every) = (other, 4);
                self.complete = shown(other) == wanted;
            } else {
                self.every = (self.every * 2).min(64);
            }
            self.until_other = self.every;
        }
    }
}

fn other(kind: Lookup) -> Lookup {
    match kind {
        Lookup::Unfiltered => Lookup::ByStatus,
        Lookup::ByStatus => Lookup::Unfiltered,
    }
}

/// When rounds are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    first: Duration,
    longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(1800),
            longest: Duration::from_secs(10),
        }
    }
}

impl Pace {
    pub(super) fn new(first: Duration, longest: Duration) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::invalid_input("wait for installs", why));
        if first < Duration::from_millis(10) {
            return refuse(
                "the first interval is below 10 ms, which would only run into the rate limit",
            );
        }
        if longest < first {
            return refuse("the longest interval is shorter than the first");
        }
        Ok(Self { first, longest })
    }

    /// The shortest time from the end of a round to the next, and how far apart two sights of the same must be to count
    /// as two.
    pub(super) fn rest(&self) -> Duration {
        self.first / 2
    }

    /// How often events may cause a round.
    pub(super) fn first(&self) -> Duration {
        self.first
    }

    /// How long after the beginning of a round the next one begins, where the last change was so long ago and the round
    /// took so many requests: the first interval while things change, and a twentieth of the time since they last did.
    /// A tenth is left to the dice, a number from 0 to 1, so that processes that began together drift apart.
    pub(super) fn pause(&self, unchanged: Duration, gets: u32, dice: f64) -> Duration {
        let pause = (unchanged / 20).clamp(self.first, self.longest);
        let pause = pause - (pause / 10).mul_f64(1.0 - dice);
        pause.max(PER_GET.saturating_mul(gets))
    }

    /// How long an install that was read by itself is left alone, by how long it has been waited for.
    pub(super) fn between_visits(&self, waited: Duration) -> Duration {
        (waited / 10).clamp(self.first / 2, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LISTS: Lists = Lists {
        open: true,
        by_ids: true,
        pages: 1,
    };

    #[test]
    fn the_cheapest_way_is_taken() {
        let of = |known, unknown, pages| way(known, unknown, Lists { pages, ..LISTS });
        // One page shows all.
        assert_eq!(of(0, 1000, 1), Way::Pages);
        assert_eq!(of(101, 0, 1), Way::Pages);
        assert_eq!(of(0, 1, 1), Way::Pages);
        // Few are left.
        assert_eq!(of(100, 0, 1), Way::Chunks);
        assert_eq!(of(1, 0, 1), Way::Chunks);
        assert_eq!(of(1, 1, 1), Way::Pages);
        // The workspace is huge.
        assert_eq!(of(1000, 0, 50), Way::Chunks);
        assert_eq!(of(1000, 30, 50), Way::Chunks);
        assert_eq!(of(1000, 41, 50), Way::Pages);
        let deaf = Lists {
            by_ids: false,
            pages: 50,
            ..LISTS
        };
        assert_eq!(way(1, 0, deaf), Way::Pages);
        let closed = Lists {
            open: false,
            ..LISTS
        };
        assert_eq!(way(1, 0, closed), Way::None);
    }

    #[test]
    fn single_reads_are_few() {
        assert_eq!(singles(Way::Pages, 50, 4), 5);
        assert_eq!(singles(Way::Chunks, 1, 4), 5);
        assert_eq!(singles(Way::Pages, 51, 4), 0);
        assert_eq!(singles(Way::Pages, 51, 5), 1);
        assert_eq!(singles(Way::None, 1000, 4), 30);
    }

    #[test]
    fn the_other_kind_is_read_beside_the_first_where_something_is_not_shown() {
        let mut kinds = Kinds::default();
        assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
        kinds.note(10, |_| 10, false);
        for _ in 0..10 {
            assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
        }
        kinds.note(10, |_| 9, false);
        let both = (Lookup::Unfiltered, Some(Lookup::ByStatus));
        assert_eq!(kinds.next(), both);
        // It shows no more: less and less often.
        let mut gaps = Vec::new();
        for _ in 0..4 {
            kinds.note(10, |_| 9, true);
            let mut gap = 0;
            while kinds.next() != both {
                gap += 1;
            }
            gaps.push(gap);
        }
        assert_eq!(gaps, [8, 16, 32, 64]);
        // It shows more: it is the one to read.
        kinds.note(
            10,
            |kind| if kind == Lookup::ByStatus { 10 } else { 0 },
            true,
        );
        assert_eq!(kinds.next(), (Lookup::ByStatus, None));
    }

    #[test]
    fn rounds_slow_down_where_nothing_changes() {
        let pace = Pace::default();
        let pause = |seconds: u64| pace.pause(Duration::from_secs(seconds), 1, 1.0).as_millis();
        assert_eq!(
            [0, 30, 36, 60, 200, 999].map(pause),
            [1800, 1800, 1800, 3000, 10_000, 10_000]
        );
        assert_eq!(pace.pause(Duration::ZERO, 1, 0.0).as_millis(), 1620);
        // A round of many requests has its price.
        assert_eq!(pace.pause(Duration::ZERO, 100, 1.0).as_millis(), 5000);
    }

    #[test]
    fn useless_intervals_are_refused() {
        let second = Duration::from_secs(1);
        let refused = |first, longest| Pace::new(first, longest).unwrap_err().to_string();
        assert!(refused(Duration::from_millis(9), second).contains("below 10 ms"));
        assert!(refused(second, second / 2).contains("shorter than the first"));
        assert!(Pace::new(second, second).is_ok());
    }

    proptest! {
        #[test]
        fn a_pause_is_never_out_of_bounds(
            first in 10_u64..u64::MAX,
            more in any::<u64>(),
            unchanged in any::<u64>(),
            gets in any::<u32>(),
            dice in 0.0_f64..1.0,
        ) {
            let first = Duration::from_millis(first);
            let longest = first.saturating_add(Duration::from_millis(more));
            let pace = Pace::new(first, longest).unwrap();
            let pause = pace.pause(Duration::from_millis(unchanged), gets, dice);
            prop_assert!(pause >= first - first / 10 && pause <= longest.max(PER_GET.saturating_mul(gets)));
        }
    }
}
