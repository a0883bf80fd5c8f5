//! The arguments that describe a connector: one subcommand for each template.
//!
//! Everything is optional for clap. The command checks what is missing, because a terminal can ask for it, and `--example`
//! needs nothing.

use bird_connectors::models::UseCaseId;
use bird_connectors::{ChannelMessageType, NumberId};
use clap::{Args, Subcommand};
use serde_json::Value;

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TemplateArguments {
    /// SMS with a number of the workspace
    Sms(SmsArguments),
    /// WhatsApp with a number of a WhatsApp Business account
    Whatsapp(WhatsAppArguments),
    /// Voice calls with a number of the workspace
    Voice(VoiceArguments),
    /// Telegram; Bird does not document its arguments
    Telegram(UndocumentedArguments),
    /// Facebook Messenger; Bird does not document its arguments
    Facebook(UndocumentedArguments),
    /// Instagram; Bird does not document its arguments
    Instagram(UndocumentedArguments),
    /// Line; Bird does not document its arguments
    Line(UndocumentedArguments),
    /// Email; Bird does not document its arguments
    Email(UndocumentedArguments),
    /// Any other template
    Custom(CustomArguments),
}

/// The arguments of every template.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CommonArguments {
    /// Name of the connector (required)
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Whether inbound messages open conversations in the Inbox; default: Bird decides
    #[arg(long, value_name = "BOOL")]
    pub(crate) conversational: Option<bool>,
    /// Where the invitation token is, for a template that is not generally available: env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET")]
    pub(crate) invitation_token: Option<SecretArgument>,
}

/// Where a secret is. It is parsed after clap, whose errors repeat the value: a secret that was passed by mistake must not
/// appear in an error.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretArgument(String);

impl SecretArgument {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretArgument {
    fn from(argument: String) -> Self {
        Self(argument)
    }
}

/// Omits the value, which is a secret if the option was misused.
impl std::fmt::Debug for SecretArgument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretArgument")
    }
}

/// A number of the workspace, by its id or by the number itself.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NumberArguments {
    /// Id of the number resource, a UUID; `numbers list` shows it
    #[arg(long, value_name = "ID", conflicts_with = "phone_number")]
    pub(crate) phone_number_id: Option<NumberId>,
    /// Phone number, such as +31612345678; its id is looked up
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) phone_number: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct SmsArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) number: NumberArguments,
    /// Kind of messages (required): conversational, transactional, promotional, 2fa or emergency
    #[arg(long, value_name = "TYPE", value_parser = parse_message_type)]
    pub(crate) message_type: Option<ChannelMessageType>,
    /// Id of the use case, a UUID; required for US 10DLC numbers; `use-cases list` shows it
    #[arg(long, value_name = "ID")]
    pub(crate) use_case_id: Option<UseCaseId>,
}

/// Accepts every value: the API decides.
fn parse_message_type(value: &str) -> Result<ChannelMessageType, std::convert::Infallible> {
    Ok(value.into())
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct VoiceArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) number: NumberArguments,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WhatsAppArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    /// Id of the WhatsApp Business account (required)
    #[arg(long, value_name = "ID")]
    pub(crate) waba_id: Option<String>,
    /// Meta's phone_number_id (required)
    #[arg(long, value_name = "ID")]
    pub(crate) phone_id: Option<String>,
    /// Phone number in E.164 format, such as +31612345678 (required)
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(crate) phone_number: Option<String>,
    /// Where the access token from Meta is (required): env:NAME, file:PATH or -
    #[arg(long, value_name = "SECRET")]
    pub(crate) access_token: Option<SecretArgument>,
    /// Id of the number resource, only for a number that was bought from Bird
    #[arg(long, value_name = "ID")]
    pub(crate) mb_phone_id: Option<NumberId>,
}

/// Arguments whose keys the caller chooses.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FreeArguments {
    /// Argument of the template; the value is JSON, or else a string; can be repeated. If the name suggests a secret, such as
    /// token, the value says where it is: env:NAME, file:PATH or -
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_argument, allow_hyphen_values = true)]
    pub(crate) argument: Vec<(String, Value)>,
    /// Secret argument, such as oauth.accessToken=env:TOKEN; the secret is at env:NAME, file:PATH or -; can be repeated
    #[arg(long, value_name = "SCHEME.KEY=SECRET")]
    pub(crate) security_argument: Vec<SecretArgument>,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct UndocumentedArguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) free: FreeArguments,
}

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CustomArguments {
    /// Reference of the template, such as sms-messagebird:1 (required)
    #[arg(long, value_name = "SLUG:VERSION")]
    pub(crate) template: Option<String>,
    #[command(flatten)]
    pub(crate) common: CommonArguments,
    #[command(flatten)]
    pub(crate) free: FreeArguments,
}

pub(super) fn parse_argument(argument: &str) -> Result<(String, Value), String> {
    match argument.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            Ok((key.to_owned(), value))
        }
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}
