use super::{docs, translate};

#[test]
fn setting_of_the_sdk_becomes_an_option() {
    for (sdk, expected) in [
        (
            "check for a connector before creating it again (`recreate_after_window` does that)",
            "check for a connector before creating it again (--recreate-after-window does that)",
        ),
        (
            "change the template, or call it without `refuse_drift`",
            "change the options of the template, or run the command without --refuse-drift",
        ),
        (
            "the project created it: an apply with `prune` deletes it",
            "the project created it: an apply with --prune deletes it",
        ),
        (
            "`identified_by` contains `key`, but the template has no value for it",
            "--identified-by contains `key`, but the template has no value for it",
        ),
        (
            "list connectors: page_size is 1001; the maximum for this list is 1000",
            "list connectors: --page-size is 1001; the maximum for this list is 1000",
        ),
        (
            "to adopt the existing connector, use `ensure` instead of `install`",
            "to adopt the existing connector, use `connectors ensure` instead of `connectors install`",
        ),
        (
            "if it is this connector, follow it by its id; if not, use `install`, which does not match",
            "if it is this connector, pass its id to `connectors wait`; if not, use `connectors install`, which does not match",
        ),
    ] {
        assert_eq!(translate(sdk), (expected.to_owned(), None));
    }
}

#[test]
fn argument_of_an_invalid_template_becomes_an_option() {
    let (message, _) = translate(
        "create a connector: invalid template `sms-messagebird:1`: the name is empty; `channelMessageType` is `2FA`: did you mean `2fa`?",
    );
    assert_eq!(
        message,
        "create a connector: invalid template `sms-messagebird:1`: --name is empty; --message-type is `2FA`: did you mean `2fa`?"
    );
    // The field of a connector is not an option.
    let drift = "the connector differs: `arguments.useCaseId` has another value";
    assert_eq!(translate(drift).0, drift);
}

#[test]
fn anchor_is_split_off() {
    for (message, text, anchor) in [
        (
            "x (1 attempt) [errors#not_found]",
            "x (1 attempt)",
            Some("not_found"),
        ),
        (
            "a [errors#decode]; b [errors#server]",
            "a; b",
            Some("server"),
        ),
        ("a [errors#not an anchor]", "a [errors#not an anchor]", None),
        ("a [errors#", "a [errors#", None),
        ("plain", "plain", None),
    ] {
        assert_eq!(
            translate(message),
            (text.to_owned(), anchor.map(str::to_owned))
        );
    }
}

#[test]
fn docs_name_the_page_and_the_anchor() {
    assert!(docs("not_found").ends_with("docs/reference/errors.md#not_found"));
}
