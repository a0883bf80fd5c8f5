//! From a desired connector to the template of the SDK.

use bird_connectors::NumberId;
use bird_connectors::models::SentSecret;
use bird_connectors::templates::{
    Custom, Email, Facebook, Instagram, Line, Sms, Telegram, Template, Voice, WhatsApp,
    WhatsAppAccount,
};
use serde_json::{Value, json};

use super::{DesiredArguments, DesiredConnector, DesiredNumber, SecretArgument};
use crate::secret_reference::{ReadSecret, SecretError, SecretReference};
use crate::template_kind::TemplateKind;

/// What a template contains in place of secrets that were not read. It passes the checks of all templates.
const PLACEHOLDER: &str = "placeholder";

/// Whether a template contains its secrets.
#[derive(Clone, Copy)]
enum Secrets<'a> {
    /// Placeholders in place of security arguments, and no other argument that contains a secret.
    LeftOut,
    Read(&'a ReadSecret<'a>),
}

impl Secrets<'_> {
    fn resolve(self, reference: &SecretReference) -> Result<SentSecret, SecretError> {
        match self {
            Self::LeftOut => Ok(SentSecret::from(PLACEHOLDER)),
            Self::Read(read) => read(reference),
        }
    }
}

impl DesiredConnector {
    /// The number whose id has to be looked up.
    pub(crate) fn number(&self) -> Option<&DesiredNumber> {
        match &self.arguments {
            DesiredArguments::Sms { number, .. } | DesiredArguments::Voice { number } => {
                Some(number)
            }
            _ => None,
        }
    }

    /// The template with everything that can be compared. It must not be installed. `number` is the id of a number that was
    /// looked up; it is not used otherwise.
    pub(crate) fn comparable_template(&self, number: NumberId) -> Template {
        // Nothing is read, so nothing fails.
        self.build(number, Secrets::LeftOut)
            .unwrap_or_else(|_| Custom::new(&self.reference, &self.name).into())
    }

    /// The template with its secrets, which are read now.
    pub(crate) fn installable_template(
        &self,
        number: NumberId,
        read: &ReadSecret<'_>,
    ) -> Result<Template, SecretError> {
        self.build(number, Secrets::Read(read))
    }

    /// What a create would send, with references in place of secrets. `template` is the comparable one.
    pub(crate) fn fingerprint(&self, template: &Template) -> Value {
        let mut references = vec![self.invitation_token.as_ref().map(ToString::to_string)];
        let mut arguments = Value::Null;
        match &self.arguments {
            DesiredArguments::WhatsApp { access_token, .. } => {
                references.push(Some(access_token.to_string()));
            }
            DesiredArguments::Free {
                with_secrets,
                security,
                ..
            } => {
                let shown = with_secrets
                    .iter()
                    .map(|(key, value)| (key.clone(), value.shown()));
                arguments = Value::Object(shown.collect());
                for (scheme, names) in security {
                    let names = names.iter();
                    references
                        .extend(names.map(|(name, one)| Some(format!("{scheme}.{name}={one}"))));
                }
            }
            _ => {}
        }
        json!([
            template.reference(),
            template.name(),
            template.arguments(),
            self.conversational,
            arguments,
            references,
        ])
    }

    fn build(&self, number: NumberId, secrets: Secrets<'_>) -> Result<Template, SecretError> {
        let id = |desired: &DesiredNumber| match desired {
            DesiredNumber::Id(id) => *id,
            DesiredNumber::Number(_) => number,
        };
        let name = &self.name;
        match &self.arguments {
            DesiredArguments::Sms {
                number,
                message_type,
                use_case_id,
            } => {
                let mut sms = Sms::new(name, id(number), message_type.clone());
                if let Some(id) = use_case_id {
                    sms = sms.use_case_id(*id);
                }
                self.finish(sms, secrets)
            }
            DesiredArguments::Voice { number } => {
                self.finish(Voice::new(name, id(number)), secrets)
            }
            DesiredArguments::WhatsApp {
                waba_id,
                phone_id,
                phone_number,
                access_token,
                mb_phone_id,
            } => {
                let token = secrets.resolve(access_token)?;
                let account = WhatsAppAccount {
                    waba_id,
                    phone_id,
                    phone_number,
                    access_token: token.expose(),
                };
                let mut whatsapp = WhatsApp::new(name, account);
                if let Some(id) = mb_phone_id {
                    whatsapp = whatsapp.mb_phone_id(*id);
                }
                self.finish(whatsapp, secrets)
            }
            DesiredArguments::Free { .. } => match self.kind {
                TemplateKind::Telegram => self.free(Telegram::new(name), secrets),
                TemplateKind::Facebook => self.free(Facebook::new(name), secrets),
                TemplateKind::Instagram => self.free(Instagram::new(name), secrets),
                TemplateKind::Line => self.free(Line::new(name), secrets),
                TemplateKind::Email => self.free(Email::new(name), secrets),
                _ => self.free(Custom::new(&self.reference, name), secrets),
            },
        }
    }

    fn free<T: FreeTemplate>(
        &self,
        mut free: T,
        secrets: Secrets<'_>,
    ) -> Result<Template, SecretError> {
        if let DesiredArguments::Free {
            plain,
            with_secrets,
            security,
        } = &self.arguments
        {
            for (key, value) in plain {
                free = free.with_argument(key, value.clone());
            }
            if let Secrets::Read(read) = secrets {
                for (key, value) in with_secrets {
                    free = free.with_argument(key, value.read(read)?);
                }
            }
            for (scheme, names) in security {
                for (key, reference) in names {
                    free = free.with_secret(scheme, key, secrets.resolve(reference)?);
                }
            }
        }
        self.finish(free, secrets)
    }

    /// Adds the settings of every template.
    fn finish<T: AnyTemplate>(
        &self,
        mut template: T,
        secrets: Secrets<'_>,
    ) -> Result<Template, SecretError> {
        if let Some(enabled) = self.conversational {
            template = template.with_conversational(enabled);
        }
        if let Some(reference) = &self.invitation_token {
            template = template.with_invitation_token(secrets.resolve(reference)?);
        }
        Ok(template.into())
    }
}

impl SecretArgument {
    /// The argument with references in place of secrets.
    fn shown(&self) -> Value {
        match self {
            Self::Secret(reference) => Value::from(reference.to_string()),
            Self::Plain(value) => value.clone(),
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| (name.clone(), value.shown()));
                Value::Object(fields.collect())
            }
            Self::Array(items) => items.iter().map(Self::shown).collect(),
        }
    }

    fn read(&self, read: &ReadSecret<'_>) -> Result<Value, SecretError> {
        Ok(match self {
            Self::Secret(reference) => Value::from(read(reference)?.expose()),
            Self::Plain(value) => value.clone(),
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), value.read(read)?)));
                Value::Object(fields.collect::<Result<_, SecretError>>()?)
            }
            Self::Array(items) => {
                let items = items.iter().map(|item| item.read(read));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
        })
    }
}

/// The methods that every template has.
trait AnyTemplate: Into<Template> {
    fn with_conversational(self, enabled: bool) -> Self;
    fn with_invitation_token(self, token: SentSecret) -> Self;
}

/// The methods of templates whose arguments the caller chooses.
trait FreeTemplate: AnyTemplate {
    fn with_argument(self, key: &str, value: Value) -> Self;
    fn with_secret(self, scheme: &str, key: &str, secret: SentSecret) -> Self;
}

macro_rules! any_templates {
    ($($template:ident)*) => {$(
        impl AnyTemplate for $template {
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
            fn with_argument(self, key: &str, value: Value) -> Self {
                self.argument(key, value)
            }

            fn with_secret(self, scheme: &str, key: &str, secret: SentSecret) -> Self {
                self.security_argument(scheme, key, secret)
            }
        }
    )*};
}

any_templates! { Sms Voice WhatsApp Telegram Facebook Instagram Line Email Custom }
free_templates! { Telegram Facebook Instagram Line Email Custom }
