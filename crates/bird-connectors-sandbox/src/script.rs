//! The timeline of an install: which step comes when, and what is true at any moment. What is true is a pure function of
//! the script and the time since the create; nothing runs in the background.

use std::time::Duration;

use uuid::Uuid;

/// How a connector without a channel writes its `channel` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelField {
    /// The field is left out.
    Missing,
    /// `null`.
    Null,
    /// `{}`.
    EmptyObject,
    /// `{"channelId": ""}`.
    EmptyId,
}

/// Something that happens in the course of an install.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The connector has no channel, or none any more, and writes its `channel` field this way.
    NoChannel(ChannelField),
    /// A channel comes into being with this status. A channel that was there before is gone: its id answers 404, and the
    /// connector shows the new one.
    Channel(String),
    /// The channel's status becomes this word. Where there is no channel, only readiness tells it.
    Status(String),
    /// The channel status that readiness tells becomes this word; until then it tells the channel's own.
    ReadinessStatus(String),
    /// The stage that readiness tells becomes this word.
    Stage(String),
    /// The number status that readiness tells becomes this word.
    NumberStatus(String),
    /// The connector and its channel are gone, as if someone had deleted them.
    Vanish,
}

/// Facts about a channel that lists filter by but do not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelFilterFields {
    /// What `conferencial=true` asks for.
    pub conferencial: bool,
    /// What `useCaseType` is compared with.
    pub use_case_type: Option<String>,
    /// What `resourceOwnerId` is compared with.
    pub resource_owner_id: Option<String>,
    /// What `resourceOwnerIdentifier` is compared with.
    pub resource_owner_identifier: Option<String>,
}

/// The timeline of one install.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors_sandbox::{Script, Step};
///
/// let script = Script::standard().step(Duration::from_secs(5), Step::Status("inactive".into()));
/// let seen = script.snapshot(Duration::from_secs(3));
/// assert_eq!(seen.channel.map(|channel| channel.status), Some("active"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    commit_after: Duration,
    /// Sorted by time; steps of the same time in the order in which they were added.
    steps: Vec<(Duration, Step)>,
    channel_ids: Vec<Uuid>,
    readiness: Option<bool>,
    traits: ChannelFilterFields,
}

/// What is true of an install at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallSnapshot<'a> {
    /// Whether the connector can be read and listed.
    pub visible: bool,
    /// How the connector writes its `channel` field when it has none.
    pub channel_field: ChannelField,
    /// The channel, once there is one.
    pub channel: Option<ChannelSnapshot<'a>>,
    /// What readiness tells as the channel's status.
    pub readiness_status: &'a str,
    /// What readiness tells as the stage.
    pub stage: &'a str,
    /// What readiness tells as the number's status.
    pub number_status: &'a str,
    /// When the connector last changed, counted from the create.
    pub changed_after: Duration,
}

/// What is true of a channel at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelSnapshot<'a> {
    /// Which channel of this connector it is: the first is 0, a replacement 1.
    pub ordinal: usize,
    /// Its status.
    pub status: &'a str,
    /// When it came into being, counted from the create.
    pub created_after: Duration,
    /// When it last changed, counted from the create.
    pub changed_after: Duration,
}

impl Script {
    /// An install that never gets a channel: a start for scripts of one's own.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            commit_after: Duration::ZERO,
            steps: Vec::new(),
            channel_ids: Vec::new(),
            readiness: None,
            traits: ChannelFilterFields {
                conferencial: false,
                use_case_type: None,
                resource_owner_id: None,
                resource_owner_identifier: None,
            },
        }
    }

    /// An install that gets its channel after the given time and then stays `pending`. On the way, the connector's `channel`
    /// field is missing, null, `{}` and has an empty id, for a quarter of the time each.
    #[must_use]
    pub fn pending(channel_after: Duration) -> Self {
        let quarter = channel_after / 4;
        Self::never()
            .step(Duration::ZERO, Step::NoChannel(ChannelField::Missing))
            .step(Duration::ZERO, Step::Stage("accepted".to_owned()))
            .step(quarter, Step::NoChannel(ChannelField::Null))
            .step(quarter * 2, Step::NoChannel(ChannelField::EmptyObject))
            .step(quarter * 3, Step::NoChannel(ChannelField::EmptyId))
            .step(channel_after, Step::Channel("pending".to_owned()))
            .step(channel_after, Step::Stage("provisioning".to_owned()))
    }

    /// An install that succeeds: like [`Script::pending`], and `active` after the second time (never before the first).
    #[must_use]
    pub fn timed(channel_after: Duration, active_after: Duration) -> Self {
        let active_after = active_after.max(channel_after);
        Self::pending(channel_after)
            .step(
                channel_after + (active_after - channel_after) / 2,
                Step::Stage("verifying".to_owned()),
            )
            .step(active_after, Step::Stage("ready".to_owned()))
            .step(active_after, Step::NumberStatus("active".to_owned()))
            .step(active_after, Step::Status("active".to_owned()))
    }

    /// An install that succeeds: a channel after 0.6 s, `active` after 2 s.
    #[must_use]
    pub fn standard() -> Self {
        Self::timed(Duration::from_millis(600), Duration::from_secs(2))
    }

    /// An install that has succeeded as soon as it is created.
    #[must_use]
    pub fn instant() -> Self {
        Self::timed(Duration::ZERO, Duration::ZERO)
    }

    /// An install that fails: a channel after 0.6 s, whose status is this word after 2 s.
    #[must_use]
    pub fn failing(word: impl Into<String>) -> Self {
        let end = Duration::from_secs(2);
        Self::pending(Duration::from_millis(600))
            .step(end, Step::Stage("verifying".to_owned()))
            .step(end, Step::Status(word.into()))
    }

    /// An install whose channel is there at once and takes these statuses, one each `every`.
    #[must_use]
    pub fn statuses<W: Into<String>>(every: Duration, words: impl IntoIterator<Item = W>) -> Self {
        let mut script = Self::never();
        let mut at = Duration::ZERO;
        for word in words {
            let step = if script.steps.is_empty() {
                Step::Channel(word.into())
            } else {
                Step::Status(word.into())
            };
            script.add(at, step);
            at = at.saturating_add(every);
        }
        script
    }

    /// Adds a step at a time counted from the create. Steps of the same time happen in the order in which they are added.
    #[must_use]
    pub fn step(mut self, after: Duration, step: Step) -> Self {
        self.add(after, step);
        self
    }

    /// Lets the create answer at once, and the connector be found and listed only after this time.
    #[must_use]
    pub const fn commit_after(mut self, after: Duration) -> Self {
        self.commit_after = after;
        self
    }

    /// Fixes the ids of the connector's channels, in order; where there is none, the id is derived from the connector's.
    #[must_use]
    pub fn channel_ids(mut self, ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.channel_ids = ids.into_iter().collect();
        self
    }

    /// Says whether this connector has a readiness endpoint, whatever the reading says.
    #[must_use]
    pub const fn readiness(mut self, present: bool) -> Self {
        self.readiness = Some(present);
        self
    }

    /// Sets what lists of channels filter by but do not show.
    #[must_use]
    pub fn filter_fields(mut self, traits: ChannelFilterFields) -> Self {
        self.traits = traits;
        self
    }

    /// The same script, slower: every time is multiplied by this factor. A time that comes out negative or too large is zero.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Self {
        let scale = |time: Duration| {
            Duration::try_from_secs_f64(time.as_secs_f64() * factor).unwrap_or_default()
        };
        self.commit_after = scale(self.commit_after);
        for (after, _) in &mut self.steps {
            *after = scale(*after);
        }
        self
    }

    /// What is true at this time after the create.
    #[must_use]
    pub fn snapshot(&self, elapsed: Duration) -> InstallSnapshot<'_> {
        let mut seen = InstallSnapshot {
            visible: elapsed >= self.commit_after,
            channel_field: ChannelField::Missing,
            channel: None,
            readiness_status: "pending",
            stage: "accepted",
            number_status: "pending",
            changed_after: Duration::ZERO,
        };
        let mut fixed_readiness = None;
        let mut ordinal = 0;
        let mut vanished = false;
        for (after, step) in self.steps.iter().take_while(|(after, _)| *after <= elapsed) {
            let after = *after;
            match step {
                Step::NoChannel(field) => {
                    (seen.channel_field, seen.channel) = (*field, None);
                    seen.changed_after = after;
                }
                Step::Channel(status) => {
                    seen.channel = Some(ChannelSnapshot {
                        ordinal,
                        status,
                        created_after: after,
                        changed_after: after,
                    });
                    ordinal += 1;
                    seen.readiness_status = status;
                    seen.changed_after = after;
                }
                Step::Status(status) => {
                    if let Some(channel) = &mut seen.channel
                        && channel.status != status
                    {
                        (channel.status, channel.changed_after) = (status, after);
                    }
                    seen.readiness_status = status;
                }
                Step::ReadinessStatus(word) => fixed_readiness = Some(word.as_str()),
                Step::Stage(word) => seen.stage = word,
                Step::NumberStatus(word) => seen.number_status = word,
                Step::Vanish => vanished = true,
            }
        }
        if let Some(word) = fixed_readiness {
            seen.readiness_status = word;
        }
        if vanished {
            (seen.visible, seen.channel) = (false, None);
        }
        seen
    }

    /// The changes of the channel until this time: each snapshot in which it came into being or changed its status.
    pub(crate) fn channel_changes(
        &self,
        elapsed: Duration,
    ) -> impl Iterator<Item = ChannelSnapshot<'_>> {
        let mut last = None;
        let mut times: Vec<_> = self
            .steps
            .iter()
            .map(|(after, _)| *after)
            .take_while(|after| *after <= elapsed)
            .collect();
        times.dedup();
        times.into_iter().filter_map(move |after| {
            let now = self.snapshot(after).channel;
            let changed = now != last;
            last = now;
            if changed { now } else { None }
        })
    }

    pub(crate) fn add(&mut self, after: Duration, step: Step) {
        let index = self.steps.partition_point(|(time, _)| *time <= after);
        self.steps.insert(index, (after, step));
    }

    /// When the next step happens.
    pub(crate) fn next_step(&self, elapsed: Duration) -> Option<Duration> {
        let next = self.steps.partition_point(|(after, _)| *after <= elapsed);
        self.steps.get(next).map(|(after, _)| *after)
    }

    pub(crate) fn has_vanished(&self, elapsed: Duration) -> bool {
        self.steps
            .iter()
            .any(|(after, step)| *after <= elapsed && *step == Step::Vanish)
    }

    /// The ids of all channels this script gives a connector, by their ordinal.
    pub(crate) fn channel_ids_for(&self, connector: Uuid) -> Vec<Uuid> {
        let channels = self
            .steps
            .iter()
            .filter(|(_, step)| matches!(step, Step::Channel(_)));
        let derived = |ordinal| Uuid::new_v5(&connector, format!("channel {ordinal}").as_bytes());
        let id = |(ordinal, _)| {
            self.channel_ids
                .get(ordinal)
                .copied()
                .unwrap_or_else(|| derived(ordinal))
        };
        channels.enumerate().map(id).collect()
    }

    pub(crate) const fn has_readiness(&self) -> Option<bool> {
        self.readiness
    }

    pub(crate) const fn hidden_traits(&self) -> &ChannelFilterFields {
        &self.traits
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::standard()
    }
}
