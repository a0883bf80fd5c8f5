//! How the rounds of a bulk wait find channels: which lists they read, and how many installs they read individually.
//! Pure.

use crate::wait::source::Lookup;

/// The maximum number of channel ids in one request.
pub(super) const IDS_PER_REQUEST: usize = 100;

/// The maximum number of individual reads per round.
const INDIVIDUAL_READS: usize = 5;

/// The maximum if no list can be read, and nothing is cheaper.
const INDIVIDUAL_READS_WITHOUT_LIST: usize = 30;

/// If more installs than this are unlisted, they have probably just begun, and individual reads cost more than they
/// return.
const MANY_UNLISTED: usize = 50;

/// How a round finds the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListStrategy {
    /// All pages of the channel list, 1000 channels each.
    AllPages,
    /// The list of the known channels by their ids; installs without a known channel are read individually.
    ByIds,
    /// No list can be read.
    None,
}

/// What is known about the channel list.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListAccess {
    /// Whether the access key can read it.
    open: bool,
    /// Whether the API applies the filter by ids.
    filters_by_id: bool,
    /// The number of pages of the whole list, when it was last read.
    pages: usize,
}

impl Default for ListAccess {
    fn default() -> Self {
        Self {
            open: true,
            filters_by_id: true,
            pages: 1,
        }
    }
}

impl ListAccess {
    /// The API has denied access to the list: it is not read again.
    pub(super) fn note_denied(&mut self) {
        self.open = false;
    }

    /// A list by ids has returned other channels: the filter is not used again.
    pub(super) fn note_ignored_ids(&mut self) {
        self.filters_by_id = false;
    }

    pub(super) fn note_pages(&mut self, pages: usize) {
        self.pages = pages.max(1);
    }
}

impl ListStrategy {
    /// The strategy with the fewest requests for this many installs with a known and with an unknown channel.
    pub(super) fn cheapest(known: usize, unknown: usize, lists: ListAccess) -> Self {
        // Each install with an unknown channel takes a separate request.
        let by_ids = known.div_ceil(IDS_PER_REQUEST) + unknown;
        let pages = lists.pages;
        if !lists.open {
            Self::None
        } else if !lists.filters_by_id || pages < by_ids || (pages == by_ids && unknown > 0) {
            Self::AllPages
        } else {
            Self::ByIds
        }
    }
}

/// How many individual reads the round with this number may start, given the number of unlisted installs.
pub(super) fn individual_reads(strategy: ListStrategy, unlisted: usize, round: u32) -> usize {
    match strategy {
        ListStrategy::None => INDIVIDUAL_READS_WITHOUT_LIST,
        _ if unlisted <= MANY_UNLISTED => INDIVIDUAL_READS,
        // One in every second round.
        _ => (round % 2) as usize,
    }
}

/// Which kind of list to read. It is unknown whether the API leaves channels out of a list without a status filter, and
/// a list with one leaves out undocumented statuses. So the kind that shows more installs is read, and the other kind in
/// addition from time to time, as long as an install is missing.
#[derive(Debug)]
pub(super) struct ListKinds {
    preferred: Lookup,
    /// The number of rounds until the other kind is read in addition.
    until_other: u32,
    /// The number of rounds between two such reads.
    other_every: u32,
    /// Whether the last round has shown all installs.
    complete: bool,
}

impl Default for ListKinds {
    fn default() -> Self {
        Self {
            preferred: Lookup::Unfiltered,
            until_other: 1,
            other_every: 4,
            complete: false,
        }
    }
}

impl ListKinds {
    /// The kind to read, and the other kind if that is to be read in addition.
    pub(super) fn next(&mut self) -> (Lookup, Option<Lookup>) {
        if self.complete {
            return (self.preferred, None);
        }
        if self.until_other > 0 {
            self.until_other -= 1;
            return (self.preferred, None);
        }
        (self.preferred, Some(other(self.preferred)))
    }

    /// Learns from a round: the number of installs it was about, the number that each kind has shown, and whether both
    /// kinds were read.
    pub(super) fn note(&mut self, installs: usize, shown: impl Fn(Lookup) -> usize, both: bool) {
        self.complete = shown(self.preferred) == installs;
        if both {
            let other = other(self.preferred);
            if shown(other) > shown(self.preferred) {
                (self.preferred, self.other_every) = (other, 4);
                self.complete = shown(other) == installs;
            } else {
                self.other_every = (self.other_every * 2).min(64);
            }
            self.until_other = self.other_every;
        }
    }
}

fn other(kind: Lookup) -> Lookup {
    match kind {
        Lookup::Unfiltered => Lookup::ByStatus,
        Lookup::ByStatus => Lookup::Unfiltered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cheapest_returns_the_strategy_with_the_fewest_requests() {
        let of = |known, unknown, pages| {
            let mut lists = ListAccess::default();
            lists.note_pages(pages);
            ListStrategy::cheapest(known, unknown, lists)
        };
        // One page shows all installs.
        assert_eq!(of(0, 1000, 1), ListStrategy::AllPages);
        assert_eq!(of(101, 0, 1), ListStrategy::AllPages);
        assert_eq!(of(0, 1, 1), ListStrategy::AllPages);
        // Few installs remain.
        assert_eq!(of(100, 0, 1), ListStrategy::ByIds);
        assert_eq!(of(1, 0, 1), ListStrategy::ByIds);
        assert_eq!(of(1, 1, 1), ListStrategy::AllPages);
        // The workspace has very many channels.
        assert_eq!(of(1000, 0, 50), ListStrategy::ByIds);
        assert_eq!(of(1000, 30, 50), ListStrategy::ByIds);
        assert_eq!(of(1000, 41, 50), ListStrategy::AllPages);
        let mut unfiltered = ListAccess::default();
        unfiltered.note_pages(50);
        unfiltered.note_ignored_ids();
        assert_eq!(
            ListStrategy::cheapest(1, 0, unfiltered),
            ListStrategy::AllPages
        );
        let mut denied = ListAccess::default();
        denied.note_denied();
        assert_eq!(ListStrategy::cheapest(1, 0, denied), ListStrategy::None);
    }

    #[test]
    fn individual_reads_are_few() {
        assert_eq!(individual_reads(ListStrategy::AllPages, 50, 4), 5);
        assert_eq!(individual_reads(ListStrategy::ByIds, 1, 4), 5);
        assert_eq!(individual_reads(ListStrategy::AllPages, 51, 4), 0);
        assert_eq!(individual_reads(ListStrategy::AllPages, 51, 5), 1);
        assert_eq!(individual_reads(ListStrategy::None, 1000, 4), 30);
    }

    #[test]
    fn other_kind_is_read_in_addition_while_an_install_is_missing() {
        let mut kinds = ListKinds::default();
        assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
        kinds.note(10, |_| 10, false);
        for _ in 0..10 {
            assert_eq!(kinds.next(), (Lookup::Unfiltered, None));
        }
        kinds.note(10, |_| 9, false);
        let both = (Lookup::Unfiltered, Some(Lookup::ByStatus));
        assert_eq!(kinds.next(), both);
        // It shows nothing more, so it is read less and less often.
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
        // It shows more, so it becomes the preferred kind.
        kinds.note(
            10,
            |kind| if kind == Lookup::ByStatus { 10 } else { 0 },
            true,
        );
        assert_eq!(kinds.next(), (Lookup::ByStatus, None));
    }
}
