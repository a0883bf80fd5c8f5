//! The messages of the SDK in the words of the command line: a setting of the SDK becomes an option, and the anchor of the
//! documentation is split off. Pure.

use bird_connectors_plan::Plan;

/// The page that explains the errors, below the root of the repository.
const ERRORS_PAGE: &str = "docs/reference/errors.md";

/// What the SDK writes, and what the command line writes instead.
const PHRASES: [(&str, &str); 28] = [
    ("`recreate_after_window`", "--recreate-after-window"),
    ("with `prune`", "with --prune"),
    ("with `replace`", "with --replace"),
    ("with `update_signing_key`", "with --update-signing-key"),
    ("`reconcile_window`", "--reconcile-window"),
    (
        "call it without `refuse_drift`",
        "run the command without --refuse-drift",
    ),
    ("`refuse_drift`", "--refuse-drift"),
    ("`identified_by`", "--identified-by"),
    ("page_size is ", "--page-size is "),
    ("omit page_size", "omit --page-size"),
    ("the filter template is ", "--template is "),
    (
        "use `ensure` instead of `install`",
        "use `connectors ensure` instead of `connectors install`",
    ),
    (
        "`install`, which does not match",
        "`connectors install`, which does not match",
    ),
    ("follow it by its id", "pass its id to `connectors wait`"),
    (
        "follow one by its id",
        "pass the id of one to `connectors wait`",
    ),
    (
        "pass the string that `token` returned",
        "pass the whole token that another command printed",
    ),
    (
        "pass the string that `unresolved` returned",
        "pass the whole token that another command printed",
    ),
    (
        "the wait token is signed: read it with `verify` and its key",
        "the token is signed: pass the token without its signature",
    ),
    (
        "resume from the checkpoint later, or increase `max_empty_pages`",
        "list again later",
    ),
    (
        "the update has no changes; set at least one field",
        "the update has no changes: pass --url, --status, --filter or --signing-key",
    ),
    ("the receiver is empty", "--to is empty"),
    ("the text is empty", "--text is empty"),
    ("the event is empty", "--event is empty"),
    (
        "webhook subscription: the URL ",
        "webhook subscription: --url ",
    ),
    ("or open the journal again", "or run the command again"),
    ("open the journal again", "run the command again"),
    (
        "call again when the journal works",
        "run the command again when the journal works",
    ),
    ("change the template", "change the options of the template"),
];

/// The fields of `PlanOptions` that a conflict can be about.
const PLAN_OPTIONS: [(&str, &str); 3] = [
    ("replace", "--replace"),
    ("own", "--own"),
    ("update_signing_key", "--update-signing-key"),
];

/// How the SDK starts the message about a template that is not valid.
const INVALID_TEMPLATE: &str = "invalid template `";

/// The parts of a template in such a message, and the options that set them.
const TEMPLATE_OPTIONS: [(&str, &str); 10] = [
    ("the name is ", "--name is "),
    ("the reference is ", "--template is "),
    ("`phoneNumberId`", "--phone-number-id"),
    ("`channelMessageType`", "--message-type"),
    ("`useCaseId`", "--use-case-id"),
    ("`wabaId`", "--waba-id"),
    ("`phoneId`", "--phone-id"),
    ("`phoneNumber`", "--phone-number"),
    ("`mbPhoneId`", "--mb-phone-id"),
    ("`accessToken`", "--access-token"),
];

/// A message in the words of the command line, and the anchor that the SDK has put at its end.
pub(crate) fn translate(message: &str) -> (String, Option<String>) {
    let (mut message, anchor) = without_anchors(message);
    for (sdk, option) in PHRASES {
        message = message.replace(sdk, option);
    }
    // An option of the command line that repeats a field of the API has another meaning elsewhere.
    if let Some((before, template)) = message.split_once(INVALID_TEMPLATE) {
        let mut template = template.to_owned();
        for (sdk, option) in TEMPLATE_OPTIONS {
            template = template.replace(sdk, option);
        }
        message = format!("{before}{INVALID_TEMPLATE}{template}");
    }
    (message, anchor)
}

/// A message in the words of the command line, without its anchor.
pub(crate) fn in_options(message: &str) -> String {
    translate(message).0
}

/// A plan in the words of the command line. Its hash stays.
pub(crate) fn translate_plan(plan: &mut Plan) {
    for step in &mut plan.steps {
        if let Some(note) = &mut step.note {
            *note = in_options(note);
        }
    }
    for conflict in &mut plan.conflicts {
        conflict.message = in_options(&conflict.message);
        let option = PLAN_OPTIONS
            .iter()
            .find(|(name, _)| conflict.subject == *name);
        if let Some((_, option)) = option {
            conflict.subject = (*option).to_owned();
        }
    }
}

/// The place in the documentation that explains an error, such as `docs/reference/errors.md#not_found`. It is a URL if the
/// program knows the address of its repository.
pub(crate) fn docs(anchor: &str) -> String {
    let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
    let page = if repository.is_empty() {
        ERRORS_PAGE.to_owned()
    } else {
        format!("{repository}/blob/main/{ERRORS_PAGE}")
    };
    format!("{page}#{anchor}")
}

/// Removes each ` [errors#NAME]`. A message can contain that of another error. Returns the last name.
fn without_anchors(message: &str) -> (String, Option<String>) {
    const START: &str = " [errors#";
    let mut parts = message.split(START);
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut anchor = None;
    for part in parts {
        let is_name = |name: &str| {
            let letters = name.bytes();
            !name.is_empty()
                && letters
                    .into_iter()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        match part.split_once(']') {
            Some((name, rest)) if is_name(name) => {
                anchor = Some(name.to_owned());
                text += rest;
            }
            _ => text = text + START + part,
        }
    }
    (text, anchor)
}

#[cfg(test)]
mod tests;
