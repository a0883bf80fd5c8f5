use bird_connectors::templates::Sms;
use bird_connectors::{ChannelMessageType, Workspace};

use crate::Result;

async fn find(workspace: &Workspace) -> Result<Sms> {
    // --8<-- [start:find]
    let number = workspace.numbers().find("+31 6 1234-5678").await?;
    let number = number.ok_or("the workspace does not have this number")?;
    let sms = Sms::new("Support NL", number.id, ChannelMessageType::Conversational);
    // --8<-- [end:find]
    Ok(sms)
}

async fn list(workspace: &Workspace) -> Result<usize> {
    // --8<-- [start:list]
    let mut count = 0;
    let mut numbers = workspace.numbers().list().items();
    while let Some(number) = numbers.try_next().await? {
        println!("{} {:?}", number.id, number.number_string);
        count += 1;
    }
    println!("{count} numbers");
    // --8<-- [end:list]
    Ok(count)
}

#[tokio::test]
async fn number_is_found_and_listed() {
    let (sandbox, workspace) = crate::sandbox().await;
    find(&workspace).await.unwrap();
    assert_eq!(list(&workspace).await.unwrap(), sandbox.numbers().len());
}
