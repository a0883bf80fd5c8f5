//! The templates that a file can name, and which fields belong to each. The checks and the JSON Schema use this table.

/// A template with a short name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TemplateKind {
    Sms,
    WhatsApp,
    Voice,
    Telegram,
    Facebook,
    Instagram,
    Line,
    Email,
    /// Any other template, by its reference.
    Custom,
}

/// The fields of an entry that depend on its template.
pub(crate) struct TemplateFields {
    /// At least one field of each group is required. Two fields of a group exclude each other.
    pub(crate) required: &'static [&'static [&'static str]],
    pub(crate) optional: &'static [&'static str],
}

const NUMBER: &[&str] = &["phone_number_id", "phone_number"];
const FREE: &[&str] = &["arguments", "security_arguments"];

impl TemplateKind {
    /// The templates with a short name.
    pub(crate) const NAMED: [Self; 8] = [
        Self::Sms,
        Self::WhatsApp,
        Self::Voice,
        Self::Telegram,
        Self::Facebook,
        Self::Instagram,
        Self::Line,
        Self::Email,
    ];

    /// The short name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::WhatsApp => "whatsapp",
            Self::Voice => "voice",
            Self::Telegram => "telegram",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Line => "line",
            Self::Email => "email",
            Self::Custom => "custom",
        }
    }

    /// The reference, unless the entry contains it.
    pub(crate) fn reference(self) -> Option<&'static str> {
        use bird_connectors::templates as known;

        Some(match self {
            Self::Sms => known::Sms::TEMPLATE,
            Self::WhatsApp => known::WhatsApp::TEMPLATE,
            Self::Voice => known::Voice::TEMPLATE,
            Self::Telegram => known::Telegram::TEMPLATE,
            Self::Facebook => known::Facebook::TEMPLATE,
            Self::Instagram => known::Instagram::TEMPLATE,
            Self::Line => known::Line::TEMPLATE,
            Self::Email => known::Email::TEMPLATE,
            Self::Custom => return None,
        })
    }

    /// Reads the field `template`: a short name, or a reference with a version.
    pub(crate) fn parse(template: &str) -> Option<Self> {
        let named = Self::NAMED
            .into_iter()
            .find(|kind| kind.name() == template || kind.reference() == Some(template));
        named.or_else(|| template.contains(':').then_some(Self::Custom))
    }

    pub(crate) fn fields(self) -> TemplateFields {
        let (required, optional): (&'static [&'static [&'static str]], _) = match self {
            Self::Sms => (&[NUMBER, &["message_type"]], &["use_case_id"][..]),
            Self::Voice => (&[NUMBER], &[][..]),
            Self::WhatsApp => (
                &[
                    &["waba_id"],
                    &["phone_id"],
                    &["phone_number"],
                    &["access_token"],
                ],
                &["mb_phone_id"][..],
            ),
            _ => (&[], FREE),
        };
        TemplateFields { required, optional }
    }
}
