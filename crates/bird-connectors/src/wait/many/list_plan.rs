//! How the rounds of a bulk wait find channels: which lists they read, and how many installs they read individually.
//! Pure.

use crate::wait::source::Lookup;

/// The maximum number of channel ids in one request.
pub(super) const IDS_PER_REQUEST: usize = 100;

/// The maximum number of individual reads per round.
const INDIVIDUAL_READS: usize = 5;

/// The maximum if no list can be read, so that there is no cheaper way.
const INDIVIDUAL_READS_WITHOUT_LIST: usize = 30;

/// If more installs than this are unlisted, they have probably just started, and individual reads would rarely find a
/// channel.
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

/// The properties of the channel list that earlier rounds have found.
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
    /// `needs_pages` says that an unknown channel can only be found in the pages.
    pub(super) fn cheapest(
        known: usize,
        unknown: usize,
        needs_pages: bool,
        lists: ListAccess,
    ) -> Self {
        // Each install with an unknown channel takes a separate request.
        let by_ids = known.div_ceil(IDS_PER_REQUEST) + unknown;
        let pages = lists.pages;
        if !lists.open {
            Self::None
        } else if needs_pages
            || !lists.filters_by_id
            || pages < by_ids
            || (pages == by_ids && unknown > 0)
        {
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

/// Which kind of list to read. It is unknown whether the API omits channels from a list without a status filter, and a
/// list with a status filter omits undocumented statuses. So the kind that shows more installs is read, and the other kind in
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

    /// Updates the plan from a round: the number of installs it was about, the number that each kind has shown, and whether both
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
mod tests;
