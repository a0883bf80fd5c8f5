//! From the arguments of a template to the request for a connector.

use std::collections::{BTreeMap, BTreeSet};

use bird_connectors::models::SentSecret;
use bird_connectors::templates::{
    Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
    WhatsAppAccount,
};
use bird_connectors::{ChannelMessageType, NumberId};
use serde_json::{Map, Value, json};

use crate::args::template::{
    CommonArguments, CustomArguments, FreeArguments, NumberArguments, SecretArgument, SmsArguments,
    TemplateArguments, UndocumentedArguments, VoiceArguments, WhatsAppArguments,
};
use crate::context::Context;
use crate::errors::CliError;
use crate::secrets;

use super::known_values;
use super::named_secrets::{self, MASK};

/// A validated request, and the same request with masked secrets.
pub(super) struct ConnectorRequest {
    pub(super) template: Template,
    masked: MaskedParts,
}

/// The parts of a request that a template does not return.
#[derive(Default)]
struct MaskedParts {
    /// Schemes and the names of their secrets.
    secrets: BTreeMap<String, Vec<String>>,
    conversational: Option<bool>,
    invitation_token: bool,
}

impl ConnectorRequest {
    /// The body of the request, with masked secrets.
    pub(super) fn masked_body(&self) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), json!(self.template.name()));
        body.insert(
            "connectorTemplateRef".to_owned(),
            json!(self.template.reference()),
        );
        if !self.template.arguments().is_empty() {
            let mut arguments = json!(self.template.arguments());
            named_secrets::mask(&mut arguments);
            body.insert("arguments".to_owned(), arguments);
        }
        if !self.masked.secrets.is_empty() {
            let schemes: Map<String, Value> = self
                .masked
                .secrets
                .iter()
                .map(|(scheme, names)| {
                    let names: Map<String, Value> = names
                        .iter()
                        .map(|name| (name.clone(), json!(MASK)))
                        .collect();
                    (scheme.clone(), Value::Object(names))
                })
                .collect();
            body.insert("securityArguments".to_owned(), Value::Object(schemes));
        }
        if let Some(enabled) = self.masked.conversational {
            body.insert(
                "channelConversationalStatusEnabled".to_owned(),
                json!(enabled),
            );
        }
        if self.masked.invitation_token {
            body.insert("invitationToken".to_owned(), json!(MASK));
        }
        Value::Object(body)
    }
}

/// Reads the secrets among the free arguments of the command line. The rows of a file are not arguments of the process.
pub(super) fn read_argument_secrets(arguments: &mut TemplateArguments) -> Result<(), CliError> {
    let Some(free) = free_mut(arguments) else {
        return Ok(());
    };
    unique("--argument", free.argument.iter().map(|(name, _)| name))?;
    free.argument
        .iter_mut()
        .try_for_each(|(name, value)| named_secrets::read("--argument", name, value))
}

fn free_mut(arguments: &mut TemplateArguments) -> Option<&mut FreeArguments> {
    match arguments {
        TemplateArguments::Telegram(undocumented)
        | TemplateArguments::Facebook(undocumented)
        | TemplateArguments::Instagram(undocumented)
        | TemplateArguments::Line(undocumented)
        | TemplateArguments::Email(undocumented) => Some(&mut undocumented.free),
        TemplateArguments::Custom(custom) => Some(&mut custom.free),
        TemplateArguments::Sms(_)
        | TemplateArguments::Voice(_)
        | TemplateArguments::Whatsapp(_) => None,
    }
}

/// The required options that are missing, such as `--name`.
pub(super) fn missing(arguments: &TemplateArguments) -> Vec<&'static str> {
    let common = common(arguments);
    let mut missing = Vec::new();
    let mut require = |present: bool, option: &'static str| {
        if !present {
            missing.push(option);
        }
    };
    if let TemplateArguments::Custom(custom) = arguments {
        require(custom.template.is_some(), "--template");
    }
    require(common.name.is_some(), "--name");
    match arguments {
        TemplateArguments::Sms(sms) => {
            require(
                has_number(&sms.number),
                "--phone-number-id (or --phone-number)",
            );
            require(sms.message_type.is_some(), "--message-type");
        }
        TemplateArguments::Voice(voice) => {
            require(
                has_number(&voice.number),
                "--phone-number-id (or --phone-number)",
            );
        }
        TemplateArguments::Whatsapp(whatsapp) => {
            require(whatsapp.waba_id.is_some(), "--waba-id");
            require(whatsapp.phone_id.is_some(), "--phone-id");
            require(whatsapp.phone_number.is_some(), "--phone-number");
            require(whatsapp.access_token.is_some(), "--access-token");
        }
        _ => {}
    }
    missing
}

/// The name of the template on the command line.
pub(super) fn name(arguments: &TemplateArguments) -> &'static str {
    match arguments {
        TemplateArguments::Sms(_) => "sms",
        TemplateArguments::Whatsapp(_) => "whatsapp",
        TemplateArguments::Voice(_) => "voice",
        TemplateArguments::Telegram(_) => "telegram",
        TemplateArguments::Facebook(_) => "facebook",
        TemplateArguments::Instagram(_) => "instagram",
        TemplateArguments::Line(_) => "line",
        TemplateArguments::Email(_) => "email",
        TemplateArguments::Custom(_) => "custom",
    }
}

/// The number of a template that needs the id of one.
pub(super) fn number_mut(arguments: &mut TemplateArguments) -> Option<&mut NumberArguments> {
    match arguments {
        TemplateArguments::Sms(sms) => Some(&mut sms.number),
        TemplateArguments::Voice(voice) => Some(&mut voice.number),
        _ => None,
    }
}

pub(super) fn has_number(number: &NumberArguments) -> bool {
    number.phone_number_id.is_some() || number.phone_number.is_some()
}

pub(super) fn common(arguments: &TemplateArguments) -> &CommonArguments {
    match arguments {
        TemplateArguments::Sms(SmsArguments { common, .. })
        | TemplateArguments::Voice(VoiceArguments { common, .. })
        | TemplateArguments::Whatsapp(WhatsAppArguments { common, .. })
        | TemplateArguments::Custom(CustomArguments { common, .. })
        | TemplateArguments::Telegram(UndocumentedArguments { common, .. })
        | TemplateArguments::Facebook(UndocumentedArguments { common, .. })
        | TemplateArguments::Instagram(UndocumentedArguments { common, .. })
        | TemplateArguments::Line(UndocumentedArguments { common, .. })
        | TemplateArguments::Email(UndocumentedArguments { common, .. }) => common,
    }
}

/// Builds and validates the request. It reads the secrets, and looks up the id of a phone number.
pub(super) async fn build(
    context: &Context,
    arguments: TemplateArguments,
) -> Result<ConnectorRequest, CliError> {
    let common = common(&arguments).clone();
    let name = common.name.clone().unwrap_or_default();
    let mut masked = MaskedParts {
        conversational: common.conversational,
        ..MaskedParts::default()
    };
    let invitation_token = common.invitation_token.as_ref();
    let invitation_token = invitation_token
        .map(|argument| secrets::read(argument.as_str(), "--invitation-token"))
        .transpose()?;
    masked.invitation_token = invitation_token.is_some();
    let shared = Shared {
        conversational: common.conversational,
        invitation_token,
    };

    let mut checked_type = None;
    let template = match arguments {
        TemplateArguments::Sms(sms) => {
            let number = number_id(context, &sms.number).await?;
            let message_type = sms.message_type.unwrap_or("".into());
            let mut template = Sms::new(name, number, message_type.clone());
            checked_type = Some(message_type);
            if let Some(id) = sms.use_case_id {
                template = template.use_case_id(id);
            }
            shared.apply(template)
        }
        TemplateArguments::Voice(voice) => {
            let number = number_id(context, &voice.number).await?;
            shared.apply(Voice::new(name, number))
        }
        TemplateArguments::Whatsapp(whatsapp) => {
            let token = match &whatsapp.access_token {
                Some(argument) => secrets::read(argument.as_str(), "--access-token")?,
                None => SentSecret::from(""),
            };
            masked.add("oauth", "accessToken");
            let account = WhatsAppAccount {
                waba_id: &whatsapp.waba_id.unwrap_or_default(),
                phone_id: &whatsapp.phone_id.unwrap_or_default(),
                phone_number: &whatsapp.phone_number.unwrap_or_default(),
                access_token: token.expose(),
            };
            let mut template = WhatsApp::new(name, account);
            if let Some(id) = whatsapp.mb_phone_id {
                template = template.mb_phone_id(id);
            }
            shared.apply(template)
        }
        TemplateArguments::Telegram(free) => {
            shared.free(Telegram::new(name), free.free, &mut masked)?
        }
        TemplateArguments::Facebook(free) => {
            shared.free(Facebook::new(name), free.free, &mut masked)?
        }
        TemplateArguments::Instagram(free) => {
            shared.free(Instagram::new(name), free.free, &mut masked)?
        }
        TemplateArguments::Line(free) => shared.free(Line::new(name), free.free, &mut masked)?,
        TemplateArguments::Email(free) => shared.free(Email::new(name), free.free, &mut masked)?,
        TemplateArguments::Custom(custom) => {
            let template = Custom::new(custom.template.unwrap_or_default(), name);
            shared.free(template, custom.free, &mut masked)?
        }
    };
    template.validate()?;
    if let Some(message_type) = checked_type {
        let known = ChannelMessageType::KNOWN;
        known_values::check(context, "--message-type", message_type.as_str(), known);
    }
    Ok(ConnectorRequest { template, masked })
}

impl MaskedParts {
    /// Adds the name of a secret. False if it was there.
    fn add(&mut self, scheme: &str, name: &str) -> bool {
        let names = self.secrets.entry(scheme.to_owned()).or_default();
        let is_new = !names.iter().any(|known| known == name);
        names.push(name.to_owned());
        is_new
    }
}

/// Fails if a repeatable option has the same name twice: one of the two values would be lost.
pub(super) fn unique<'a>(
    option: &str,
    names: impl Iterator<Item = &'a String>,
) -> Result<(), CliError> {
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name) {
            return Err(given_twice(option, name));
        }
    }
    Ok(())
}

fn given_twice(option: &str, name: &str) -> CliError {
    CliError::usage(format!(
        "{option} is given twice for {name}: pass one value"
    ))
}

/// The settings of every template.
struct Shared {
    conversational: Option<bool>,
    invitation_token: Option<SentSecret>,
}

impl Shared {
    fn apply<T: SharedSettings>(self, mut template: T) -> Template {
        if let Some(enabled) = self.conversational {
            template = template.with_conversational(enabled);
        }
        if let Some(token) = self.invitation_token {
            template = template.with_invitation_token(token);
        }
        template.into()
    }

    fn free<T: FreeTemplate>(
        self,
        template: T,
        arguments: FreeArguments,
        masked: &mut MaskedParts,
    ) -> Result<Template, CliError> {
        unique("--argument", arguments.argument.iter().map(|(key, _)| key))?;
        let mut template = template.with_arguments(arguments.argument);
        for argument in &arguments.security_argument {
            let (scheme, name, secret) = security_argument(argument)?;
            if !masked.add(&scheme, &name) {
                return Err(given_twice(
                    "--security-argument",
                    &format!("{scheme}.{name}"),
                ));
            }
            template = template.with_secret(scheme, name, secret);
        }
        Ok(self.apply(template))
    }
}

/// Parses `SCHEME.KEY=LOCATION` and reads the secret.
fn security_argument(argument: &SecretArgument) -> Result<(String, String, SentSecret), CliError> {
    let parts = argument.as_str().split_once('=');
    let parts = parts.and_then(|(path, location)| Some((path.split_once('.')?, location)));
    let Some(((scheme, name), location)) = parts else {
        return Err(CliError::usage(
            "--security-argument: expected SCHEME.KEY=SECRET, such as oauth.accessToken=env:TOKEN",
        ));
    };
    let option = format!("--security-argument {scheme}.{name}");
    let secret = secrets::read(location, &option)?;
    Ok((scheme.to_owned(), name.to_owned(), secret))
}

/// The id of the number, which is looked up if only the phone number is known.
async fn number_id(context: &Context, number: &NumberArguments) -> Result<NumberId, CliError> {
    match (number.phone_number_id, &number.phone_number) {
        (Some(id), _) => Ok(id),
        (None, Some(string)) => {
            let found = context.workspace()?.numbers().find(string).await?;
            let found = found.ok_or_else(|| {
                CliError::usage(format!(
                    "the workspace has no number {string}: `bird-connectors numbers list` shows its numbers"
                ))
            })?;
            Ok(found.id)
        }
        (None, None) => Err(CliError::usage("--phone-number-id is missing")),
    }
}

/// The methods that every template has.
trait SharedSettings: Into<Template> {
    fn with_conversational(self, enabled: bool) -> Self;
    fn with_invitation_token(self, token: SentSecret) -> Self;
}

/// The methods of templates whose arguments the caller chooses.
trait FreeTemplate: SharedSettings {
    fn with_arguments(self, arguments: Vec<(String, Value)>) -> Self;
    fn with_secret(self, scheme: String, name: String, secret: SentSecret) -> Self;
}

macro_rules! shared_settings {
    ($($template:ident)*) => {$(
        impl SharedSettings for $template {
            fn with_conversational(self, enabled: bool) -> Self {
                self.conversational(enabled)
            }

            fn with_invitation_token(self, token: SentSecret) -> Self {
                self.invitation_token(token)
            }
        }
    )*};
}

macro_rules! free_templates {
    ($($template:ident)*) => {$(
        impl FreeTemplate for $template {
            fn with_arguments(self, arguments: Vec<(String, Value)>) -> Self {
                self.arguments(arguments)
            }

            fn with_secret(self, scheme: String, name: String, secret: SentSecret) -> Self {
                self.security_argument(scheme, name, secret)
            }
        }
    )*};
}

shared_settings! { Sms Voice WhatsApp Telegram Facebook Instagram Line Email Custom }
free_templates! { Telegram Facebook Instagram Line Email Custom }
