//! The checks of a connector.

use std::collections::BTreeMap;

use bird_connectors::install::ConnectorIdentity;
use bird_connectors::models::looks_secret;
use bird_connectors::resources::PhoneNumber;
use bird_connectors::{ChannelMessageType, NumberId, WorkspaceId};
use serde_json::{Map, Value};
use serde_saphyr::{Location, Spanned};

use super::super::format::ConnectorEntry;
use super::file_check::FileCheck;
use super::merged::Merged;
use crate::desired::{DesiredArguments, DesiredConnector, DesiredNumber, SecretArgument};
use crate::place::Place;
use crate::secret_reference::SecretReference;
use crate::template_kind::TemplateKind;

/// Checks a connector, and that it is described once. Problems are added to those of the file.
pub(super) fn check(
    file: &mut FileCheck<'_>,
    workspace: WorkspaceId,
    entry: &Spanned<ConnectorEntry>,
    merged: &mut Merged,
) -> Option<DesiredConnector> {
    let connector = read(file, entry)?;
    let template = connector.comparable_template(UNRESOLVED);
    if let Err(error) = template.validate() {
        file.problem(&connector.place, error.message());
        return None;
    }
    let identities = match connector.number() {
        // Its id is not known yet. A plan notices if another entry has the id of the same number.
        Some(DesiredNumber::Number(number)) => vec![format!("{} {number}", connector.kind.name())],
        _ => ConnectorIdentity::of(&template).keys(),
    };
    for identity in identities {
        if let Some(earlier) = merged.describe(workspace, identity, &connector.place) {
            let message = format!(
                "`{}` describes the same connector as {earlier}: remove one of them",
                connector.name
            );
            file.problem(&connector.place, message);
            return None;
        }
    }
    Some(connector)
}

/// In place of the id of a number that was not looked up.
const UNRESOLVED: NumberId = NumberId::from_u128(1);

fn read(file: &mut FileCheck<'_>, entry: &Spanned<ConnectorEntry>) -> Option<DesiredConnector> {
    let place = file.place_of(entry);
    let entry = &entry.value;
    let name = required(file, &place, "name", entry.name.as_ref());
    if let Some(name) = name
        && name.value.trim().is_empty()
    {
        let place = file.place_of(name);
        file.problem(&place, "the name is empty");
        return None;
    }
    let template = required(file, &place, "template", entry.template.as_ref())?;
    let Some(kind) = TemplateKind::parse(&template.value) else {
        let place = file.place_of(template);
        file.problem(&place, unknown_template(&template.value));
        return None;
    };
    let known = file.problems.len();
    check_fields(file, &place, kind, entry);
    let arguments = arguments(file, kind, entry);
    let invitation_token = entry.invitation_token.as_ref();
    let invitation_token =
        invitation_token.and_then(|value| file.secret("invitation_token", value));
    let (name, arguments) = (name?, arguments?);
    (file.problems.len() == known).then(|| DesiredConnector {
        place,
        name: name.value.clone(),
        kind,
        reference: kind.reference().unwrap_or(&template.value).to_owned(),
        conversational: entry.conversational.as_ref().map(|value| value.value),
        invitation_token,
        arguments,
    })
}

fn required<'a, T>(
    file: &mut FileCheck<'_>,
    place: &Place,
    field: &str,
    value: Option<&'a Spanned<T>>,
) -> Option<&'a Spanned<T>> {
    if value.is_none() {
        file.problem(place, format!("the connector has no `{field}`"));
    }
    value
}

fn unknown_template(template: &str) -> String {
    let names = TemplateKind::NAMED.map(TemplateKind::name);
    let plain: String = template
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase();
    let close = names.iter().find(|name| {
        let common = name
            .chars()
            .filter(|letter| plain.contains(*letter))
            .count();
        plain.starts_with(&name[..2]) && common + 1 >= name.len() || plain.contains(**name)
    });
    match close {
        Some(close) => format!("unknown template: did you mean `{close}`?"),
        None => format!(
            "unknown template: expected one of {}, or a reference with a version such as `viber:1`",
            names.join(", ")
        ),
    }
}

/// The fields that depend on the template, with their places.
fn given(entry: &ConnectorEntry) -> Vec<(&'static str, Location)> {
    fn at<T>(name: &'static str, value: Option<&Spanned<T>>) -> Option<(&'static str, Location)> {
        value.map(|value| (name, value.referenced))
    }
    let all = [
        at("phone_number_id", entry.phone_number_id.as_ref()),
        at("phone_number", entry.phone_number.as_ref()),
        at("message_type", entry.message_type.as_ref()),
        at("use_case_id", entry.use_case_id.as_ref()),
        at("waba_id", entry.waba_id.as_ref()),
        at("phone_id", entry.phone_id.as_ref()),
        at("access_token", entry.access_token.as_ref()),
        at("mb_phone_id", entry.mb_phone_id.as_ref()),
        at("arguments", entry.arguments.as_ref()),
        at("security_arguments", entry.security_arguments.as_ref()),
    ];
    all.into_iter().flatten().collect()
}

/// Reports fields that the template does not have, and those that are missing.
fn check_fields(
    file: &mut FileCheck<'_>,
    place: &Place,
    kind: TemplateKind,
    entry: &ConnectorEntry,
) {
    let fields = kind.fields();
    let given = given(entry);
    let is_given = |name: &&&str| given.iter().any(|(given, _)| *given == **name);
    for (name, location) in &given {
        let known = fields.required.iter().flat_map(|group| group.iter());
        if !known.chain(fields.optional).any(|known| known == name) {
            let place = file.place(*location);
            let message = format!("the template `{}` has no `{name}`", kind.name());
            file.problem(&place, message);
        }
    }
    for group in fields.required {
        match group.iter().filter(is_given).count() {
            0 => {
                let names: Vec<_> = group.iter().map(|name| format!("`{name}`")).collect();
                let message = format!(
                    "the template `{}` needs {}",
                    kind.name(),
                    names.join(" or ")
                );
                file.problem(place, message);
            }
            1 => {}
            _ => {
                let message = format!("`{}` exclude each other", group.join("` and `"));
                file.problem(place, message);
            }
        }
    }
}

/// The arguments of the template. Missing ones have been reported.
fn arguments(
    file: &mut FileCheck<'_>,
    kind: TemplateKind,
    entry: &ConnectorEntry,
) -> Option<DesiredArguments> {
    let string = |value: &Option<Spanned<String>>| Some(value.as_ref()?.value.clone());
    match kind {
        TemplateKind::Sms => {
            let number = number(file, entry);
            let use_case_id = entry.use_case_id.as_ref();
            let use_case_id = use_case_id.and_then(|value| file.parsed("use_case_id", value));
            let message_type = entry.message_type.as_ref()?;
            Some(DesiredArguments::Sms {
                number: number?,
                message_type: ChannelMessageType::from(message_type.value.as_str()),
                use_case_id,
            })
        }
        TemplateKind::Voice => Some(DesiredArguments::Voice {
            number: number(file, entry)?,
        }),
        TemplateKind::WhatsApp => {
            let mb_phone_id = entry.mb_phone_id.as_ref();
            let mb_phone_id = mb_phone_id.and_then(|value| file.parsed("mb_phone_id", value));
            let access_token = entry.access_token.as_ref();
            let access_token = access_token.and_then(|value| file.secret("access_token", value));
            Some(DesiredArguments::WhatsApp {
                waba_id: string(&entry.waba_id)?,
                phone_id: string(&entry.phone_id)?,
                phone_number: string(&entry.phone_number)?,
                access_token: access_token?,
                mb_phone_id,
            })
        }
        _ => free_arguments(file, entry),
    }
}

fn number(file: &mut FileCheck<'_>, entry: &ConnectorEntry) -> Option<DesiredNumber> {
    if let Some(id) = &entry.phone_number_id {
        return file.parsed("phone_number_id", id).map(DesiredNumber::Id);
    }
    let number = entry.phone_number.as_ref()?;
    let number = file.parsed::<PhoneNumber>("phone_number", number)?;
    Some(DesiredNumber::Number(number))
}

fn free_arguments(file: &mut FileCheck<'_>, entry: &ConnectorEntry) -> Option<DesiredArguments> {
    let (mut plain, mut with_secrets) = (Map::new(), BTreeMap::new());
    if let Some(arguments) = &entry.arguments {
        let place_of_all = file.place_of(arguments);
        for (name, value) in &arguments.value {
            if value.is_null() {
                continue;
            }
            if !contains_secret(name, value) {
                plain.insert(name.clone(), value.clone());
                continue;
            }
            let folder = file.folder();
            let parse = |reference: &str| SecretReference::parse(reference, &folder);
            let mut invalid = Vec::new();
            let path = format!("/{name}");
            let argument = secret_argument(name, &path, value, &parse, &mut invalid);
            for InvalidArgument { path, why } in invalid {
                let place = entry.argument_places.0.get(&path);
                let place = place.map_or_else(|| place_of_all.clone(), |one| file.place(*one));
                file.problem(&place, format!("the argument {why}"));
            }
            with_secrets.insert(name.clone(), argument);
        }
    }
    let mut security: BTreeMap<String, BTreeMap<String, SecretReference>> = BTreeMap::new();
    for (scheme, names) in entry.security_arguments.iter().flat_map(|all| &all.value) {
        for (name, value) in names {
            let reference = file.secret(&format!("{scheme}.{name}"), value);
            if let Some(reference) = reference {
                let scheme = security.entry(scheme.clone()).or_default();
                scheme.insert(name.clone(), reference);
            }
        }
    }
    Some(DesiredArguments::Free {
        plain,
        with_secrets,
        security,
    })
}

/// Whether the name of a value suggests a secret, at any depth.
fn contains_secret(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        _ if looks_secret(name) => true,
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| contains_secret(name, value)),
        Value::Array(items) => items.iter().any(|item| contains_secret(name, item)),
        _ => false,
    }
}

/// Why an argument is invalid. The reason does not repeat a value.
struct InvalidArgument {
    path: String,
    why: String,
}

/// Converts an argument that contains secrets. Without `invalid` ones, the result is complete.
fn secret_argument(
    name: &str,
    path: &str,
    value: &Value,
    parse: &impl Fn(&str) -> Result<SecretReference, String>,
    invalid: &mut Vec<InvalidArgument>,
) -> SecretArgument {
    match value {
        Value::Null => SecretArgument::Plain(Value::Null),
        value if looks_secret(name) => match parse(value.as_str().unwrap_or_default()) {
            Ok(reference) => SecretArgument::Secret(reference),
            Err(why) => {
                invalid.push(InvalidArgument {
                    path: path.to_owned(),
                    why: format!("`{name}` {why}"),
                });
                SecretArgument::Plain(Value::Null)
            }
        },
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let path = format!("{path}/{name}");
                let value = secret_argument(name, &path, value, parse, invalid);
                (name.clone(), value)
            });
            SecretArgument::Object(fields.collect())
        }
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(index, item)| {
                secret_argument(name, &format!("{path}/{index}"), item, parse, invalid)
            });
            SecretArgument::Array(items.collect())
        }
        plain => SecretArgument::Plain(plain.clone()),
    }
}
