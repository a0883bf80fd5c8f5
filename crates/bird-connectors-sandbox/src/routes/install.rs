//! Creating a connector: the body, the rules of each template, and what makes a create a repetition.

use std::time::Duration;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Outcome, created, workspace, workspace_mut};
use crate::behavior::{
    Behavior, ConflictDetails, Duplicates, InvalidDataStatus, PhoneNumberIds, TemplateRef,
    UncommittedCreates, UndocumentedTemplates,
};
use crate::connector::{Connector, Created, Template};
use crate::dispatch::Call;
use crate::error::ApiError;
use crate::payload::Payload;
use crate::query::parse_uuid;
use crate::state::{Entry, Item, State, Workspace};

/// The slugs that the documents name.
const DOCUMENTED: [&str; 8] = [
    "sms-messagebird",
    "whatsapp",
    "instagram",
    "facebook",
    "telegram",
    "line",
    "email-messagebird",
    "voice-messagebird",
];

pub(super) fn create(state: &mut State, call: Call) -> Outcome {
    let behavior = state.behavior;
    call.query.finish()?;
    let here = workspace(state, call.workspace)?;
    let create =
        read(call.body, here, &behavior).map_err(|error| match behavior.invalid_data_status {
            InvalidDataStatus::Unprocessable422 => error,
            InvalidDataStatus::BadRequest400 => error.with_status(400),
        })?;
    if let Some(existing) = existing(here, &create, call.now, &behavior) {
        let message = format!("connector already exists: {existing}");
        let details = match behavior.conflict_details {
            ConflictDetails::Object => Some(json!({ "id": existing })),
            ConflictDetails::String => Some(json!(existing)),
            ConflictDetails::Absent => None,
        };
        let message = if details.is_some() {
            message
        } else {
            "connector already exists".to_owned()
        };
        return Err(ApiError::new(409, "ResourceAlreadyExists", message).with_details(details));
    }
    let script = state
        .scripts
        .take(&create.name, create.template.as_ref().map(Template::slug));
    let script = match call.commit_after {
        Some(wait) => script.commit_after(wait),
        None => script,
    };
    let connector = Connector::new(create, call.workspace, call.key, script, call.now);
    let clock = state.clock;
    let workspace = workspace_mut(state, call.workspace)?;
    let reply = created(
        &behavior,
        connector.to_json(workspace, call.now, &behavior, &clock),
    );
    let entry = workspace.entry(Item::Made(connector));
    workspace.connectors.push(entry);
    Ok(reply)
}

/// Reads the body. Secrets are checked and forgotten.
fn read(body: Value, workspace: &Workspace, behavior: &Behavior) -> Result<Created, ApiError> {
    let mut body = Payload::new(body)?;
    let name = body.required_text("name");
    let reference = match behavior.template_ref {
        TemplateRef::Required => Some(body.required_text("connectorTemplateRef")),
        TemplateRef::Optional => body.optional_text("connectorTemplateRef"),
    };
    let template = reference.as_deref().and_then(Template::parse);
    if let Some(reference) =
        reference.filter(|reference| !reference.is_empty() && template.is_none())
    {
        body.error(format!(
            "connectorTemplateRef must read slug:version, not \"{reference}\""
        ));
    }
    let arguments = body.nullable_object("arguments");
    let security = body.nullable_object("securityArguments");
    let conversational = body
        .nullable_bool("channelConversationalStatusEnabled")
        .unwrap_or_default();
    body.nullable_text("invitationToken");

    body.absorb(check_security(security.unwrap_or_default()));
    if let Some(template) = &template {
        if behavior.undocumented_templates == UndocumentedTemplates::Rejected
            && !DOCUMENTED.contains(&template.slug())
        {
            body.error(format!("there is no template \"{}\"", template.slug()));
        }
        body.absorb(check_arguments(
            template.slug(),
            arguments.clone().unwrap_or_default(),
            workspace,
            behavior,
        ));
    }
    body.finish()?;
    Ok(Created {
        name,
        template,
        arguments,
        conversational,
    })
}

/// Security arguments are texts in a scheme.
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

/// What the documents say of a template's arguments. Other arguments are free.
fn check_arguments(
    slug: &str,
    arguments: Map<String, Value>,
    workspace: &Workspace,
    behavior: &Behavior,
) -> Vec<String> {
    let mut arguments = Payload::within("arguments", arguments);
    match slug {
        "sms-messagebird" => {
            let number = check_phone_number_id(&mut arguments, workspace, behavior);
            arguments.required_text("channelMessageType");
            if number && !arguments.has("useCaseId") {
                arguments.error("arguments.useCaseId is required for a US 10DLC number");
            }
            arguments.optional_uuid("useCaseId");
        }
        "whatsapp" => {
            arguments.required_text("wabaId");
            arguments.required_text("phoneId");
            let phone_number = arguments.required_text("phoneNumber");
            if !phone_number.is_empty() && !is_e164(&phone_number) {
                arguments.error(
                    "arguments.phoneNumber must be in E.164 form, for instance +31612345678",
                );
            }
            arguments.optional_uuid("mbPhoneId");
        }
        "voice-messagebird" => {
            check_phone_number_id(&mut arguments, workspace, behavior);
        }
        _ => {}
    }
    arguments.finish_open()
}

/// Whether the number is one that needs a use case.
fn check_phone_number_id(
    arguments: &mut Payload,
    workspace: &Workspace,
    behavior: &Behavior,
) -> bool {
    let text = arguments.required_uuid("phoneNumberId");
    let Some(id) = parse_uuid(&text) else {
        return false;
    };
    let number = workspace.number(id);
    if number.is_none() && behavior.phone_number_ids == PhoneNumberIds::Known {
        arguments.error(format!(
            "arguments.phoneNumberId {id} is no number of this workspace"
        ));
    }
    number.is_some_and(crate::number::Number::needs_use_case)
}

fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

/// The connector of which this create is a repetition.
fn existing(
    workspace: &Workspace,
    create: &Created,
    now: Duration,
    behavior: &Behavior,
) -> Option<Uuid> {
    let slug = create.template.as_ref().map_or("", Template::slug);
    let argument = |name: &str| create.arguments.as_ref()?.get(name)?.as_str();
    let same_id = |connector: &Connector, name: &str| {
        let id = |text: Option<&str>| text.and_then(parse_uuid);
        id(argument(name)).is_some_and(|wanted| id(connector.argument(name)) == Some(wanted))
    };
    let same_text = |connector: &Connector, name: &str| {
        argument(name).is_some_and(|wanted| connector.argument(name) == Some(wanted))
    };
    let same_identity = |connector: &Connector| match slug {
        "sms-messagebird" | "voice-messagebird" => same_id(connector, "phoneNumberId"),
        "whatsapp" => same_text(connector, "phoneId") || same_text(connector, "phoneNumber"),
        _ => connector.name == create.name,
    };
    let same_name = |connector: &Connector| connector.name == create.name;
    let is_same = |connector: &&Connector| match behavior.duplicates {
        Duplicates::Identity => same_identity(connector),
        Duplicates::Name => same_name(connector),
        Duplicates::IdentityOrName => same_identity(connector) || same_name(connector),
        Duplicates::Allowed => false,
    };
    let counts = |connector: &Connector| match behavior.uncommitted_creates {
        UncommittedCreates::Detected => connector.exists(now),
        UncommittedCreates::Missed => connector.is_visible(now),
    };
    let connectors = workspace.connectors.iter().filter_map(Entry::made);
    connectors
        .filter(|connector| connector.slug() == slug && counts(connector))
        .find(is_same)
        .map(|connector| connector.id)
}
