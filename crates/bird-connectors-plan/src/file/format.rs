//! The format of a file, as it is checked and written. The JSON Schema is generated from these types.
//!
//! `check::structure` fills them from the tree of a file. Each value has its place in the file, so that an error about it can show
//! the line. All of these are strings: `check` parses them, with messages of its own.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

/// The version of the format.
pub(crate) const VERSION: u32 = 1;

/// Channels of Bird workspaces: connectors and webhook subscriptions that `bird-connectors plan` compares with the workspaces.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelFile {
    /// Version of the format. Always 1.
    #[cfg_attr(test, schemars(with = "u32", range(min = 1, max = 1)))]
    pub(crate) version: Spanned<u32>,
    /// Name of the project, the same in all its files. The journal records it as the owner of what an apply creates, and a
    /// prune deletes only what the project owns.
    #[cfg_attr(
        test,
        schemars(with = "String", regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"))
    )]
    pub(crate) project: Spanned<String>,
    /// The workspaces. Several files can describe parts of the same workspace.
    pub(crate) workspaces: Vec<WorkspaceEntry>,
}

/// A workspace, and what it should contain.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkspaceEntry {
    /// Workspace id, a UUID.
    #[cfg_attr(test, schemars(with = "uuid::Uuid"))]
    pub(crate) id: Spanned<String>,
    /// Name of the workspace in plans. Default: its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) label: Option<Spanned<String>>,
    /// Organization id, a UUID, if the webhook subscriptions use the older paths below the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<uuid::Uuid>"))]
    pub(crate) organization: Option<Spanned<String>>,
    /// The connectors of the workspace. If the list is left out of all files, connectors of this workspace are neither read nor
    /// planned; an empty list means that it should have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Vec<ConnectorEntry>>"))]
    pub(crate) connectors: Option<Vec<Spanned<ConnectorEntry>>>,
    /// The webhook subscriptions of the workspace. If the list is left out of all files, they are neither read nor planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Vec<SubscriptionEntry>>"))]
    pub(crate) webhook_subscriptions: Option<Vec<Spanned<SubscriptionEntry>>>,
}

/// A connector. Which fields it has depends on its template.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectorEntry {
    /// Name of the connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "String", required, length(min = 1)))]
    pub(crate) name: Option<Spanned<String>>,
    /// Template: `sms`, `whatsapp`, `voice`, `telegram`, `facebook`, `instagram`, `line`, `email`, or any reference with its
    /// version, such as `viber:1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "String", required))]
    pub(crate) template: Option<Spanned<String>>,
    /// Id of the number resource, a UUID. For `sms` and `voice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<uuid::Uuid>"))]
    pub(crate) phone_number_id: Option<Spanned<String>>,
    /// Phone number in E.164 format, such as "+31612345678". For `whatsapp`; for `sms` and `voice`, the id of the number
    /// is looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) phone_number: Option<Spanned<String>>,
    /// Kind of messages: `conversational`, `transactional`, `promotional`, `2fa`, `emergency`, or a newer value. For `sms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) message_type: Option<Spanned<String>>,
    /// Id of the use case, a UUID, which US 10DLC numbers need. For `sms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<uuid::Uuid>"))]
    pub(crate) use_case_id: Option<Spanned<String>>,
    /// Id of the WhatsApp Business account at Meta, in quotation marks. For `whatsapp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) waba_id: Option<Spanned<String>>,
    /// Meta's phone_number_id, in quotation marks. For `whatsapp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) phone_id: Option<Spanned<String>>,
    /// Where the access token from Meta is: env:NAME or file:PATH. For `whatsapp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "Option<String>", regex(pattern = "^(env|file):.+$"))
    )]
    pub(crate) access_token: Option<Spanned<String>>,
    /// Id of the number resource, a UUID, only for a number that was bought from Bird. For `whatsapp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<uuid::Uuid>"))]
    pub(crate) mb_phone_id: Option<Spanned<String>>,
    /// Whether inbound messages open conversations in the Inbox. Default: Bird decides. The API does not return it with the
    /// connector, so that a plan does not compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<bool>"))]
    pub(crate) conversational: Option<Spanned<bool>>,
    /// Where the invitation token is, for a template that is not generally available: env:NAME or file:PATH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "Option<String>", regex(pattern = "^(env|file):.+$"))
    )]
    pub(crate) invitation_token: Option<Spanned<String>>,
    /// Arguments of a template that Bird does not document. If the name of one suggests a secret, such as token, its value is a
    /// reference: env:NAME or file:PATH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<Map<String, Value>>"))]
    pub(crate) arguments: Option<Spanned<Map<String, Value>>>,
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub(crate) argument_places: ArgumentPlaces,
    /// Secret arguments of a template that Bird does not document, by security scheme and name: env:NAME or file:PATH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "Option<BTreeMap<String, BTreeMap<String, String>>>")
    )]
    pub(crate) security_arguments: Option<Spanned<SecurityArguments>>,
}

/// Where each argument is, by its path, such as `/nested/0/token`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ArgumentPlaces(pub(crate) BTreeMap<String, Location>);

/// References to secrets, by security scheme and name.
pub(crate) type SecurityArguments = BTreeMap<String, BTreeMap<String, Spanned<String>>>;

/// A webhook subscription. Service, event, URL and filters identify it.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionEntry {
    /// Service whose events are sent. Default: `channels`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) service: Option<Spanned<String>>,
    /// Event, such as `channel.updated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "String", required, length(min = 1)))]
    pub(crate) event: Option<Spanned<String>>,
    /// URL that receives the events: https, with a host name that has a dot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "String", required, regex(pattern = "^https://"))
    )]
    pub(crate) url: Option<Spanned<String>>,
    /// Filters: only events that match all of them are sent. The keys are those of the API, such as `platformId` and
    /// `channelStatus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(with = "Option<BTreeMap<String, String>>"))]
    pub(crate) filters: Option<BTreeMap<String, String>>,
    /// Where the key that signs the deliveries is: env:NAME or file:PATH. A plan does not compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "Option<String>", regex(pattern = "^(env|file):.+$"))
    )]
    pub(crate) signing_key: Option<Spanned<String>>,
    /// Whether events are delivered: `active` or `inactive`. Default: `active`. An apply changes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        test,
        schemars(with = "Option<String>", regex(pattern = "^(active|inactive)$"))
    )]
    pub(crate) status: Option<Spanned<String>>,
}
