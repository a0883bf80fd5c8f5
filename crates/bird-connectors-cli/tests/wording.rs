//! Messages name the options of the command line, not the settings of the SDK, and no anchors of its documentation.

mod support;

use std::fs;

use bird_connectors_sandbox::{Fault, Operation, Rule, Script};
use support::{CHANNEL, CONNECTOR, NUMBER, Ran, World};

const ENSURE: [&str; 9] = [
    "connectors",
    "ensure",
    "sms",
    "--name",
    "Support NL",
    "--phone-number-id",
    NUMBER,
    "--message-type",
    "conversational",
];

/// What belongs to the SDK.
const FOREIGN: [&str; 10] = [
    "[errors#",
    "recreate_after_window",
    "refuse_drift",
    "identified_by",
    "base_url)",
    "access_key)",
    "page_size",
    "missing_ok",
    "reconcile(",
    "max_empty_pages",
];

#[track_caller]
fn names_options(ran: &Ran, expected: &str) {
    assert!(ran.err.contains(expected), "{ran:?}");
    for foreign in FOREIGN {
        assert!(
            !ran.err.contains(foreign) && !ran.out.contains(foreign),
            "{ran:?}"
        );
    }
}

#[test]
fn setting_of_the_sdk_is_named_as_an_option() {
    let world = World::new();
    let run = |more: &[&str]| world.run(&[&ENSURE[..], more].concat());
    run(&[]).expect(0);
    let ran = world.run(&["connectors", "list", "--page-size", "1001"]);
    names_options(
        &ran.expect(2),
        "the parameter `limit` of the API is --page-size",
    );
    let mut other = ENSURE;
    other[8] = "2fa";
    let ran = world.run(&[&other[..], &["--refuse-drift"]].concat());
    names_options(&ran.expect(5), "without --refuse-drift");
    let ran = run(&["--identified-by", "shop"]).expect(2);
    names_options(&ran, "--identified-by contains `shop`");
    let ran = world.run(&["numbers", "list", "--page-size", "100"]);
    names_options(&ran.expect(2), "--page-size is 100;");
    let ran = world.run(&["connectors", "list", "--template", "sms"]);
    names_options(&ran.expect(2), "--template is not of the form");
    let url = ["webhooks", "subscribe", "--url", "http://example.com"];
    let ran = world.run(&url).expect(2);
    names_options(&ran, "--url is not https");
    for (to, text, option) in [
        ("", "Hi", "--to is empty"),
        ("+31612345678", "", "--text is empty"),
    ] {
        let send = ["channels", "send", CHANNEL, "--to", to, "--text", text];
        names_options(&world.run(&send).expect(2), option);
    }
    let ran = world.run(&["webhooks", "update", CONNECTOR]);
    names_options(&ran.expect(2), "pass --url, --status");
    let ran = world.run(&["connectors", "install", "sms", "--name", ""]);
    names_options(&ran.expect(2), "--phone-number-id");
    let ran = world.run(&["connectors", "install", "line", "--name", ""]);
    names_options(&ran.expect(2), "--name is empty");
    let mut install = ENSURE;
    install[1] = "install";
    let ran = world.run(&install);
    names_options(&ran.expect(5), "use `connectors ensure` instead");
}

#[test]
fn create_of_unknown_outcome_names_the_option_that_repeats_it() {
    let world = World::new();
    let lost = Rule::on(Operation::CreateConnector).fault(Fault::Html(503));
    world.sandbox.rule(lost);
    let ran = world.run(&[&ENSURE[..], &["--reconcile-window", "100ms"]].concat());
    names_options(&ran.expect(8), "(--recreate-after-window does that)");
}

#[test]
fn misspelled_value_of_a_template_names_its_option() {
    let world = World::new();
    let mut ensure = ENSURE;
    ensure[8] = "Conversational";
    let ran = world.run(&ensure).expect(2);
    names_options(
        &ran,
        "--message-type is `Conversational`: did you mean `conversational`?",
    );
}

#[test]
fn error_names_the_place_in_the_documentation() {
    let world = World::new();
    let get = ["connectors", "get", CONNECTOR];
    let ran = world.run(&get).expect(3);
    names_options(&ran, "\n  see: docs/reference/errors.md#not_found\n");
    let ran = world.run(&[&get[..], &["-o", "json"]].concat()).expect(3);
    assert_eq!(ran.error()["docs"], "docs/reference/errors.md#not_found");
    world.sandbox.next_install(Script::failing("rejected"));
    let ran = world.run(&[&ENSURE[..], &["--wait", "-o", "json"]].concat());
    let ran = ran.expect(7);
    names_options(&ran, "the install failed");
    assert_eq!(ran.error()["docs"], "docs/reference/errors.md#wait_failed");
    let ran = world.run(&["connectors", "lst", "-o", "json"]).expect(2);
    assert!(ran.error()["docs"].is_null());
}

/// Every heading that an error can name is on the page.
#[test]
fn documentation_has_each_anchor() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/errors.md"
    );
    let page = fs::read_to_string(page).unwrap();
    for kind in [
        "not_found",
        "wait_failed",
        "conflict",
        "invalid_input",
        "wait_timed_out",
    ] {
        assert!(page.contains(&format!("{{#{kind}}}")), "{kind}");
    }
}

#[test]
fn number_out_of_range_says_what_is_expected() {
    let world = World::new();
    for (arguments, expected) in [
        (
            &["connectors", "list", "--limit", "0"][..],
            "a whole number from 1",
        ),
        (
            &["connectors", "list", "--limit", "ten"],
            "a whole number from 1",
        ),
        (
            &["numbers", "list", "--page-size", "0"],
            "a whole number from 1",
        ),
        (&["sandbox", "--connectors=-1"], "a whole number from 0"),
        (
            &["sandbox", "--port", "99999"],
            "a whole number from 0 to 65535",
        ),
        (
            &["sandbox", "fault", "html_503", "--nth", "0"],
            "a whole number from 1",
        ),
        (
            &["webhooks", "listen", "--skip-verify", "--port", "x"],
            "from 0 to 65535",
        ),
        (
            &["connectors", "install-all", "x.csv", "--concurrency", "0"],
            "a whole number from 1",
        ),
    ] {
        let ran = world.run(arguments).expect(2);
        assert!(ran.err.contains(expected), "{ran:?}");
    }
}

#[test]
fn unknown_value_is_sent_with_a_warning() {
    let world = World::new();
    let mut ensure = ENSURE;
    ensure[8] = "transactionl";
    let dry_run = [&ensure[..], &["--dry-run", "-o", "json"]].concat();
    let ran = world.run(&dry_run).expect(0);
    assert!(
        ran.err
            .starts_with("warning: --message-type has the unknown value"),
        "{ran:?}"
    );
    assert!(ran.err.contains("did you mean transactional?"), "{ran:?}");
    assert_eq!(
        ran.json()["body"]["arguments"]["channelMessageType"],
        "transactionl"
    );
    let quiet = world.run(&[&dry_run[..], &["--quiet"]].concat()).expect(0);
    assert_eq!(quiet.err, "");

    for (arguments, option) in [
        (&["channels", "list", "--status", "actve"][..], "--status"),
        (&["webhooks", "events", "--service", "chanels"], "--service"),
    ] {
        let ran = world.run(arguments).expect(0);
        let warning = format!("warning: {option} has the unknown value");
        assert!(
            ran.err.contains(&warning) && ran.err.contains("did you mean"),
            "{ran:?}"
        );
    }
}

/// A thousand rows with one mistake need one warning.
#[test]
fn unknown_value_of_many_rows_has_one_warning() {
    let world = World::new();
    let file = world.folder().join("shops.csv");
    let row = format!("sms,Shop,{NUMBER},marketing\n");
    let rows = format!(
        "template,name,phone_number_id,message_type\n{row}{}",
        row.replace("Shop", "B")
    );
    fs::write(&file, rows).unwrap();
    let ran = world.run(&[
        "connectors",
        "install-all",
        file.to_str().unwrap(),
        "--dry-run",
    ]);
    assert_eq!(
        ran.expect(0).err.matches("warning: --message-type").count(),
        1
    );
}

/// The message names the channel, so that no hint has to say how to find it.
#[test]
fn message_to_a_connector_names_its_channel_once() {
    let world = World::new().with_examples();
    let send = [
        "channels",
        "send",
        CONNECTOR,
        "--to",
        "+31612345678",
        "--text",
        "Hi",
    ];
    let ran = world.run(&send).expect(3);
    assert!(ran.err.contains(CHANNEL), "{ran:?}");
    assert!(!ran.err.contains("hint:"), "{ran:?}");
}
