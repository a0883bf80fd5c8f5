//! Which reading of each uncertain fact the sandbox plays. One enum per fact that the public documents leave open; the
//! default is the likeliest reading. A client is sound when it gets on with every one of them.
//!
//! With the `cli` feature the same enums are the command's options, and these comments its help.

/// How the sandbox reads what Bird's documents do not settle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[non_exhaustive]
pub struct Readings {
    /// The kind of page token.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub page_tokens: PageTokens,
    /// How the last page says that it is the last.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub last_page: LastPage,
    /// Whether a filter thins pages out or fills them up.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub page_fill: PageFill,
    /// The most items a page of connectors can have.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub connector_page_limit: ConnectorPageLimit,
    /// Whether the list of connectors knows the query parameter `includeReleaseStatus`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub release_status_query: ReleaseStatusQuery,
    /// What makes a create a repetition that is answered with 409.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub duplicates: Duplicates,
    /// Whether a create counts as existing before it can be found and listed.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub uncommitted: Uncommitted,
    /// How the details of a 409 name what exists.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub conflict_details: ConflictDetails,
    /// The status of a successful create.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub created: Created,
    /// The status of a create whose data is invalid.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub invalid_data: InvalidData,
    /// The reply to a successful delete.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub deleted: Deleted,
    /// Whether a create needs `connectorTemplateRef`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub template_ref: TemplateRef,
    /// What becomes of a template the documents do not name.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub other_templates: OtherTemplates,
    /// What `phoneNumberId` must be.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub phone_number_ids: PhoneNumberIds,
    /// Whether a connector shows its `arguments`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub arguments: Arguments,
    /// Whether a connector shows its `number`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub connector_number: ConnectorNumber,
    /// How a connector's number writes its `capabilities`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub capabilities: Capabilities,
    /// How a nullable field without a value is written.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub empty_fields: EmptyFields,
    /// How precise dates are.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub dates: Dates,
    /// Which connectors have a readiness endpoint.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub readiness: Readiness,
    /// What a list of channels without a status filter leaves out.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub unfiltered_channels: UnfilteredChannels,
    /// Whether the list of channels heeds its `channelIds` filter.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub channel_ids_filter: ChannelIdsFilter,
    /// When a webhook subscription shows its `signingKey`.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub signing_key: SigningKey,
    /// Whether a webhook's URL may name a port.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub webhook_port: WebhookPort,
    /// Under which name the payload of a channel event carries the channel's id.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub event_channel_id: EventChannelId,
    /// What a 429 says of how long to wait.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub retry_after: RetryAfter,
    /// Whether replies carry a request id.
    #[cfg_attr(feature = "cli", arg(long, value_enum, default_value_t))]
    pub request_id: RequestId,
}

macro_rules! reading {
    ($(#[doc = $doc:literal])* $name:ident { $(#[doc = $first_doc:literal])* $first:ident, $($(#[doc = $other_doc:literal])* $other:ident,)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = $first_doc])*
            #[default]
            $first,
            $($(#[doc = $other_doc])* $other,)*
        }

        impl $name {
            /// Every reading of this fact.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$other,)*];
        }
    };
}

reading! {
    /// The page token is opaque. Both kinds carry `=`, `+` and `/`, as real ones can.
    PageTokens {
        /// Names the last item seen: the next page goes on after it, whatever changed meanwhile.
        Cursor,
        /// Counts the items seen: a page shifts when an earlier item comes or goes.
        Offset,
    }
}

reading! {
    /// An absent, null or empty `nextPageToken` ends a list.
    LastPage {
        /// The token is absent.
        Absent,
        /// The token is null.
        Null,
        /// The token is an empty text.
        Empty,
    }
}

reading! {
    /// The documents do not say whether pages of a filtered list are full.
    PageFill {
        /// Pages of a filtered list are full.
        Full,
        /// A page is cut first and filtered then: it can be short, or empty, and still have a token.
        Sparse,
    }
}

reading! {
    /// The maximum of `limit` for connectors is not visible; general pages allow 100.
    ConnectorPageLimit {
        /// At most 100; more is refused.
        Hundred,
        /// At most 1000, as for channels; more is refused.
        Thousand,
        /// At most 100; more is taken for 100.
        Clamped,
    }
}

reading! {
    /// The wire name of the parameter that includes the release status is not visible anywhere.
    ReleaseStatusQuery {
        /// The name is right: the parameter is accepted.
        Known,
        /// The name is wrong: the parameter is refused as unknown.
        Unknown,
    }
}

reading! {
    /// "Connector already exists" is documented; what makes two creates the same is not.
    Duplicates {
        /// Same template slug and same identity: the phone number id, WhatsApp's phone id or phone number, else the name.
        Identity,
        /// Same template slug and same name.
        Name,
        /// Same template slug, and same identity or same name.
        IdentityOrName,
        /// Every create makes a connector.
        Allowed,
    }
}

reading! {
    /// Where a create is slow to commit, whether a repetition meanwhile is noticed is not documented.
    Uncommitted {
        /// It counts from the start: a repetition is answered as `duplicates` says.
        Counts,
        /// It is overlooked: a repetition makes another connector.
        Overlooked,
    }
}

reading! {
    /// The details of a 409 can hold the id of what exists; their shape is not documented.
    ConflictDetails {
        /// An object with an `id`.
        Object,
        /// The id as a text.
        Text,
        /// No details.
        Absent,
    }
}

reading! {
    /// 201 is documented for connectors; a client should take any 2xx.
    Created {
        /// 201.
        Created201,
        /// 200.
        Ok200,
    }
}

reading! {
    /// "Invalid data" is documented without its number.
    InvalidData {
        /// 422.
        Unprocessable422,
        /// 400.
        BadRequest400,
    }
}

reading! {
    /// What a delete answers is not documented: any 2xx, and the body may be empty.
    Deleted {
        /// 204.
        NoContent204,
        /// 200 with an empty body.
        Empty200,
        /// 200 with what was deleted.
        Body200,
        /// 202 with an empty body.
        Accepted202,
    }
}

reading! {
    /// The schema says that the template reference is optional; in practice it is needed.
    TemplateRef {
        /// A create without it is refused.
        Required,
        /// A create without it makes a connector without a template.
        Optional,
    }
}

reading! {
    /// No catalogue of templates was found; some are not generally available.
    OtherTemplates {
        /// Any well-formed reference installs.
        Installable,
        /// Only the eight documented slugs install; others are refused.
        Refused,
    }
}

reading! {
    /// `phoneNumberId` is inferred to be the id of a number resource.
    PhoneNumberIds {
        /// Any UUID will do.
        AnyUuid,
        /// It must be the id of one of the workspace's numbers.
        Known,
    }
}

reading! {
    /// The connector's `arguments` are optional in a reply.
    Arguments {
        /// As they were sent.
        Echoed,
        /// Left out.
        Absent,
        /// Null.
        Null,
    }
}

reading! {
    /// The connector's `number` is optional and nullable.
    ConnectorNumber {
        /// Shown where the connector has a phone number.
        Shown,
        /// Left out.
        Absent,
        /// Null.
        Null,
    }
}

reading! {
    /// The documents print the capabilities as one comma text; whether it is a text or an array is unclear.
    Capabilities {
        /// One text: `mms-inbound,sms-outbound`.
        Text,
        /// A list of texts.
        List,
    }
}

reading! {
    /// A nullable field without a value can be null or left out.
    EmptyFields {
        /// Null.
        Null,
        /// Left out.
        Absent,
    }
}

reading! {
    /// Dates usually have milliseconds; nanoseconds occur.
    Dates {
        /// Three decimals.
        Milliseconds,
        /// Nine decimals.
        Nanoseconds,
        /// None.
        Seconds,
    }
}

reading! {
    /// The readiness endpoint can answer 404 for templates that do not have it.
    Readiness {
        /// All templates have it.
        AllTemplates,
        /// SMS alone has it.
        SmsOnly,
        /// It is always 404.
        Nowhere,
    }
}

reading! {
    /// The documents show "default: preview" beside the status filter: what an unfiltered list holds is unclear.
    ///
    /// This concerns lists that filter neither by status nor by channel id.
    UnfilteredChannels {
        /// Every channel.
        All,
        /// No channel whose status is `preview`.
        WithoutPreview,
        /// No channel whose status is `preview` or `pending`.
        WithoutPreviewAndPending,
        /// Only channels whose status is `preview`.
        OnlyPreview,
    }
}

reading! {
    /// Whether the filter by channel ids works is worth doubting: a client should check what it gets.
    ChannelIdsFilter {
        /// It is heeded.
        Honoured,
        /// It is ignored: the list is as without it.
        Ignored,
    }
}

reading! {
    /// A GET may leave the signing key out.
    SigningKey {
        /// In the reply to the create and to the update that set it, not in a GET or a list.
        WhenSet,
        /// In every reply.
        Always,
        /// Never.
        Never,
    }
}

reading! {
    /// One copy of the documented URL pattern allows a port, one does not.
    WebhookPort {
        /// A port is allowed.
        Allowed,
        /// A port is refused.
        Refused,
    }
}

reading! {
    /// No captured channel event is public. The payload is the channel resource, as far as one can tell.
    EventChannelId {
        /// `id`.
        Id,
        /// `channelId`.
        ChannelId,
    }
}

reading! {
    /// The headers of a 429 are not documented.
    RetryAfter {
        /// No `Retry-After`.
        Absent,
        /// `Retry-After` in whole seconds.
        Seconds,
        /// `Retry-After` as an HTTP date, to be measured against the reply's `Date`.
        Date,
    }
}

reading! {
    /// No request id is documented on replies.
    RequestId {
        /// None.
        Absent,
        /// An `x-request-id` on every reply.
        Header,
    }
}
