//! Creating a connector: the body, the arguments of each template, and the detection of duplicates.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::error::ApiError;
use crate::api::id::parse_uuid;
use crate::api::object_reader::ObjectReader;
use crate::routes::call::{Call, HandlerResult};
use crate::routes::lookup::{workspace, workspace_mut};
use crate::routes::responses::created;
use crate::scenario::behavior::{
    Behavior, ConflictDetails, Duplicates, InvalidDataDetails, InvalidDataStatus, PhoneNumberIds,
    TemplateRef, UncommittedCreates, UndocumentedTemplates,
};
use crate::state::State;
use crate::state::connector::{Connector, NewConnector, Template};
use crate::state::entry::{Entry, Item};
use crate::state::number::Number;
use crate::state::workspace::Workspace;

/// The slugs of the documented templates.
const DOCUMENTED_TEMPLATES: &[&str] = &[
    "sms-messagebird",
    "whatsapp",
    "instagram",
    "facebook",
    "telegram",
    "line",
    "email-messagebird",
    "voice-messagebird",
];

pub(super) fn create(state: &mut State, call: Call) -> HandlerResult {
    let behavior = state.behavior;
    call.query.finish()?;
    let current = workspace(state, call.workspace)?;
    let create =
        read_body(call.body, current, &behavior).map_err(|error| invalid_data(error, &behavior))?;
    if let Some(existing) = find_duplicate(current, &create, call.now, &behavior) {
        return Err(conflict(existing, &behavior));
    }
    let script = state
        .scripts
        .take(&create.name, create.template.as_ref().map(Template::slug));
    let script = match call.commit_after {
        Some(delay) => script.commit_after(delay),
        None => script,
    };
    let connector = Connector::new(create, call.workspace, call.key, script, call.now);
    let clock = state.clock;
    let workspace = workspace_mut(state, call.workspace)?;
    let body = connector.to_json(&workspace.render_context(&behavior, &clock), call.now);
    let entry = workspace.new_entry(Item::Resource(connector));
    workspace.connectors.push(entry);
    Ok(created(&behavior, body))
}

/// The error for invalid data.
fn invalid_data(error: ApiError, behavior: &Behavior) -> ApiError {
    let error = match behavior.invalid_data_status {
        InvalidDataStatus::Unprocessable422 => error,
        InvalidDataStatus::BadRequest400 => error.with_status(400),
    };
    match behavior.invalid_data_details {
        InvalidDataDetails::ByPath => error,
        InvalidDataDetails::List => error.with_listed_details(),
        InvalidDataDetails::Absent => error.with_details(None),
    }
}

/// The 409 for a connector that exists already. Without details, the message does not name it either.
fn conflict(existing: Uuid, behavior: &Behavior) -> ApiError {
    let (message, details) = match behavior.conflict_details {
        ConflictDetails::Object => (
            format!("connector already exists: {existing}"),
            Some(json!({ "id": existing })),
        ),
        ConflictDetails::String => (
            format!("connector already exists: {existing}"),
            Some(json!(existing)),
        ),
        ConflictDetails::Absent => ("connector already exists".to_owned(), None),
    };
    ApiError::new(409, "ResourceAlreadyExists", message).with_details(details)
}

/// Reads the body. Secrets are validated, but not stored.
fn read_body(
    body: Value,
    workspace: &Workspace,
    behavior: &Behavior,
) -> Result<NewConnector, ApiError> {
    let mut body = ObjectReader::new(body)?;
    let name = body.required_string("name");
    let reference = match behavior.template_ref {
        TemplateRef::Required => Some(body.required_string("connectorTemplateRef")),
        TemplateRef::Optional => body.optional_string("connectorTemplateRef"),
    };
    let template = reference.as_deref().and_then(Template::parse);
    if let Some(reference) =
        reference.filter(|reference| !reference.is_empty() && template.is_none())
    {
        body.add_error(format!(
            "connectorTemplateRef must have the form slug:version, not \"{reference}\""
        ));
    }
    let arguments = body.nullable_object("arguments");
    let security = body.nullable_object("securityArguments");
    let conversational = body
        .nullable_bool("channelConversationalStatusEnabled")
        .unwrap_or_default();
    body.nullable_string("invitationToken");

    body.add_errors(check_security(security.unwrap_or_default()));
    if let Some(template) = &template {
        if behavior.undocumented_templates == UndocumentedTemplates::Rejected
            && !DOCUMENTED_TEMPLATES.contains(&template.slug())
        {
            body.add_error(format!("unknown template \"{}\"", template.slug()));
        }
        body.add_errors(check_arguments(
            template.slug(),
            arguments.clone().unwrap_or_default(),
            workspace,
            behavior,
        ));
    }
    body.finish()?;
    Ok(NewConnector {
        name,
        template,
        arguments,
        conversational,
    })
}

/// Security arguments are strings, grouped by scheme.
fn check_security(schemes: Map<String, Value>) -> Vec<String> {
    let mut errors = Vec::new();
    for (scheme, arguments) in schemes {
        let Value::Object(arguments) = arguments else {
            errors.push(format!("securityArguments.{scheme} must be an object"));
            continue;
        };
        for (name, value) in arguments {
            if !value.is_string() {
                errors.push(format!(
                    "securityArguments.{scheme}.{name} must be a string"
                ));
            }
        }
    }
    errors
}

/// Validates the documented arguments of a template. Other arguments are not validated.
fn check_arguments(
    slug: &str,
    arguments: Map<String, Value>,
    workspace: &Workspace,
    behavior: &Behavior,
) -> Vec<String> {
    let mut arguments = ObjectReader::nested("arguments", arguments);
    match slug {
        "sms-messagebird" => {
            let needs_use_case = check_phone_number_id(&mut arguments, workspace, behavior);
            arguments.required_string("channelMessageType");
            if needs_use_case && !arguments.contains("useCaseId") {
                arguments.add_error("arguments.useCaseId is required for a US 10DLC number");
            }
            arguments.nullable_uuid("useCaseId");
        }
        "whatsapp" => {
            arguments.required_string("wabaId");
            arguments.required_string("phoneId");
            let phone_number = arguments.required_string("phoneNumber");
            if !phone_number.is_empty() && !is_e164(&phone_number) {
                arguments.add_error(
                    "arguments.phoneNumber must be in E.164 form, for example +31612345678",
                );
            }
            arguments.nullable_uuid("mbPhoneId");
        }
        "voice-messagebird" => {
            check_phone_number_id(&mut arguments, workspace, behavior);
        }
        _ => {}
    }
    arguments.finish_open()
}

/// Validates `phoneNumberId`. Returns whether the number needs a use case.
fn check_phone_number_id(
    arguments: &mut ObjectReader,
    workspace: &Workspace,
    behavior: &Behavior,
) -> bool {
    let id = arguments.required_uuid("phoneNumberId");
    let Some(id) = parse_uuid(&id) else {
        return false;
    };
    let number = workspace.number(id);
    if number.is_none() && behavior.phone_number_ids == PhoneNumberIds::Known {
        arguments.add_error(format!(
            "arguments.phoneNumberId {id} is not a number of this workspace"
        ));
    }
    number.is_some_and(Number::needs_use_case)
}

fn is_e164(number: &str) -> bool {
    let Some(digits) = number.strip_prefix('+') else {
        return false;
    };
    (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// The existing connector that this create duplicates.
fn find_duplicate(
    workspace: &Workspace,
    create: &NewConnector,
    now: Duration,
    behavior: &Behavior,
) -> Option<Uuid> {
    let slug = create.template.as_ref().map_or("", Template::slug);
    let argument = |name: &str| create.arguments.as_ref()?.get(name)?.as_str();
    let same_id = |connector: &Connector, name: &str| {
        let id = |string: Option<&str>| string.and_then(parse_uuid);
        id(argument(name)).is_some_and(|new| id(connector.argument(name)) == Some(new))
    };
    let same_string = |connector: &Connector, name: &str| {
        argument(name).is_some_and(|new| connector.argument(name) == Some(new))
    };
    let same_identity = |connector: &Connector| match slug {
        "sms-messagebird" | "voice-messagebird" => same_id(connector, "phoneNumberId"),
        "whatsapp" => same_string(connector, "phoneId") || same_string(connector, "phoneNumber"),
        _ => connector.name == create.name,
    };
    let same_name = |connector: &Connector| connector.name == create.name;
    let is_duplicate = |connector: &&Connector| match behavior.duplicates {
        Duplicates::Identity => same_identity(connector),
        Duplicates::Name => same_name(connector),
        Duplicates::IdentityOrName => same_identity(connector) || same_name(connector),
        Duplicates::Allowed => false,
    };
    let is_detected = |connector: &Connector| match behavior.uncommitted_creates {
        UncommittedCreates::Detected => connector.exists(now),
        UncommittedCreates::Missed => connector.is_visible(now),
    };
    let connectors = workspace.connectors.iter().filter_map(Entry::resource);
    connectors
        .filter(|connector| connector.slug() == slug && is_detected(connector))
        .find(is_duplicate)
        .map(|connector| connector.id)
}
