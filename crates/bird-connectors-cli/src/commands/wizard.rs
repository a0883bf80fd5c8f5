//! Asks for the missing arguments of a template on a terminal.

use bird_connectors::Number;
use bird_connectors::models::{NumberType, UseCaseId};
use bird_connectors::resources::PhoneNumber;

use crate::args::template::{CommonArguments, NumberArguments, TemplateArguments};
use crate::context::Context;
use crate::errors::CliError;
use crate::prompt::{self, Conversion};

/// Completes the arguments. Asks nothing if nothing is missing. It never asks for a secret.
pub(super) async fn complete(
    context: &Context,
    template: &mut TemplateArguments,
) -> Result<(), CliError> {
    if super::template::missing(template).is_empty() {
        return Ok(());
    }
    if let TemplateArguments::Whatsapp(whatsapp) = template
        && whatsapp.access_token.is_none()
    {
        // Before the questions, whose answers would be lost.
        return Err(CliError::usage(
            "missing: --access-token, which says where the secret is: env:NAME, file:PATH or -; \
             --example prints a complete command",
        ));
    }
    if let TemplateArguments::Custom(custom) = template {
        let prompt = "Reference of the template, such as sms-messagebird:1";
        let argument = &mut custom.template;
        ask_converted(context, argument, "--template", prompt, reference).await?;
    }
    match template {
        TemplateArguments::Sms(sms) => {
            name(context, &mut sms.common).await?;
            number(context, &mut sms.number).await?;
            if sms.message_type.is_none() {
                let types = MESSAGE_TYPES.map(str::to_owned).to_vec();
                let index = prompt::choose(context, "Kind of messages", types).await?;
                let chosen = MESSAGE_TYPES.get(index).copied().unwrap_or_default();
                context.answered("--message-type", chosen);
                sms.message_type = Some(chosen.into());
            }
            if sms.use_case_id.is_none() {
                sms.use_case_id = use_case(context).await?;
            }
        }
        TemplateArguments::Voice(voice) => {
            name(context, &mut voice.common).await?;
            number(context, &mut voice.number).await?;
        }
        TemplateArguments::Whatsapp(whatsapp) => {
            name(context, &mut whatsapp.common).await?;
            let account = "Id of the WhatsApp Business account";
            ask(context, &mut whatsapp.waba_id, "--waba-id", account).await?;
            let phone_id = "Meta's phone_number_id";
            ask(context, &mut whatsapp.phone_id, "--phone-id", phone_id).await?;
            let number = "Phone number, such as +31612345678";
            let argument = &mut whatsapp.phone_number;
            ask_converted(context, argument, "--phone-number", number, e164).await?;
        }
        TemplateArguments::Custom(custom) => name(context, &mut custom.common).await?,
        TemplateArguments::Telegram(free)
        | TemplateArguments::Facebook(free)
        | TemplateArguments::Instagram(free)
        | TemplateArguments::Line(free)
        | TemplateArguments::Email(free) => name(context, &mut free.common).await?,
    }
    Ok(())
}

const MESSAGE_TYPES: [&str; 5] = [
    "conversational",
    "transactional",
    "promotional",
    "2fa",
    "emergency",
];

async fn name(context: &Context, common: &mut CommonArguments) -> Result<(), CliError> {
    ask(context, &mut common.name, "--name", "Name of the connector").await
}

/// Asks for the value of an option that is missing.
async fn ask(
    context: &Context,
    argument: &mut Option<String>,
    option: &str,
    prompt: &str,
) -> Result<(), CliError> {
    let any = |answer: &str| Ok(answer.to_owned());
    ask_converted(context, argument, option, prompt, any).await
}

/// Asks until the answer is valid: an error after the last question would lose all answers.
async fn ask_converted(
    context: &Context,
    argument: &mut Option<String>,
    option: &str,
    prompt: &str,
    conversion: Conversion,
) -> Result<(), CliError> {
    if argument.is_none() {
        let answer = prompt::text(context, prompt, conversion).await?;
        context.answered(option, &answer);
        *argument = Some(answer);
    }
    Ok(())
}

/// The E.164 form of a number in any spelling.
fn e164(answer: &str) -> Result<String, String> {
    let number: Result<PhoneNumber, _> = answer.parse();
    let number = number.map(|number| number.to_string());
    // A plus sign and at least 7 digits.
    match number.ok().filter(|number| number.len() > 7) {
        Some(number) => Ok(number),
        None => Err("expected an international phone number, such as +31612345678".to_owned()),
    }
}

fn reference(answer: &str) -> Result<String, String> {
    match answer.split_once(':') {
        Some((slug, version)) if !slug.is_empty() && !version.is_empty() => Ok(answer.to_owned()),
        _ => Err("expected slug:version, such as sms-messagebird:1".to_owned()),
    }
}

/// Lets the user choose one of the workspace's numbers.
async fn number(context: &Context, number: &mut NumberArguments) -> Result<(), CliError> {
    if super::template::has_number(number) {
        return Ok(());
    }
    let list = context.workspace()?.numbers().list();
    let numbers = list
        .collect_up_to(1000)
        .await
        .map_err(|partial| partial.error)?;
    let numbers: Vec<Number> = numbers.items;
    if numbers.is_empty() {
        return Err(CliError::usage(
            "the workspace has no phone numbers: buy one in the Bird app first",
        ));
    }
    let choices: Vec<String> = numbers.iter().map(describe).collect();
    let index = prompt::choose(context, "Phone number", choices).await?;
    let chosen = numbers.get(index).map(|number| number.id);
    if let Some(id) = chosen {
        context.answered("--phone-number-id", &id.to_string());
    }
    number.phone_number_id = chosen;
    Ok(())
}

/// Lets the user choose a use case, which most numbers do not need. Asks nothing if none can be listed.
async fn use_case(context: &Context) -> Result<Option<UseCaseId>, CliError> {
    let list = context.workspace()?.use_cases().list();
    // A key without this permission can still install.
    let Ok(use_cases) = list.collect_up_to(1000).await else {
        return Ok(None);
    };
    if use_cases.is_empty() {
        return Ok(None);
    }
    let mut choices = vec!["no use case".to_owned()];
    choices.extend(use_cases.iter().map(|use_case| {
        let name = use_case.name.clone();
        name.unwrap_or_else(|| use_case.id.to_string())
    }));
    let question = "Use case, required for US 10DLC numbers";
    let index = prompt::choose(context, question, choices).await?;
    // The first choice is none of them.
    let chosen = index
        .checked_sub(1)
        .and_then(|index| use_cases.items.get(index));
    let id = chosen.map(|use_case| use_case.id);
    if let Some(id) = id {
        context.answered("--use-case-id", &id.to_string());
    }
    Ok(id)
}

fn describe(number: &Number) -> String {
    let parts = [
        number.number_string.as_deref(),
        number.country_code.as_deref(),
        number.type_.as_ref().map(NumberType::as_str),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        number.id.to_string()
    } else {
        parts.join("  ")
    }
}

#[cfg(test)]
mod tests;
