//! Responses that the documentation does not exclude: fields of another form, and answers about another object.

use bird_connectors::ChannelMessageType;
use bird_connectors::templates::Sms;
use bird_connectors::wait::Step;
use bird_connectors_sandbox::Script;
use bird_connectors_sandbox::behavior::{ChannelFieldForm, IrrelevantFields, ReadSubject};
use bird_connectors_sandbox::{Behavior, Sandbox};
use uuid::Uuid;

use super::{TestResult, install, ms, only_channel, wait_for, workspace};

async fn sandbox_with(
    change: impl FnOnce(&mut Behavior),
) -> Result<Sandbox, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder()
        .default_script(Script::timed(ms(50), ms(100)))
        .behavior(change)
        .start();
    Ok(sandbox.await?)
}

#[tokio::test]
async fn wait_is_not_affected_by_irrelevant_fields_of_an_unexpected_form() -> TestResult {
    let unexpected = IrrelevantFields::Unexpected;
    let sandbox = sandbox_with(|behavior| behavior.irrelevant_fields = unexpected).await?;
    let workspace = workspace(&sandbox)?;
    let install = install(&workspace).await?;
    let ready = wait_for(&install).await?;
    let channel = ready.channel.unwrap();
    let names: Vec<_> = channel.undecoded().map(|(name, _)| name).collect();
    assert_eq!(names, ["name", "settings", "updatedAt"]);
    // `ensure` compares such a connector like any other.
    let sms = Sms::new(
        "Support NL",
        Uuid::from_u128(7),
        ChannelMessageType::Conversational,
    );
    let ensured = workspace.connectors().ensure(sms).await?;
    assert_eq!(ensured.id(), install.id());
    Ok(())
}

#[tokio::test]
async fn wait_finds_the_channel_whatever_the_form_of_the_channel_field() -> TestResult {
    for form in ChannelFieldForm::ALL {
        let sandbox = sandbox_with(|behavior| behavior.channel_field_form = *form).await?;
        let install = install(&workspace(&sandbox)?).await?;
        let ready = wait_for(&install).await?;
        assert_eq!(Some(ready.channel_id), only_channel(&sandbox), "{form:?}");
        let all = workspace(&sandbox)?.connectors().wait_all([install.id()]);
        let ready = all.await.remove(0).result?;
        assert_eq!(Some(ready.channel_id), only_channel(&sandbox), "{form:?}");
    }
    Ok(())
}

#[tokio::test]
async fn wait_ignores_a_response_about_another_object_and_says_so() -> TestResult {
    for (subject, expected) in [
        (ReadSubject::OtherConnector, "it is about connector"),
        (ReadSubject::OtherOwner, "belongs to connector"),
    ] {
        let sandbox = sandbox_with(|behavior| behavior.read_subject = subject).await?;
        let install = install(&workspace(&sandbox)?).await?;
        let mut steps = wait_for(&install).progress();
        loop {
            let step = steps.try_next().await?;
            let Some(Step::Poll(poll)) = step else {
                panic!("the wait is not satisfied: {step:?}");
            };
            // Other polls can fail in another way on a busy machine.
            if poll
                .error
                .is_some_and(|error| error.to_string().contains(expected))
            {
                break;
            }
        }
    }
    Ok(())
}
