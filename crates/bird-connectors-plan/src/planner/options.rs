//! The options of a plan.

/// What a plan contains in addition to creates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Delete what the project owns and the files do not describe any more. Default: false.
    pub prune: bool,
    /// Connectors that are deleted and created again if they differ: names, or addresses such as `production/sms/Support NL`.
    pub replace: Vec<String>,
    /// Connectors and webhook subscriptions that somebody else created, and that the project owns from now on: names or addresses.
    pub own: Vec<String>,
    /// Webhook subscriptions to which the signing key of the files is sent again, because it has changed: events, URLs, or addresses such
    /// as `production/webhook/channel.updated`. The API does not return signing keys, so that a plan cannot compare them.
    pub update_signing_key: Vec<String>,
}
