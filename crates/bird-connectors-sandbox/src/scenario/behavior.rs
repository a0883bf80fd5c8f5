//! The behavior of the API where its public documentation leaves it open: one enum per fact, whose default is the most likely
//! answer. A robust client works with every variant of every enum.
//!
//! With the feature `cli`, these enums are also options of the command, and their doc comments are its help.

mod variants;

pub use self::variants::*;

/// The behavior of the API where its documentation leaves it open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct Behavior {
    /// The kind of page token.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub page_tokens: PageTokens,
    /// How the last page shows that it is the last one.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub last_page: LastPage,
    /// Whether the pages of a filtered list are full.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub page_fill: PageFill,
    /// The largest page of connectors.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub connector_page_limit: ConnectorPageLimit,
    /// Whether the list of connectors accepts the query parameter `includeReleaseStatus`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub release_status_query: ReleaseStatusQuery,
    /// Which creates count as duplicates and get 409.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub duplicates: Duplicates,
    /// Whether a create that is not listed yet is detected as a duplicate.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub uncommitted_creates: UncommittedCreates,
    /// How the details of a 409 name the existing connector.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub conflict_details: ConflictDetails,
    /// The status of a successful create.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub create_status: CreateStatus,
    /// The status of a create with invalid data.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub invalid_data_status: InvalidDataStatus,
    /// The form of the details of a create with invalid data.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub invalid_data_details: InvalidDataDetails,
    /// The response to a successful delete.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub delete_response: DeleteResponse,
    /// Whether a create needs `connectorTemplateRef`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub template_ref: TemplateRef,
    /// Whether templates that the documentation does not name can be installed.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub undocumented_templates: UndocumentedTemplates,
    /// Which values `phoneNumberId` accepts.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub phone_number_ids: PhoneNumberIds,
    /// The `platformId` of channels.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub platform_ids: PlatformIds,
    /// Whether a connector contains its `arguments`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub arguments: Arguments,
    /// Whether a connector contains its `number`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub connector_number: ConnectorNumber,
    /// The format of `capabilities` in a connector's number.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub capabilities: Capabilities,
    /// How a nullable field without a value is written.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub empty_fields: EmptyFields,
    /// The precision of dates.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub date_precision: DatePrecision,
    /// The form of fields of connectors and channels that say nothing about the installation.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub irrelevant_fields: IrrelevantFields,
    /// How a connector writes its `channel` field.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub channel_field_form: ChannelFieldForm,
    /// Which object the response to the read of a connector or channel is about.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub read_subject: ReadSubject,
    /// Which connectors have a readiness endpoint.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub readiness: Readiness,
    /// Which channels a list without a status filter contains.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub unfiltered_channels: UnfilteredChannels,
    /// Whether the list of channels applies its `channelIds` filter.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub channel_ids_filter: ChannelIdsFilter,
    /// Which responses contain the `signingKey` of a webhook subscription.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub signing_key: SigningKey,
    /// Whether the URL of a webhook may contain a port.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub webhook_port: WebhookPort,
    /// The name of the channel id in the payload of a channel event.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub event_channel_id: EventChannelId,
    /// Whether and how a 429 says when to retry.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub retry_after: RetryAfter,
    /// Whether responses carry a request id.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub request_id: RequestId,
}
