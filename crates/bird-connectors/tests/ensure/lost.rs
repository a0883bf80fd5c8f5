//! Where the answer to the create is lost or cannot be read, or the process is killed behind it.

use std::fs;
use std::path::PathBuf;

use bird_connectors::{FileJournal, Outcome, UnresolvedCreate};
use bird_connectors_sandbox::Fault;

use super::*;

fn lost() -> Rule {
    Rule::on(Operation::CreateConnector)
        .fault(Fault::ResetBeforeHeaders)
        .after_processing()
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_one() -> Done {
    for (commit, status) in [(0, None), (300, None), (300, Some(504)), (0, Some(500))] {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .start()
            .await?;
        slow(&sandbox, ms(commit));
        sandbox.rule(match status {
            None => lost(),
            Some(status) => Rule::on(Operation::CreateConnector)
                .respond_with(Response::text(status, "text/html", "<h1>Oops</h1>"))
                .after_processing(),
        });
        let ensured = soon(connectors(&sandbox)?.ensure(whatsapp())).await?;
        assert!(ensured.adopted() && !ensured.secrets_applied());
        assert_eq!(
            (
                sandbox.connectors().len(),
                sandbox.count(Operation::CreateConnector)
            ),
            (1, 1)
        );
    }
    Ok(())
}

#[tokio::test]
async fn whatever_happens_to_the_answer_there_is_one() -> Done {
    for fault in [
        "lost_response",
        "reset_before_headers",
        "reset_in_body",
        "truncated_json",
        "length_too_long",
        "length_too_short",
        "html_500",
        "html_200",
        "wrong_shape",
        "not_utf8",
        "empty",
        "gzip_bomb",
    ] {
        let sandbox = Sandbox::builder()
            .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
            .start()
            .await?;
        let rule = Rule::on(Operation::CreateConnector).fault(fault.parse()?);
        sandbox.rule(rule.after_processing());
        let ensured = soon(connectors(&sandbox)?.ensure(sms("Support"))).await;
        assert!(ensured.is_ok_and(|ensured| ensured.adopted()), "{fault}");
        assert_eq!(sandbox.connectors().len(), 1, "{fault}");
        assert_eq!(sandbox.count(Operation::CreateConnector), 1, "{fault}");
    }
    // And where it did not come about, the error says what is known.
    let sandbox = Sandbox::start().await?;
    sandbox.rule(Rule::on(Operation::CreateConnector).respond_with(Response::json(201, json!({}))));
    let ensure = connectors(&sandbox)?
        .ensure(sms("Support"))
        .reconcile_window(ms(50));
    let error = ensure.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (Kind::Decode, Some(Outcome::Unknown))
    );
    assert!(
        error
            .to_string()
            .contains("it may have been created, but nothing was seen of it within 50ms"),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn beyond_the_window_it_can_be_reconciled_later() -> Done {
    let sandbox = Sandbox::start().await?;
    slow(&sandbox, ms(600));
    sandbox.rule(lost());
    let connectors = connectors(&sandbox)?;
    let error = connectors
        .ensure(whatsapp())
        .reconcile_window(ms(100))
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Some(Outcome::Unknown));
    let told = format!("{error} {error:?} {:?}", error.unresolved());
    assert!(
        told.contains("`phoneId` 2 or `phoneNumber` +31612345678") && !told.contains(SECRET),
        "{told}"
    );
    // In another process, say.
    let stored = error
        .unresolved()
        .ok_or("nothing to reconcile")?
        .to_string();
    assert!(!stored.contains(SECRET));
    let left: UnresolvedCreate = stored.parse()?;
    assert!(
        connectors
            .reconcile(&left)
            .window(Duration::ZERO)
            .await?
            .is_none()
    );
    let found = connectors
        .reconcile(&left)
        .window(Duration::from_secs(5))
        .await?
        .ok_or("not found")?;
    assert_eq!(json!(found.id()), sandbox.connectors()[0]["id"]);
    assert!(found.adopted() && !found.secrets_applied());
    Ok(())
}

#[tokio::test]
async fn a_plain_install_tells_what_to_look_for() -> Done {
    let sandbox = Sandbox::start().await?;
    sandbox.rule(lost());
    let connectors = connectors(&sandbox)?;
    let error = connectors.install(sms("Support")).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it may have been created: look for a connector of template"),
        "{error}"
    );
    let left = error.unresolved().ok_or("nothing to reconcile")?;
    assert_eq!(
        (left.workspace(), left.arguments()["phoneNumberId"].clone()),
        (sandbox.workspace_id(), json!(NUMBER))
    );
    let found = connectors.reconcile(left).await?.ok_or("not found")?;
    found.until_ready().interval(ms(20), ms(50)).await?;
    // What was certainly not processed leaves nothing.
    sandbox.rule(
        Rule::on(Operation::CreateConnector)
            .always()
            .respond_with(Response::status(422)),
    );
    assert!(
        connectors
            .install(sms("Support"))
            .await
            .unwrap_err()
            .unresolved()
            .is_none()
    );
    // It belongs to its workspace.
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .access_key("k")
        .build()?;
    let elsewhere = client.workspace(Uuid::from_u128(1))?.connectors();
    let refused = elsewhere.reconcile(left).await.unwrap_err();
    assert_eq!(refused.kind(), Kind::InvalidInput);
    Ok(())
}

/// A place of its own for a journal, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bird-ensure-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_journal_survives_being_killed_behind_the_create() -> Done {
    let place = Place::new("killed");
    let sandbox = Sandbox::builder()
        .behavior(|behavior| behavior.duplicates = Duplicates::Allowed)
        .start()
        .await?;
    let connectors = connectors(&sandbox)?;
    slow(&sandbox, ms(500));
    sandbox.rule(Rule::on(Operation::CreateConnector).delay_response(Duration::from_secs(60)));
    let ensure = || -> Result<Ensure, Error> {
        Ok(soon(connectors.ensure(whatsapp())).journal(FileJournal::open(&place.0)?))
    };
    let killed = tokio::spawn(ensure()?.into_future());
    while sandbox.count(Operation::CreateConnector) == 0 {
        tokio::time::sleep(ms(5)).await;
    }
    killed.abort();
    assert!(killed.await.is_err_and(|end| end.is_cancelled()));
    // The same list shows nothing yet: without the journal there would be a second one.
    let resumed = ensure()?.await?;
    assert!(resumed.adopted() && resumed.journal_error().is_none());
    let again = ensure()?.await?;
    assert_eq!(
        (again.id(), again.matched_by().map(|by| by.as_str())),
        (resumed.id(), Some("journal"))
    );
    assert_eq!(
        (
            sandbox.connectors().len(),
            sandbox.count(Operation::CreateConnector)
        ),
        (1, 1)
    );
    let lines = fs::read_to_string(&place.0)?;
    assert!(!lines.contains(SECRET), "{lines}");
    Ok(())
}
