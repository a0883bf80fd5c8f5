//! Idempotent installs against the sandbox: real HTTP, short windows. Unit tests cover long windows, in paused time.

mod concurrent;
mod lost;
mod owners;
mod processes;
#[path = "../support/mod.rs"]
mod support;

use std::error::Error as StdError;
use std::time::{Duration, Instant};

use bird_connectors::install::Ensure;
use bird_connectors::models::WorkspaceId;
use bird_connectors::resources::Connectors;
use bird_connectors::templates::{
    Custom, Sms, Telegram, Template, Voice, WhatsApp, WhatsAppAccount,
};
use bird_connectors::wait::{WaitError, WaitOptions};
use bird_connectors::{ChannelMessageType, Client, Error, ErrorKind};
use bird_connectors_sandbox::behavior::{
    Arguments, ConflictDetails, ConnectorNumber, Duplicates, LastPage, UncommittedCreates,
};
use bird_connectors_sandbox::{Operation, Response, Rule, Sandbox, Script};
use serde_json::json;
use uuid::Uuid;

type TestResult = Result<(), Box<dyn StdError>>;

const SECRET: &str = "planted-access-token";
const NUMBER: Uuid = Uuid::from_u128(7);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A sandbox that accepts duplicates, and lists a created connector late: a run that does not wait for the others creates
/// another one.
async fn late_sandbox() -> std::io::Result<Sandbox> {
    Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .default_script(Script::instant().commit_after(ms(500)))
        .start()
        .await
}

fn connectors(sandbox: &Sandbox) -> Result<Connectors, Error> {
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key(sandbox.access_key())
        .build()?;
    Ok(client
        .workspace(WorkspaceId::from(sandbox.workspace_id()))
        .connectors())
}

fn sms(name: &str) -> Template {
    Sms::new(name, NUMBER, ChannelMessageType::Conversational).into()
}

fn whatsapp() -> Template {
    let account = WhatsAppAccount {
        waba_id: "1",
        phone_id: "2",
        phone_number: "+31612345678",
        access_token: SECRET,
    };
    WhatsApp::new("Support", account).into()
}

fn every_template() -> [Template; 5] {
    let custom = Custom::new("sms-messagebird:1", "Spelled")
        .argument("phoneNumberId", NUMBER.to_string().to_uppercase());
    [
        sms("Support"),
        Voice::new("Support", NUMBER).into(),
        whatsapp(),
        Telegram::new("Support").argument("bot", "b").into(),
        custom.argument("channelMessageType", "2fa").into(),
    ]
}

/// A window that is so long that only a defective `ensure` waits until its end.
fn with_window(ensure: Ensure) -> Ensure {
    ensure.reconcile_window(Duration::from_secs(60))
}

/// Makes the connector of the next create visible only after this time.
fn commit_after(sandbox: &Sandbox, commit: Duration) {
    sandbox.next_install(Script::instant().commit_after(commit));
}

#[tokio::test]
async fn second_ensure_adopts_the_connector_without_a_create() -> TestResult {
    for template in every_template() {
        let sandbox = Sandbox::start().await?;
        let connectors = connectors(&sandbox)?;
        let first = connectors.ensure(template.clone()).await?;
        assert!(!first.adopted() && first.matched_by().is_none() && first.secrets_applied());
        let again = connectors.ensure(template.clone()).await?;
        assert_eq!(
            (again.id(), again.adopted()),
            (first.id(), true),
            "{template:?}"
        );
        assert!(again.drift().is_empty(), "{:?}", again.drift());
        let has_secrets = template.reference() == WhatsApp::TEMPLATE;
        assert_eq!(again.secrets_applied(), !has_secrets);
        assert_eq!(sandbox.count(Operation::CreateConnector), 1);
        assert!(again.token().observed() && !first.token().observed());
    }
    Ok(())
}

#[tokio::test]
async fn ensure_matches_under_every_interpretation_of_the_contract() -> TestResult {
    for arguments in [Arguments::Echoed, Arguments::Absent, Arguments::Null] {
        for number in [
            ConnectorNumber::Present,
            ConnectorNumber::Absent,
            ConnectorNumber::Null,
        ] {
            let sandbox = Sandbox::builder()
                .behavior(|behavior| {
                    behavior.arguments = arguments;
                    behavior.connector_number = number;
                    behavior.duplicates = Duplicates::Allowed;
                    behavior.last_page = LastPage::Empty;
                })
                .connectors(130)
                .start()
                .await?;
            let connectors = connectors(&sandbox)?;
            let first = connectors.ensure(sms("Support")).await?;
            let again = connectors.ensure(sms("Support")).await?;
            assert_eq!(first.id(), again.id());
            let matched_by = again.matched_by().map(|by| by.as_str());
            let expected = match (arguments, number) {
                (Arguments::Echoed, _) => "arguments",
                (_, ConnectorNumber::Present) => "number_id",
                _ => "name",
            };
            assert_eq!(matched_by, Some(expected), "{arguments:?} {number:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn ensure_reports_drift_and_changes_nothing() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = connectors(&sandbox)?;
    let first = connectors.ensure(sms("Support")).await?;
    let again = connectors
        .ensure(Sms::new("Renamed", NUMBER, "2fa"))
        .await?;
    assert_eq!(again.id(), first.id());
    let drift: Vec<_> = again
        .drift()
        .iter()
        .map(|drift| (drift.field.as_str(), &drift.found))
        .collect();
    assert_eq!(
        drift,
        [
            ("name", &json!("Support")),
            ("arguments.channelMessageType", &json!("conversational"))
        ]
    );
    let name = again.connector().map(|connector| connector.name.as_str());
    assert_eq!(name, Some("Support"));
    // A voice connector on the same number is a different connector.
    assert!(
        !connectors
            .ensure(Voice::new("Support", NUMBER))
            .await?
            .adopted()
    );
    Ok(())
}

#[tokio::test]
async fn refused_drift_is_a_conflict_that_lists_the_fields() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = connectors(&sandbox)?;
    let first = connectors.ensure(sms("Support")).await?;
    // A conversational number is ensured for transactional messages.
    let transactional = Sms::new("Support", NUMBER, ChannelMessageType::Transactional);
    let error = connectors
        .ensure(transactional.clone())
        .refuse_drift()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.message().contains(
            "`arguments.channelMessageType` is \"conversational\" instead of \"transactional\""
        ),
        "{error}"
    );
    assert_eq!(
        error.details(),
        Some(&json!({
            "connectorId": first.id(),
            "drift": [{
                "field": "arguments.channelMessageType",
                "wanted": "transactional",
                "found": "conversational",
            }],
        }))
    );
    let all = connectors.install_all([transactional]).refuse_drift().await;
    let error = all[0].result.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(sandbox.count(Operation::CreateConnector), 1);
    // Without drift, the connector is adopted.
    let again = connectors.ensure(sms("Support")).refuse_drift().await?;
    assert_eq!((again.id(), again.adopted()), (first.id(), true));
    Ok(())
}

#[tokio::test]
async fn refused_drift_hides_values_of_undocumented_arguments() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = connectors(&sandbox)?;
    let bot = |value: &str| Telegram::new("Support").argument("bot", value);
    let _ = connectors.ensure(bot(SECRET)).await?;
    let error = connectors
        .ensure(bot("other"))
        .refuse_drift()
        .await
        .unwrap_err();
    let printed = format!("{error} {error:?} {:?}", error.details());
    assert!(
        printed.contains("`arguments.bot` has another value") && !printed.contains(SECRET),
        "{printed}"
    );
    Ok(())
}

#[tokio::test]
async fn install_conflict_suggests_ensure() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let connectors = connectors(&sandbox)?;
    let _ = connectors.install(sms("Support")).await?;
    let error = connectors.install(sms("Support")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error
            .to_string()
            .contains("use `ensure` instead of `install`"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn identified_by_selects_the_arguments_that_match() -> TestResult {
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    let connectors = connectors(&sandbox)?;
    let bot = |name: &str, bot: &str| Telegram::new(name).argument("bot", bot);
    let by_bot = |name: &str, of: &str| connectors.ensure(bot(name, of)).identified_by(["bot"]);
    let first = by_bot("Support", "b").await?;
    assert!(!by_bot("Support", "c").await?.adopted());
    assert_eq!(by_bot("Renamed", "b").await?.id(), first.id());
    // Two connectors have this name.
    let ambiguous = connectors.ensure(bot("Support", "b")).await.unwrap_err();
    assert_eq!(ambiguous.kind(), ErrorKind::Conflict);
    assert!(
        ambiguous.to_string().contains("`identified_by`"),
        "{ambiguous}"
    );
    assert!(
        ambiguous
            .details()
            .is_some_and(|ids| ids.as_array().is_some_and(|ids| ids.len() == 2))
    );
    sandbox.clear_requests();
    let refused = connectors
        .ensure(bot("Support", "b"))
        .identified_by(["bat"])
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), sandbox.requests().len()),
        (ErrorKind::InvalidInput, 0)
    );
    let refused = connectors
        .ensure(Sms::new("", NUMBER, "2fa"))
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), sandbox.requests().len()),
        (ErrorKind::InvalidInput, 0)
    );
    Ok(())
}

#[tokio::test]
async fn connector_that_a_conflict_names_is_adopted_once_it_is_visible() -> TestResult {
    async fn check(details: ConflictDetails) -> TestResult {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| {
                behavior.conflict_details = details;
                behavior.uncommitted_creates = UncommittedCreates::Detected;
            })
            .start()
            .await?;
        // Another process has just created it. The delay is long enough for `ensure` to list before it is visible.
        commit_after(&sandbox, ms(3000));
        let connectors = connectors(&sandbox)?;
        let first = connectors.install(sms("Support")).await?;
        let ensured = with_window(connectors.ensure(sms("Renamed"))).await?;
        assert_eq!(
            (ensured.id(), ensured.adopted()),
            (first.id(), true),
            "{details:?}"
        );
        assert_eq!(sandbox.count(Operation::CreateConnector), 2);
        Ok(())
    }
    tokio::try_join!(
        check(ConflictDetails::Object),
        check(ConflictDetails::String),
        check(ConflictDetails::Absent),
    )?;
    Ok(())
}

#[tokio::test]
async fn conflict_with_a_different_connector_fails_without_waiting() -> TestResult {
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Name)
        .start()
        .await?;
    let connectors = connectors(&sandbox)?;
    let other = connectors
        .install(Sms::new("Support", Uuid::from_u128(8), "2fa"))
        .await?;
    let start = Instant::now();
    let error = connectors.ensure(sms("Support")).await.unwrap_err();
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "ensure waited for its window"
    );
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Conflict, Some("ResourceAlreadyExists"))
    );
    assert!(
        error
            .to_string()
            .contains(&format!("the existing connector is {}", other.id())),
        "{error}"
    );
    // The documentation does not give the status of "already exists".
    let sandbox = Sandbox::start().await?;
    let body = json!({"code": "ResourceAlreadyExists", "message": "connector already exists"});
    sandbox.rule(
        Rule::on(Operation::CreateConnector)
            .respond_with(Response::json(422, body))
            .after_processing(),
    );
    assert!(
        with_window(self::connectors(&sandbox)?.ensure(sms("Support")))
            .await?
            .adopted()
    );
    Ok(())
}

#[tokio::test]
async fn undecodable_connector_of_the_template_prevents_a_create() -> TestResult {
    let sandbox = Sandbox::start().await?;
    let slug = "sms-messagebird";
    sandbox.insert_connector(
        json!({"id": "x", "connectorTemplateSlug": slug, "name": "Support", "createdAt": 5}),
    );
    let connectors = connectors(&sandbox)?;
    let error = connectors.ensure(sms("Support")).await.unwrap_err();
    assert_eq!(
        (error.kind(), sandbox.count(Operation::CreateConnector)),
        (ErrorKind::Decode, 0)
    );
    assert!(
        error.to_string().contains("may be a connector of template"),
        "{error}"
    );
    // It cannot be a WhatsApp connector.
    assert!(!connectors.ensure(whatsapp()).await?.adopted());
    Ok(())
}

#[tokio::test]
async fn ensure_creates_nothing_when_the_list_is_refused() -> TestResult {
    let sandbox = Sandbox::builder()
        .deny(Operation::ListConnectors)
        .start()
        .await?;
    let error = connectors(&sandbox)?
        .ensure(sms("Support"))
        .await
        .unwrap_err();
    assert!(error.is_permission_denied());
    assert_eq!(sandbox.count(Operation::CreateConnector), 0);
    Ok(())
}

#[tokio::test]
async fn adopted_failed_install_reports_how_to_recover() -> TestResult {
    let sandbox = Sandbox::builder()
        .default_script(Script::statuses(Duration::ZERO, ["failed"]))
        .start()
        .await?;
    let connectors = connectors(&sandbox)?;
    let first = connectors.ensure(sms("Support")).await?;
    let again = connectors.ensure(sms("Support")).await?;
    let error = again
        .until_ready()
        .options(WaitOptions::new().interval(ms(20), ms(50)))
        .await
        .unwrap_err();
    assert!(matches!(error, WaitError::Failed { .. }));
    assert!(
        error.to_string().contains("delete the connector")
            && error.to_string().contains("ensure again"),
        "{error}"
    );
    assert_eq!(sandbox.connectors().len(), 1, "ensure deletes nothing");
    connectors.delete(first.id()).await?;
    assert!(!connectors.ensure(sms("Support")).await?.adopted());
    Ok(())
}
