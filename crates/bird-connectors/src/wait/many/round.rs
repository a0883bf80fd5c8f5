//! One round: what it reads, what comes of it, and how it ends.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use bird_connectors_api::types::{Channel, ConnectorId};
use futures_core::Stream;
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::driver::Driver;
use super::followed::Followed;
use super::plan::{self, CHUNK, STUCK, UNSHOWN, Way};
use crate::error::{Error, Kind};
use crate::wait::driver::read;
use crate::wait::machine::Answer;
use crate::wait::rules::Moment;
use crate::wait::schedule::LONGEST_PAUSE;
use crate::wait::source::{Listing, Lookup, SharedSource};

/// A round under way.
pub(super) struct Round {
    began: Instant,
    /// Whether it is about all, and the next one is to be scheduled.
    full: bool,
    /// Whether both kinds of list are read.
    both: bool,
    listings: usize,
    gets: u32,
    /// How many it is about.
    wanted: usize,
    failure: Option<Arc<Error>>,
}

type Pages = Pin<Box<dyn Stream<Item = Result<Vec<Channel>, Error>> + Send>>;

/// What a read has brought.
pub(super) enum Read {
    /// A page of a listing, and the pages behind it; `None` at its end.
    Page {
        listing: Arc<Listing>,
        read: usize,
        page: Option<Result<Vec<Channel>, Error>>,
        rest: Pages,
    },
    Single {
        connector: ConnectorId,
        answer: Box<Answer>,
        seen: Moment,
    },
}

impl<S: SharedSource> Driver<S> {
    /// Begins a round about all, or about these.
    pub(super) fn begin_round(&mut self, now: Instant, about: Option<BTreeSet<ConnectorId>>) {
        self.shared.count(|totals| totals.rounds += 1);
        let mut about = about;
        let is_in = |about: &Option<BTreeSet<ConnectorId>>, connector: &ConnectorId| {
            about.as_ref().is_none_or(|about| about.contains(connector))
        };
        let (mut known, mut unknown) = (Vec::new(), 0);
        for (connector, followed) in self.crowd.iter() {
            if is_in(&about, &connector) {
                match followed.machine.channel_id {
                    Some(channel) => known.push(channel),
                    None => unknown += 1,
                }
            }
        }
        let way = plan::way(known.len(), unknown, self.lists);
        if way == Way::Pages {
            // All pages show all.
            about = None;
        }
        let full = about.is_none();
        if full {
            self.named.clear();
        }
        let (mut wanted, mut over) = (0, Vec::new());
        for (connector, followed) in self.crowd.iter_mut() {
            if is_in(&about, &connector) {
                followed.begin_round();
                wanted += 1;
                let ends = followed.deadline.is_some_and(|end| end <= now);
                if ends || followed.machine.decided() {
                    over.push(connector);
                }
            }
        }
        let (kind, other) = self.kinds.next();
        let mut round = Round {
            began: now,
            full,
            both: other.is_some(),
            listings: 0,
            gets: 0,
            wanted,
            failure: None,
        };
        for kind in [Some(kind), other].into_iter().flatten() {
            match way {
                Way::Pages => self.read_pages(&mut round, Listing::All(kind)),
                Way::Chunks => {
                    for ids in known.chunks(CHUNK) {
                        self.read_pages(&mut round, Listing::Ids(kind, ids.to_vec()));
                    }
                }
                Way::None => {}
            }
        }
        self.round = Some(round);
        for connector in over {
            self.last_poll(connector, now);
            // What is known may be enough already.
            if self
                .crowd
                .get(connector)
                .is_some_and(|one| one.machine.decided())
            {
                self.judge(connector, now);
            }
        }
        self.visit(now, way);
        if self.round.as_ref().is_some_and(|round| round.listings == 0) {
            self.end_round(now);
        }
    }

    fn read_pages(&mut self, round: &mut Round, listing: Listing) {
        round.listings += 1;
        let pages: Pages = Box::pin(self.source.pages(&listing));
        self.read_page(Arc::new(listing), 0, pages);
    }

    fn read_page(&mut self, listing: Arc<Listing>, read: usize, mut pages: Pages) {
        self.reads.push(Box::pin(async move {
            let page = pages.next().await;
            Read::Page {
                listing,
                read,
                page,
                rest: pages,
            }
        }));
    }

    /// Reads one by one what lists do not show, the longest neglected first.
    fn visit(&mut self, now: Instant, way: Way) {
        let mut candidates = Vec::new();
        let mut unshown = 0;
        for (connector, followed) in self.crowd.iter() {
            if !followed.in_round {
                continue;
            }
            let alone =
                way == Way::None || (way == Way::Chunks && followed.machine.channel_id.is_none());
            let hidden = alone || followed.unshown >= UNSHOWN;
            unshown += usize::from(hidden);
            if followed.reads > 0 {
                continue;
            }
            if let Some(urgency) = self.urgency(followed, hidden, now) {
                candidates.push((urgency, followed.visited, connector));
            }
        }
        candidates.sort_unstable();
        self.budget = plan::singles(way, unshown, self.shared.totals().rounds);
        for (urgency, _, connector) in candidates {
            if self.budget == 0 {
                break;
            }
            // One that is shown is read for its readiness alone.
            let most = if urgency == Urgency::Stuck {
                1
            } else {
                self.budget
            };
            self.read_one(connector, most, now);
            if urgency == Urgency::Stuck {
                break;
            }
        }
    }

    fn urgency(&self, followed: &Followed, hidden: bool, now: Instant) -> Option<Urgency> {
        if followed.machine.is_suspicious() {
            return Some(Urgency::Suspicious);
        }
        let left_alone = followed.visited.map(|visited| now - visited);
        let waited = now - followed.joined;
        if hidden {
            let again = left_alone.is_none_or(|time| time >= self.pace.between_visits(waited));
            return again.then_some(Urgency::Hidden);
        }
        let stuck = now - followed.news >= STUCK && followed.machine.may_read_readiness();
        (stuck && left_alone.is_none_or(|time| time >= STUCK)).then_some(Urgency::Stuck)
    }

    fn read_one(&mut self, connector: ConnectorId, most: usize, now: Instant) {
        let Some(followed) = self.crowd.get_mut(connector) else {
            return;
        };
        let asks = followed.asks(most);
        followed.visited = Some(now);
        followed.reads += asks.len();
        self.budget -= asks.len();
        let joined = followed.joined;
        for ask in asks {
            let source = Arc::clone(&self.source);
            self.reads.push(Box::pin(async move {
                let (answer, seen) = read(&*source, connector, ask, joined).await;
                Read::Single {
                    connector,
                    answer: Box::new(answer),
                    seen,
                }
            }));
        }
    }

    /// Takes what a read has brought.
    pub(super) fn take(&mut self, read: Read) {
        match read {
            Read::Page {
                listing,
                read,
                page: Some(Ok(page)),
                rest,
            } => {
                self.count_get();
                self.show(&listing, page);
                self.read_page(listing, read + 1, rest);
            }
            Read::Page {
                page: Some(Err(error)),
                ..
            } => {
                self.count_get();
                self.hold_off(&error);
                if error.kind() == Kind::PermissionDenied {
                    self.lists.open = false;
                }
                if let Some(round) = &mut self.round {
                    round.failure = Some(Arc::new(error));
                }
                self.end_listing();
            }
            Read::Page {
                listing,
                read,
                page: None,
                ..
            } => {
                if matches!(*listing, Listing::All(_)) {
                    self.lists.pages = read.max(1);
                }
                self.end_listing();
            }
            Read::Single {
                connector,
                answer,
                seen,
            } => {
                self.shared.count(|totals| totals.gets += 1);
                self.take_one(connector, *answer, seen);
            }
        }
    }

    fn count_get(&mut self) {
        self.shared.count(|totals| totals.gets += 1);
        if let Some(round) = &mut self.round {
            round.gets += 1;
        }
    }

    fn show(&mut self, listing: &Listing, page: Vec<Channel>) {
        for channel in page {
            if let Listing::Ids(_, ids) = listing
                && !ids.contains(&channel.id)
            {
                // Nobody has asked for this one.
                self.lists.by_ids = false;
            }
            let connector = self
                .crowd
                .connector_of(channel.connector_id, Some(channel.id));
            if let Some(followed) = connector.and_then(|connector| self.crowd.get_mut(connector))
                && followed.in_round
            {
                followed.show(listing.kind(), channel);
            }
        }
    }

    fn take_one(&mut self, connector: ConnectorId, answer: Answer, seen: Moment) {
        if let Some(error) = answer.error() {
            self.hold_off(error);
        }
        let now = Instant::now();
        let Some(followed) = self.crowd.get_mut(connector) else {
            return;
        };
        followed.reads = followed.reads.saturating_sub(1);
        if followed.take(answer, seen, &self.span) {
            self.changed = now;
        }
        let (reads, decided) = (followed.reads, followed.machine.decided());
        if let Some(channel) = followed.machine.channel_id {
            self.crowd.name(channel, connector);
        }
        if reads == 0 && !decided && self.budget > 0 {
            // An answer may lead to another question.
            let budget = self.budget;
            self.read_one(connector, budget, now);
        }
        let idle = self
            .crowd
            .get(connector)
            .is_some_and(|one| one.reads == 0 && !one.in_round);
        if decided || idle {
            self.judge(connector, now);
        }
    }

    /// A pause that the server asks for holds for everything.
    fn hold_off(&mut self, error: &Error) {
        if let Some(pause) = error.retry_after() {
            let until = Instant::now() + pause.min(LONGEST_PAUSE);
            self.floor = self.floor.max(until);
        }
    }

    fn end_listing(&mut self) {
        if let Some(round) = &mut self.round {
            round.listings = round.listings.saturating_sub(1);
            if round.listings == 0 {
                self.end_round(Instant::now());
            }
        }
    }

    fn end_round(&mut self, now: Instant) {
        let Some(round) = self.round.take() else {
            return;
        };
        let mut shown = [0, 0];
        let mut members = Vec::new();
        for (connector, followed) in self.crowd.iter_mut().filter(|(_, one)| one.in_round) {
            for kind in [Lookup::Unfiltered, Lookup::ByStatus] {
                shown[kind as usize] += usize::from(followed.was_shown_by(kind));
            }
            let seen = Moment {
                asked: round.began.saturating_duration_since(followed.joined),
                came: now - followed.joined,
            };
            let news = followed.news;
            let channel = followed.end_round(seen, round.failure.as_ref(), &self.span);
            members.push((connector, channel, followed.news != news));
        }
        for (connector, channel, changed) in members {
            if changed {
                self.changed = now;
            }
            if let Some(channel) = channel {
                self.crowd.name(channel, connector);
            }
            self.judge(connector, now);
        }
        if round.failure.is_none() {
            self.kinds
                .note(round.wanted, |kind| shown[kind as usize], round.both);
        }
        if round.full {
            self.schedule(round.began, round.gets);
        }
    }
}

/// Why an install is read by itself; the first comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// Something that must be seen twice was seen once.
    Suspicious,
    /// No list shows it.
    Hidden,
    /// It is shown, and nothing has changed for a long time.
    Stuck,
}
