use bird_connectors::models::NumberId;
use bird_connectors::templates::{
    Custom, Sms, Telegram, Template, Voice, WhatsApp, WhatsAppAccount,
};
use bird_connectors::{ChannelMessageType, Workspace};

use crate::Result;

fn sms(number_id: NumberId) -> Sms {
    // --8<-- [start:sms]
    let sms = Sms::new("Support NL", number_id, ChannelMessageType::Transactional);
    // --8<-- [end:sms]
    sms
}

async fn sms_with_use_case(workspace: &Workspace, number_id: NumberId) -> Result<Sms> {
    // --8<-- [start:use_case]
    let mut use_cases = workspace.use_cases().list().items();
    let use_case = use_cases.try_next().await?;
    let use_case = use_case.ok_or("the workspace has no use case")?;
    let sms = Sms::new("Support US", number_id, ChannelMessageType::Transactional)
        .use_case_id(use_case.id);
    // --8<-- [end:use_case]
    Ok(sms)
}

fn whatsapp(token_from_meta: &str) -> WhatsApp {
    // --8<-- [start:whatsapp]
    let account = WhatsAppAccount {
        waba_id: "102290129340398",  // the id of the WhatsApp Business account
        phone_id: "106540352242922", // Meta's phone_number_id
        phone_number: "+31612345678",
        access_token: token_from_meta,
    };
    let whatsapp = WhatsApp::new("Shop", account);
    // --8<-- [end:whatsapp]
    whatsapp
}

fn voice(number_id: NumberId) -> Voice {
    // --8<-- [start:voice]
    let voice = Voice::new("Calls", number_id);
    // --8<-- [end:voice]
    voice
}

fn telegram(token: &str) -> Telegram {
    // --8<-- [start:undocumented]
    // The names of the arguments are examples: use those that your account needs.
    let telegram = Telegram::new("Bot")
        .argument("key", "value")
        .security_argument("scheme", "argument", token);
    // --8<-- [end:undocumented]
    telegram
}

fn custom() -> Custom {
    // --8<-- [start:custom]
    let custom = Custom::new("viber:1", "Shop").argument("page", "42");
    // --8<-- [end:custom]
    custom
}

fn invalid() -> String {
    // --8<-- [start:validate]
    let template = Template::from(Custom::new("viber", ""));
    let error = template.validate().unwrap_err();
    println!("{error}");
    // --8<-- [end:validate]
    error.to_string()
}

async fn install(workspace: &Workspace, template: impl Into<Template>) {
    let install = workspace.connectors().install(template).await.unwrap();
    assert!(install.connector().is_some());
}

#[tokio::test]
async fn every_template_is_installed() {
    let (sandbox, workspace) = crate::sandbox().await;
    let numbers: Vec<NumberId> = sandbox
        .numbers()
        .iter()
        .map(|number| NumberId::from(number.id()))
        .collect();
    install(&workspace, sms(numbers[0])).await;
    let us = sms_with_use_case(&workspace, numbers[2]).await.unwrap();
    install(&workspace, us).await;
    install(&workspace, whatsapp("a-token")).await;
    install(&workspace, voice(numbers[1])).await;
    install(&workspace, telegram("a token")).await;
    install(&workspace, custom()).await;
    assert_eq!(sandbox.connectors().len(), 6);
    assert!(invalid().contains("the name is empty"));
}
