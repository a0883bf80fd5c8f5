//! The timeline of an install: which step happens when. The state of an install is a pure function of its script and the time
//! since the create; nothing runs in the background.

use std::time::Duration;

use uuid::Uuid;

#[cfg(feature = "ui")]
mod adjust;

/// How a connector without a channel writes its `channel` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelField {
    /// The field is omitted.
    Missing,
    /// `null`.
    Null,
    /// `{}`.
    EmptyObject,
    /// `{"channelId": ""}`.
    EmptyId,
}

/// A change in the course of an install.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// The connector has no channel, or loses the one it has, and writes its `channel` field in this way.
    NoChannel(ChannelField),
    /// The connector gets a channel with this status. It replaces an earlier channel: requests for that one then get a 404.
    Channel(String),
    /// The channel gets this status. Without a channel, only the readiness endpoint reports it.
    Status(String),
    /// The readiness endpoint reports this channel status from now on, instead of the status of the channel.
    ReadinessStatus(String),
    /// The readiness endpoint reports this stage.
    Stage(String),
    /// The readiness endpoint reports this number status.
    NumberStatus(String),
    /// The connector and its channel disappear, as if they had been deleted.
    Vanish,
}

/// Fields of a channel that lists filter by. Of these, responses contain only `useCaseType`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelFilterFields {
    /// Whether the filter `conferencial=true` matches.
    pub conferencial: bool,
    /// The value that the filter `useCaseType` matches.
    pub use_case_type: Option<String>,
    /// The value that the filter `resourceOwnerId` matches.
    pub resource_owner_id: Option<String>,
    /// The value that the filter `resourceOwnerIdentifier` matches.
    pub resource_owner_identifier: Option<String>,
}

/// The timeline of one install.
///
/// ```
/// use std::time::Duration;
/// use bird_connectors_sandbox::{Script, Step};
///
/// let script = Script::standard().step(Duration::from_secs(5), Step::Status("inactive".into()));
/// let snapshot = script.snapshot(Duration::from_secs(3));
/// assert_eq!(snapshot.channel.map(|channel| channel.status), Some("active"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    commit_after: Duration,
    /// Sorted by time. Steps with the same time are in the order in which they were added.
    steps: Vec<(Duration, Step)>,
    channel_ids: Vec<Uuid>,
    readiness: Option<bool>,
    filter_fields: ChannelFilterFields,
}

/// The state of an install at one point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InstallSnapshot<'a> {
    /// Whether the connector can be read and listed.
    pub visible: bool,
    /// How the connector writes its `channel` field if it has no channel.
    pub channel_field: ChannelField,
    /// The channel, if there is one.
    pub channel: Option<ChannelSnapshot<'a>>,
    /// The channel status that the readiness endpoint reports.
    pub readiness_status: &'a str,
    /// The stage that the readiness endpoint reports.
    pub stage: &'a str,
    /// The number status that the readiness endpoint reports.
    pub number_status: &'a str,
    /// When the connector last changed, as time since the create.
    pub changed_after: Duration,
}

/// The state of a channel at one point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelSnapshot<'a> {
    /// The index of the channel among the channels of its connector: 0 for the first, 1 for its replacement.
    pub ordinal: usize,
    /// The status of the channel.
    pub status: &'a str,
    /// When the channel was created, as time since the create of the connector.
    pub created_after: Duration,
    /// When the channel last changed, as time since the create of the connector.
    pub changed_after: Duration,
}

impl Script {
    /// An install that never gets a channel. Use it as the start of a custom script.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            commit_after: Duration::ZERO,
            steps: Vec::new(),
            channel_ids: Vec::new(),
            readiness: None,
            filter_fields: ChannelFilterFields {
                conferencial: false,
                use_case_type: None,
                resource_owner_id: None,
                resource_owner_identifier: None,
            },
        }
    }

    /// An install that gets its channel after the given time and then stays `pending`. Until then, the `channel` field of the
    /// connector is missing, null, `{}` and has an empty id, for a quarter of the time each.
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

    /// An install that succeeds: like [`Script::pending`], and `active` after the second time, but never before the first.
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

    /// An install that succeeds: it gets a channel after 0.6 s, which becomes `active` after 2 s.
    #[must_use]
    pub fn standard() -> Self {
        Self::timed(Duration::from_millis(600), Duration::from_secs(2))
    }

    /// An install that succeeds as soon as it is created.
    #[must_use]
    pub fn instant() -> Self {
        Self::timed(Duration::ZERO, Duration::ZERO)
    }

    /// An install that fails: it gets a channel after 0.6 s, which gets this status after 2 s.
    #[must_use]
    pub fn failing(status: impl Into<String>) -> Self {
        let end = Duration::from_secs(2);
        Self::pending(Duration::from_millis(600))
            .step(end, Step::Stage("verifying".to_owned()))
            .step(end, Step::Status(status.into()))
    }

    /// An install that gets its channel immediately. The channel has the first status at first and gets the next one at each
    /// `interval`.
    #[must_use]
    pub fn statuses<S: Into<String>>(
        interval: Duration,
        statuses: impl IntoIterator<Item = S>,
    ) -> Self {
        let mut script = Self::never();
        let mut at = Duration::ZERO;
        for status in statuses {
            let step = if script.steps.is_empty() {
                Step::Channel(status.into())
            } else {
                Step::Status(status.into())
            };
            script.add_step(at, step);
            at = at.saturating_add(interval);
        }
        script
    }

    /// Adds a step at this time after the create. Steps with the same time happen in the order in which they are added.
    #[must_use]
    pub fn step(mut self, after: Duration, step: Step) -> Self {
        self.add_step(after, step);
        self
    }

    /// Makes the commit slow: the create is answered immediately, but the connector can be read and listed only after this
    /// time.
    #[must_use]
    pub const fn commit_after(mut self, after: Duration) -> Self {
        self.commit_after = after;
        self
    }

    /// Sets the ids of the connector's channels, in order. The ids of further channels are derived from the connector's id.
    #[must_use]
    pub fn channel_ids(mut self, ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.channel_ids = ids.into_iter().collect();
        self
    }

    /// Sets whether this connector has a readiness endpoint. It overrides
    /// [`Behavior::readiness`](crate::behavior::Behavior::readiness).
    #[must_use]
    pub const fn readiness(mut self, present: bool) -> Self {
        self.readiness = Some(present);
        self
    }

    /// Sets the fields of the channel that lists filter by but responses do not contain.
    #[must_use]
    pub fn filter_fields(mut self, fields: ChannelFilterFields) -> Self {
        self.filter_fields = fields;
        self
    }

    /// Multiplies every time by this factor. A time that would be negative or too large becomes zero.
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

    /// The state of the install at this time after the create.
    #[must_use]
    pub fn snapshot(&self, elapsed: Duration) -> InstallSnapshot<'_> {
        let mut snapshot = InstallSnapshot {
            visible: elapsed >= self.commit_after,
            channel_field: ChannelField::Missing,
            channel: None,
            readiness_status: "pending",
            stage: "accepted",
            number_status: "pending",
            changed_after: Duration::ZERO,
        };
        let mut readiness_override = None;
        let mut ordinal = 0;
        let mut vanished = false;
        for (after, step) in self.steps.iter().take_while(|(after, _)| *after <= elapsed) {
            let after = *after;
            match step {
                Step::NoChannel(field) => {
                    (snapshot.channel_field, snapshot.channel) = (*field, None);
                    snapshot.changed_after = after;
                }
                Step::Channel(status) => {
                    snapshot.channel = Some(ChannelSnapshot {
                        ordinal,
                        status,
                        created_after: after,
                        changed_after: after,
                    });
                    ordinal += 1;
                    snapshot.readiness_status = status;
                    snapshot.changed_after = after;
                }
                Step::Status(status) => {
                    if let Some(channel) = &mut snapshot.channel
                        && channel.status != status
                    {
                        (channel.status, channel.changed_after) = (status, after);
                    }
                    snapshot.readiness_status = status;
                }
                Step::ReadinessStatus(status) => readiness_override = Some(status.as_str()),
                Step::Stage(stage) => snapshot.stage = stage,
                Step::NumberStatus(status) => snapshot.number_status = status,
                Step::Vanish => vanished = true,
            }
        }
        if let Some(status) = readiness_override {
            snapshot.readiness_status = status;
        }
        if vanished {
            (snapshot.visible, snapshot.channel) = (false, None);
        }
        snapshot
    }

    /// The changes of the channel until this time: a snapshot for each channel that was created and each change of its status.
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

    pub(crate) fn add_step(&mut self, after: Duration, step: Step) {
        let index = self.steps.partition_point(|(time, _)| *time <= after);
        self.steps.insert(index, (after, step));
    }

    /// The time of the next step after this time.
    pub(crate) fn next_step(&self, elapsed: Duration) -> Option<Duration> {
        let next = self.steps.partition_point(|(after, _)| *after <= elapsed);
        self.steps.get(next).map(|(after, _)| *after)
    }

    pub(crate) fn has_vanished(&self, elapsed: Duration) -> bool {
        self.steps
            .iter()
            .any(|(after, step)| *after <= elapsed && *step == Step::Vanish)
    }

    /// The ids of all channels that this script gives to a connector, in order.
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

    pub(crate) const fn commit_time(&self) -> Duration {
        self.commit_after
    }

    pub(crate) fn steps(&self) -> &[(Duration, Step)] {
        &self.steps
    }

    /// The ids of [`Script::channel_ids`].
    pub(crate) fn chosen_channel_ids(&self) -> &[Uuid] {
        &self.channel_ids
    }

    /// The script of an install that started this much earlier: what has happened by then happens at once.
    #[must_use]
    pub(crate) fn started_earlier(mut self, by: Duration) -> Self {
        self.commit_after = self.commit_after.saturating_sub(by);
        for (after, _) in &mut self.steps {
            *after = after.saturating_sub(by);
        }
        self
    }

    pub(crate) const fn readiness_override(&self) -> Option<bool> {
        self.readiness
    }

    pub(crate) const fn channel_filter_fields(&self) -> &ChannelFilterFields {
        &self.filter_fields
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::standard()
    }
}
