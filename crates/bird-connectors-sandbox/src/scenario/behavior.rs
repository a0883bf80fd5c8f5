//! The behavior of the API where its public documentation leaves it open: one enum per fact, whose default is the most likely
//! answer. A robust client works with every variant of every enum.
//!
//! With the feature `cli`, these enums are also options of the command, and their doc comments are its help.

mod setting;
mod variants;

pub(crate) use self::setting::BehaviorSetting;
pub use self::variants::*;

macro_rules! behavior {
    ($($(#[doc = $doc:literal])* $field:ident: $kind:ident,)*) => {
        /// The behavior of the API where its documentation leaves it open.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "cli", derive(clap::Args))]
        #[non_exhaustive]
        pub struct Behavior {
            $(
                $(#[doc = $doc])*
                #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
                pub $field: $kind,
            )*
        }

        impl Behavior {
            /// Every setting with its current value, for scenes and for the page of the sandbox.
            pub(crate) fn settings(&self) -> Vec<BehaviorSetting> {
                vec![$(BehaviorSetting {
                    field: stringify!($field),
                    kind: stringify!($kind),
                    #[cfg(feature = "ui")]
                    description: concat!($($doc),*),
                    #[cfg(feature = "ui")]
                    fact: $kind::FACT,
                    variants: $kind::VARIANTS,
                    current: self.$field as usize,
                },)*]
            }

            /// Sets the field with this name to the variant with this index. Returns whether both exist.
            pub(crate) fn set(&mut self, field: &str, variant: usize) -> bool {
                match field {
                    $(stringify!($field) => match $kind::ALL.get(variant) {
                        Some(variant) => {
                            self.$field = *variant;
                            true
                        }
                        None => false,
                    },)*
                    _ => false,
                }
            }
        }
    };
}

behavior! {
    /// The kind of page token.
    page_tokens: PageTokens,
    /// How the last page shows that it is the last one.
    last_page: LastPage,
    /// Whether the pages of a filtered list are full.
    page_fill: PageFill,
    /// The largest page of connectors.
    connector_page_limit: ConnectorPageLimit,
    /// Whether the list of connectors accepts the query parameter `includeReleaseStatus`.
    release_status_query: ReleaseStatusQuery,
    /// Which creates count as duplicates and get 409.
    duplicates: Duplicates,
    /// Whether a create that is not listed yet is detected as a duplicate.
    uncommitted_creates: UncommittedCreates,
    /// How the details of a 409 name the existing connector.
    conflict_details: ConflictDetails,
    /// The status of a successful create.
    create_status: CreateStatus,
    /// The status of a create with invalid data.
    invalid_data_status: InvalidDataStatus,
    /// The form of the details of a create with invalid data.
    invalid_data_details: InvalidDataDetails,
    /// The response to a successful delete.
    delete_response: DeleteResponse,
    /// Whether a create needs `connectorTemplateRef`.
    template_ref: TemplateRef,
    /// Whether templates that the documentation does not name can be installed.
    undocumented_templates: UndocumentedTemplates,
    /// Which values `phoneNumberId` accepts.
    phone_number_ids: PhoneNumberIds,
    /// The `platformId` of channels.
    platform_ids: PlatformIds,
    /// Whether a connector contains its `arguments`.
    arguments: Arguments,
    /// Whether a connector contains its `number`.
    connector_number: ConnectorNumber,
    /// The format of `capabilities` in a connector's number.
    capabilities: Capabilities,
    /// How a nullable field without a value is written.
    empty_fields: EmptyFields,
    /// The precision of dates.
    date_precision: DatePrecision,
    /// The form of fields of connectors and channels that say nothing about the installation.
    irrelevant_fields: IrrelevantFields,
    /// How a connector writes its `channel` field.
    channel_field_form: ChannelFieldForm,
    /// Which object the response to the read of a connector or channel is about.
    read_subject: ReadSubject,
    /// Which connectors have a readiness endpoint.
    readiness: Readiness,
    /// Which channels a list without a status filter contains.
    unfiltered_channels: UnfilteredChannels,
    /// Whether the list of channels applies its `channelIds` filter.
    channel_ids_filter: ChannelIdsFilter,
    /// Which responses contain the `signingKey` of a webhook subscription.
    signing_key: SigningKey,
    /// Whether the URL of a webhook may contain a port.
    webhook_port: WebhookPort,
    /// The name of the channel id in the payload of a channel event.
    event_channel_id: EventChannelId,
    /// Whether and how a 429 says when to retry.
    retry_after: RetryAfter,
    /// Whether responses carry a request id.
    request_id: RequestId,
}
