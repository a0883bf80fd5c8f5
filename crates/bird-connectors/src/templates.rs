//! What can be installed: typed requests, checked before anything is sent. [`Custom`] for anything else.

use bird_connectors_api::SentSecret;
use bird_connectors_api::types::{ChannelMessageType, NumberId};
use serde_json::Value;
use uuid::Uuid;

use crate::error::Error;
use draft::{Draft, is_e164, is_reference};

mod draft;
mod template;

pub use template::Template;
use template::{Common, Free, named};

macro_rules! common_settings {
    () => {
        /// Whether inbound messages open conversations in the Inbox. Default: the API's.
        #[must_use]
        pub fn conversational(mut self, enabled: bool) -> Self {
            self.common.conversational = Some(enabled);
            self
        }

        /// The invitation for a template that is not generally available. Secret.
        #[must_use]
        pub fn invitation_token(mut self, token: impl Into<SentSecret>) -> Self {
            self.common.invitation_token = Some(token.into());
            self
        }
    };
}

/// SMS over a number of the workspace. Documented.
///
/// ```
/// # fn main() -> Result<(), bird_connectors::Error> {
/// use bird_connectors::{ChannelMessageType, models::NumberId, templates::{Sms, Template}};
///
/// let number = NumberId::from_u128(1); // the `id` of a number of `numbers().list()`
/// let sms = Sms::new("Support NL").phone_number_id(number);
/// // Forgetting the message type is the most common 422 of this API: it is found before anything is sent.
/// assert!(Template::try_from(sms.clone()).unwrap_err().message().contains("channelMessageType"));
/// Template::try_from(sms.channel_message_type(ChannelMessageType::Conversational))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sms {
    common: Common,
    phone_number_id: Option<NumberId>,
    channel_message_type: Option<ChannelMessageType>,
    use_case_id: Option<Uuid>,
}

impl Sms {
    /// The template's reference.
    pub const TEMPLATE: &str = "sms-messagebird:1";

    /// Starts a template with the name that the connector gets.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            common: named(name),
            ..Self::default()
        }
    }

    /// The id of the number resource (see [`Numbers`](crate::Numbers)), not the number itself. Required.
    #[must_use]
    pub fn phone_number_id(mut self, id: impl Into<NumberId>) -> Self {
        self.phone_number_id = Some(id.into());
        self
    }

    /// What the messages are for. Required.
    #[must_use]
    pub fn channel_message_type(mut self, kind: impl Into<ChannelMessageType>) -> Self {
        self.channel_message_type = Some(kind.into());
        self
    }

    /// The use case: required by the API for US 10DLC numbers.
    #[must_use]
    pub fn use_case_id(mut self, id: Uuid) -> Self {
        self.use_case_id = Some(id);
        self
    }

    common_settings!();
}

impl TryFrom<Sms> for Template {
    type Error = Error;

    fn try_from(sms: Sms) -> Result<Self, Error> {
        let mut draft = Draft::new(Sms::TEMPLATE, sms.common);
        draft.required(
            "phoneNumberId",
            sms.phone_number_id.map(|id| id.to_string()),
            NUMBER_HINT,
        );
        draft.required(
            "channelMessageType",
            sms.channel_message_type
                .map(|kind| kind.as_str().to_owned()),
            "say what the messages are for, such as `conversational`",
        );
        if let Some(id) = sms.use_case_id {
            draft.argument("useCaseId", id.to_string());
        }
        draft.finish()
    }
}

const NUMBER_HINT: &str = "it is the id of a number of the workspace (list the numbers to find it)";

/// WhatsApp with a number of your own WhatsApp Business account. Keys documented; the nesting of the token seen in
/// public client code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatsApp {
    common: Common,
    waba_id: Option<String>,
    phone_id: Option<String>,
    phone_number: Option<String>,
    mb_phone_id: Option<NumberId>,
    access_token: Option<SentSecret>,
}

impl WhatsApp {
    /// The template's reference.
    pub const TEMPLATE: &str = "whatsapp:1";

    /// Starts a template with the name that the connector gets.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            common: named(name),
            ..Self::default()
        }
    }

    /// The id of the WhatsApp Business account. Required.
    #[must_use]
    pub fn waba_id(mut self, id: impl Into<String>) -> Self {
        self.waba_id = Some(id.into());
        self
    }

    /// Meta's `phone_number_id`. Required.
    #[must_use]
    pub fn phone_id(mut self, id: impl Into<String>) -> Self {
        self.phone_id = Some(id.into());
        self
    }

    /// The number in E.164, such as `+31612345678`. Required.
    #[must_use]
    pub fn phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// The id of the number resource: only for a number that was bought at Bird.
    #[must_use]
    pub fn mb_phone_id(mut self, id: impl Into<NumberId>) -> Self {
        self.mb_phone_id = Some(id.into());
        self
    }

    /// Meta's access token. Secret. Required.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SentSecret>) -> Self {
        self.access_token = Some(token.into());
        self
    }

    common_settings!();
}

impl TryFrom<WhatsApp> for Template {
    type Error = Error;

    fn try_from(whatsapp: WhatsApp) -> Result<Self, Error> {
        let mut draft = Draft::new(WhatsApp::TEMPLATE, whatsapp.common);
        draft.required(
            "wabaId",
            whatsapp.waba_id,
            "it is the id of the WhatsApp Business account",
        );
        draft.required(
            "phoneId",
            whatsapp.phone_id,
            "it is what Meta calls `phone_number_id`",
        );
        if let Some(number) = &whatsapp.phone_number {
            draft.check(
                number.trim().is_empty() || is_e164(number),
                "`phoneNumber` is not in E.164 form: a `+`, then 7 to 15 digits, nothing else",
            );
        }
        draft.required(
            "phoneNumber",
            whatsapp.phone_number,
            "it is the number in E.164 form",
        );
        if let Some(id) = whatsapp.mb_phone_id {
            draft.argument("mbPhoneId", id.to_string());
        }
        match whatsapp.access_token {
            Some(token) if !token.expose().trim().is_empty() => {
                draft.secret("oauth", "accessToken", token)
            }
            Some(_) => draft.check(false, "`accessToken` is empty"),
            None => draft.check(
                false,
                "`accessToken` is missing: Meta hands it out for the account",
            ),
        }
        draft.finish()
    }
}

/// Voice over a number of the workspace. Seen in public client code.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Voice {
    common: Common,
    phone_number_id: Option<NumberId>,
}

impl Voice {
    /// The template's reference.
    pub const TEMPLATE: &str = "voice-messagebird:1";

    /// Starts a template with the name that the connector gets.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            common: named(name),
            ..Self::default()
        }
    }

    /// The id of the number resource (see [`Numbers`](crate::Numbers)), not the number itself. Required.
    #[must_use]
    pub fn phone_number_id(mut self, id: impl Into<NumberId>) -> Self {
        self.phone_number_id = Some(id.into());
        self
    }

    common_settings!();
}

impl TryFrom<Voice> for Template {
    type Error = Error;

    fn try_from(voice: Voice) -> Result<Self, Error> {
        let mut draft = Draft::new(Voice::TEMPLATE, voice.common);
        draft.required(
            "phoneNumberId",
            voice.phone_number_id.map(|id| id.to_string()),
            NUMBER_HINT,
        );
        draft.finish()
    }
}

macro_rules! free_settings {
    () => {
        /// Adds one argument.
        #[must_use]
        pub fn argument(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
            self.free.arguments.insert(key.into(), value.into());
            self
        }

        /// Adds arguments.
        #[must_use]
        pub fn arguments(mut self, arguments: impl IntoIterator<Item = (String, Value)>) -> Self {
            self.free.arguments.extend(arguments);
            self
        }

        /// Adds one secret argument of a scheme, such as `oauth`. Secret.
        #[must_use]
        pub fn security_argument(
            mut self,
            scheme: impl Into<String>,
            key: impl Into<String>,
            value: impl Into<SentSecret>,
        ) -> Self {
            self.free
                .secrets
                .entry(scheme.into())
                .or_default()
                .insert(key.into(), value.into());
            self
        }

        common_settings!();
    };
}

macro_rules! undocumented_templates {
    ($($name:ident, $reference:literal, $channel:literal;)*) => {$(
        #[doc = concat!($channel, ". Only the reference `", $reference, "` is documented, so its arguments are free.")]
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            common: Common,
            free: Free,
        }

        impl $name {
            /// The template's reference.
            pub const TEMPLATE: &str = $reference;

            /// Starts a template with the name that the connector gets.
            #[must_use]
            pub fn new(name: impl Into<String>) -> Self {
                Self { common: named(name), ..Self::default() }
            }

            free_settings!();
        }

        impl TryFrom<$name> for Template {
            type Error = Error;

            fn try_from(template: $name) -> Result<Self, Error> {
                Draft::free($name::TEMPLATE, template.common, template.free).finish()
            }
        }
    )*};
}

undocumented_templates! {
    Instagram, "instagram:1", "Instagram";
    Facebook, "facebook:1", "Facebook Messenger";
    Telegram, "telegram:1", "Telegram";
    Line, "line:1", "Line";
    Email, "email-messagebird:1", "Email";
}

/// Any other template, or another version of a known one. Only the name and the form of the reference are checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Custom {
    reference: String,
    common: Common,
    free: Free,
}

impl Custom {
    /// Starts a template with its reference, `slug:version`, and the name that the connector gets.
    #[must_use]
    pub fn new(reference: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            common: named(name),
            free: Free::default(),
        }
    }

    free_settings!();
}

impl TryFrom<Custom> for Template {
    type Error = Error;

    fn try_from(custom: Custom) -> Result<Self, Error> {
        let good = is_reference(&custom.reference);
        let mut draft = Draft::free(custom.reference, custom.common, custom.free);
        draft.check(
            good,
            "the reference is not of the form `slug:version`, such as `sms-messagebird:1`",
        );
        draft.finish()
    }
}

#[cfg(test)]
mod tests;
