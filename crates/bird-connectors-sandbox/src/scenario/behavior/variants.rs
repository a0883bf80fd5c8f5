//! The enums of [`Behavior`](super::Behavior). The first variant of each is its default.

macro_rules! variants {
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
            /// Every variant.
            pub const ALL: &'static [Self] = &[Self::$first, $(Self::$other,)*];

            /// What the documentation leaves open.
            #[cfg(feature = "ui")]
            pub(super) const FACT: &'static str = concat!($($doc),*);

            /// The name and the description of every variant, in the order of [`Self::ALL`].
            pub(super) const VARIANTS: &'static [(&'static str, &'static str)] = &[
                (stringify!($first), concat!($($first_doc),*)),
                $((stringify!($other), concat!($($other_doc),*)),)*
            ];
        }
    };
}

variants! {
    /// The page token is opaque. Both kinds contain `=`, `+` and `/`, as real ones can.
    PageTokens {
        /// Refers to the last item returned. The next page starts after it, whatever has changed in between.
        Cursor,
        /// Counts the items returned. Pages shift when an earlier item is added or removed.
        Offset,
    }
}

variants! {
    /// An absent, null or empty `nextPageToken` ends a list.
    LastPage {
        /// The token is absent.
        Absent,
        /// The token is null.
        Null,
        /// The token is an empty string.
        Empty,
    }
}

variants! {
    /// The documentation does not say whether the pages of a filtered list are full.
    PageFill {
        /// Every page of a filtered list is full, except the last.
        Full,
        /// The filter is applied after the page is cut. A page can be short or empty and still have a token.
        Sparse,
    }
}

variants! {
    /// The maximum of `limit` for connectors is not documented. Most lists allow 100.
    ConnectorPageLimit {
        /// At most 100. A larger limit is rejected.
        Hundred,
        /// At most 1000, as for channels. A larger limit is rejected.
        Thousand,
        /// At most 100. A larger limit is treated as 100.
        Clamped,
    }
}

variants! {
    /// The wire name of the parameter that includes the release status is not documented.
    ReleaseStatusQuery {
        /// The name is right: the parameter is accepted.
        Known,
        /// The name is wrong: the parameter is rejected as unknown.
        Unknown,
    }
}

variants! {
    /// The error "connector already exists" is documented; its exact condition is not.
    Duplicates {
        /// Same template slug and same identity: the phone number id, WhatsApp's phone id or phone number, or else the
        /// name.
        Identity,
        /// Same template slug and same name.
        Name,
        /// Same template slug, and same identity or same name.
        IdentityOrName,
        /// No create is a duplicate: each one creates a connector.
        Allowed,
    }
}

variants! {
    /// Whether a duplicate is detected while the first create is still being committed is not documented.
    UncommittedCreates {
        /// The uncommitted create counts. A second one is answered according to `duplicates`.
        Detected,
        /// The uncommitted create does not count. A second one creates another connector.
        Missed,
    }
}

variants! {
    /// The details of a 409 can contain the id of the existing resource. Their format is not documented.
    ConflictDetails {
        /// An object with an `id`.
        Object,
        /// The id as a string.
        String,
        /// No details.
        Absent,
    }
}

variants! {
    /// 201 is documented for connectors. A client should accept any 2xx.
    CreateStatus {
        /// 201.
        Created201,
        /// 200.
        Ok200,
    }
}

variants! {
    /// The error "invalid data" is documented without its status.
    InvalidDataStatus {
        /// 422.
        Unprocessable422,
        /// 400.
        BadRequest400,
    }
}

variants! {
    /// The details of a 422 are documented for the Channels API. That connectors have them as well is inferred.
    InvalidDataDetails {
        /// The errors of each field, by its path.
        ByPath,
        /// A list of errors, each of which names its field.
        List,
        /// No details.
        Absent,
    }
}

variants! {
    /// The response to a delete is not documented. It can be any 2xx, with or without a body.
    DeleteResponse {
        /// 204.
        NoContent204,
        /// 200 with an empty body.
        Empty200,
        /// 200 with the deleted resource.
        Body200,
        /// 202 with an empty body.
        Accepted202,
    }
}

variants! {
    /// The schema declares the template reference as optional, but installs need it in practice.
    TemplateRef {
        /// A create without it is rejected.
        Required,
        /// A create without it creates a connector without a template.
        Optional,
    }
}

variants! {
    /// There is no public catalog of templates, and some are not generally available.
    UndocumentedTemplates {
        /// Any well-formed reference can be installed.
        Accepted,
        /// Only the eight documented slugs can be installed.
        Rejected,
    }
}

variants! {
    /// `phoneNumberId` is inferred to be the id of a number resource.
    PhoneNumberIds {
        /// Any UUID.
        AnyUuid,
        /// Only the id of a number of the workspace.
        Known,
    }
}

variants! {
    /// The platform of a channel is not the slug of its template. The platforms of four templates are known: those of SMS,
    /// Voice and WhatsApp equal the slug, and that of email does not.
    PlatformIds {
        /// The known platforms. The other ones are made up: the slug and `-sandbox`.
        Known,
        /// No platform equals a slug: every one is made up.
        Unrelated,
    }
}

variants! {
    /// The `arguments` of a connector are optional in a response.
    Arguments {
        /// As they were sent.
        Echoed,
        /// Omitted.
        Absent,
        /// Null.
        Null,
    }
}

variants! {
    /// The `number` of a connector is optional and nullable.
    ConnectorNumber {
        /// Present if the connector has a phone number.
        Present,
        /// Omitted.
        Absent,
        /// Null.
        Null,
    }
}

variants! {
    /// The documentation prints the capabilities as one comma-separated string. Whether the API sends a string or an
    /// array is unclear.
    Capabilities {
        /// One string: `mms-inbound,sms-outbound`.
        CommaSeparated,
        /// An array of strings.
        List,
    }
}

variants! {
    /// A nullable field without a value can be null or omitted.
    EmptyFields {
        /// Null.
        Null,
        /// Omitted.
        Absent,
    }
}

variants! {
    /// Dates usually have milliseconds; nanoseconds occur.
    DatePrecision {
        /// Three fractional digits.
        Milliseconds,
        /// Nine fractional digits.
        Nanoseconds,
        /// No fractional digits.
        Seconds,
    }
}

variants! {
    /// The documentation shows the form of each field, but nothing guarantees it.
    IrrelevantFields {
        /// Every field has its documented form.
        Documented,
        /// Fields of connectors and channels that say nothing about the installation have another form: dates without a time
        /// zone, a workspace id that is not a UUID, a string in place of an object.
        Unexpected,
    }
}

variants! {
    /// The form of the `channel` field of a connector is not documented.
    ChannelFieldForm {
        /// An object with `channelId`. Without a channel, it has the form that the script chooses.
        Object,
        /// An object with `channelId`. Without a channel, `channelId` is the zero UUID.
        ZeroId,
        /// A list with the object, which a client that expects an object cannot read.
        List,
    }
}

variants! {
    /// The documentation implies that a response is about the requested object. A client should compare the ids.
    ReadSubject {
        /// The requested connector or channel.
        Requested,
        /// A read of a connector returns another id.
        OtherConnector,
        /// A channel, read or listed, names another connector as its own.
        OtherOwner,
    }
}

variants! {
    /// The readiness endpoint can answer 404 for templates that do not support it.
    Readiness {
        /// Every template has the endpoint.
        AllTemplates,
        /// Only SMS has the endpoint.
        SmsOnly,
        /// The endpoint always answers 404.
        NoTemplate,
    }
}

variants! {
    /// The documentation shows "default: preview" next to the status filter, so the content of an unfiltered list is
    /// unclear.
    ///
    /// This applies to lists that filter neither by status nor by channel id.
    UnfilteredChannels {
        /// Every channel.
        All,
        /// Every channel except those with status `preview`.
        WithoutPreview,
        /// Every channel except those with status `preview` or `pending`.
        WithoutPreviewAndPending,
        /// Only channels with status `preview`.
        OnlyPreview,
    }
}

variants! {
    /// Whether the API applies the filter by channel id is unconfirmed. A client should check the channels it gets.
    ChannelIdsFilter {
        /// The filter is applied.
        Applied,
        /// The filter is ignored: the list is the same as without it.
        Ignored,
    }
}

variants! {
    /// A GET may omit the signing key.
    SigningKey {
        /// The response to a create or update that sets it; not a GET or a list.
        WhenSet,
        /// Every response.
        Always,
        /// No response.
        Never,
    }
}

variants! {
    /// One copy of the documented URL pattern allows a port, the other does not.
    WebhookPort {
        /// A port is accepted.
        Allowed,
        /// A port is rejected.
        Rejected,
    }
}

variants! {
    /// No recorded channel event is public. The payload is assumed to be the channel resource.
    EventChannelId {
        /// `id`.
        Id,
        /// `channelId`.
        ChannelId,
    }
}

variants! {
    /// The headers of a 429 are not documented.
    RetryAfter {
        /// No `Retry-After`.
        Absent,
        /// `Retry-After` in whole seconds.
        Seconds,
        /// `Retry-After` as an HTTP date, relative to the response's `Date`.
        Date,
    }
}

variants! {
    /// No request id is documented for responses.
    RequestId {
        /// No request id.
        Absent,
        /// An `x-request-id` header on every response.
        Header,
    }
}
