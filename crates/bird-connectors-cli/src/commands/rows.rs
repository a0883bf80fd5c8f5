//! The rows of a bulk install, and the arguments of templates that they become. Pure.

mod parse;

use bird_connectors::NumberId;
use serde_json::Value;

use crate::args::template::{
    CommonArguments, CustomArguments, FreeArguments, NumberArguments, SecretArgument, SmsArguments,
    TemplateArguments, UndocumentedArguments, VoiceArguments, WhatsAppArguments,
};

use super::known_values;
use parse::Row;
pub(super) use parse::{FileRow, parse_csv, parse_json_lines};

/// An example of the file, with a row for each of three templates.
pub(super) const EXAMPLE: &str = "\
template,name,phone_number_id,phone_number,message_type,waba_id,phone_id,access_token
sms,Support NL,232d438f-9512-56f4-90a4-d0a17bf28237,,conversational,,,
voice,Reception,,+447700900123,,,,
whatsapp,Shop,,+31612345678,,102290129340398,106540352242922,env:WHATSAPP_ACCESS_TOKEN
";

/// Converts a row into the arguments of its template.
pub(super) fn arguments(row: Row) -> Result<TemplateArguments, String> {
    let mut fields = Fields(row);
    let template = fields
        .string("template")?
        .ok_or("`template` is missing: expected one such as sms")?;
    let common = CommonArguments {
        name: fields.string("name")?,
        conversational: fields.boolean("conversational")?,
        invitation_token: fields.string("invitation_token")?.map(SecretArgument::from),
    };
    let arguments = match template.as_str() {
        "sms" => TemplateArguments::Sms(SmsArguments {
            common,
            number: fields.number()?,
            message_type: fields.string("message_type")?.map(Into::into),
            use_case_id: fields.parsed("use_case_id")?,
        }),
        "voice" => TemplateArguments::Voice(VoiceArguments {
            common,
            number: fields.number()?,
        }),
        "whatsapp" => TemplateArguments::Whatsapp(WhatsAppArguments {
            common,
            waba_id: fields.string("waba_id")?,
            phone_id: fields.string("phone_id")?,
            phone_number: fields.string("phone_number")?,
            access_token: fields.string("access_token")?.map(SecretArgument::from),
            mb_phone_id: fields.parsed("mb_phone_id")?,
        }),
        "telegram" => TemplateArguments::Telegram(fields.undocumented(common)),
        "facebook" => TemplateArguments::Facebook(fields.undocumented(common)),
        "instagram" => TemplateArguments::Instagram(fields.undocumented(common)),
        "line" => TemplateArguments::Line(fields.undocumented(common)),
        "email" => TemplateArguments::Email(fields.undocumented(common)),
        reference if reference.contains(':') => TemplateArguments::Custom(CustomArguments {
            free: fields.free(),
            template: Some(template),
            common,
        }),
        unknown => {
            let nearest = known_values::nearest(unknown, &TEMPLATES);
            let hint = nearest.map(|nearest| format!("did you mean {nearest}? "));
            return Err(format!(
                "unknown `template`: {}expected {}, or a reference such as sms-messagebird:1",
                hint.unwrap_or_default(),
                TEMPLATES.join(", ")
            ));
        }
    };
    fields.finish(super::template::name(&arguments))?;
    Ok(arguments)
}

const TEMPLATES: [&str; 8] = [
    "sms",
    "voice",
    "whatsapp",
    "telegram",
    "facebook",
    "instagram",
    "line",
    "email",
];

/// The fields of a row that have not been used yet.
struct Fields(Row);

impl Fields {
    fn string(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(string)) => Ok(Some(string)),
            // A spreadsheet or a script can turn digits into a number.
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(format!("`{name}` is not a string")),
        }
    }

    fn boolean(&mut self, name: &str) -> Result<Option<bool>, String> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(Value::String(value)) if value.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Value::String(value)) if value.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(format!("`{name}` is neither true nor false")),
        }
    }

    fn parsed<T>(&mut self, name: &str) -> Result<Option<T>, String>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let string = self.string(name)?;
        string
            .map(|string| string.parse().map_err(|why| format!("`{name}`: {why}")))
            .transpose()
    }

    fn number(&mut self) -> Result<NumberArguments, String> {
        let number = NumberArguments {
            phone_number_id: self.parsed::<NumberId>("phone_number_id")?,
            phone_number: self.string("phone_number")?,
        };
        if number.phone_number_id.is_some() && number.phone_number.is_some() {
            return Err("`phone_number_id` and `phone_number` are both set".to_owned());
        }
        Ok(number)
    }

    fn undocumented(&mut self, common: CommonArguments) -> UndocumentedArguments {
        UndocumentedArguments {
            common,
            free: self.free(),
        }
    }

    /// The fields `arguments.KEY` and `security.SCHEME.KEY`.
    fn free(&mut self) -> FreeArguments {
        let mut free = FreeArguments::default();
        self.0.retain(|name, value| {
            if let Some(key) = name.strip_prefix("arguments.") {
                free.argument.push((key.to_owned(), value.take()));
                false
            } else if let (Some(path), Some(location)) =
                (name.strip_prefix("security."), value.as_str())
            {
                free.security_argument
                    .push(SecretArgument::from(format!("{path}={location}")));
                false
            } else {
                true
            }
        });
        free
    }

    /// Fails if a field is left, which is most likely misspelled.
    fn finish(self, template: &str) -> Result<(), String> {
        let left: Vec<&str> = self.0.keys().map(String::as_str).collect();
        if left.is_empty() {
            return Ok(());
        }
        Err(format!(
            "the template {template} has no field {}",
            left.join(", ")
        ))
    }
}

/// Replaces the indexes of templates, which start at 0, with row numbers, which start at 1: `template 0 (` becomes `row 1 (`.
pub(super) fn with_row_numbers(message: &str) -> String {
    let mut parts = message.split("template ");
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|letter: char| !letter.is_ascii_digit());
        let (index, rest) = part.split_at(digits.unwrap_or(part.len()));
        match index.parse::<usize>() {
            Ok(index) if rest.starts_with(" (`") => replaced += &format!("row {}{rest}", index + 1),
            _ => replaced = replaced + "template " + part,
        }
    }
    replaced
}

#[cfg(test)]
mod tests;
