//! Numbers, both lists.

use bird_connectors_sandbox::{Number, Sandbox};
use serde_json::json;

use crate::client::{Client, STRANGE_NUMBER};

#[tokio::test]
async fn there_are_three_numbers_at_first() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(
        client.get("/numbers").await.column("numberString"),
        ["+31612345678", "+447700900123", "+12025550123"]
    );
    let none = Sandbox::builder().no_numbers().start().await.unwrap();
    assert!(Client::of(&none).get("/numbers").await.results().is_empty());
}

#[tokio::test]
async fn a_number_shows_what_the_documents_list() {
    let id = STRANGE_NUMBER.parse().unwrap();
    let number = Number::new("+13125550100")
        .with_id(id)
        .country("US")
        .number_type("toll-free")
        .mms();
    let sandbox = Sandbox::builder().number(number).start().await.unwrap();
    let mut shown = Client::of(&sandbox)
        .get("/numbers")
        .await
        .results()
        .remove(0);
    assert!(shown["createdAt"].is_string() && shown["updatedAt"].is_string());
    for date in ["createdAt", "updatedAt"] {
        shown.as_object_mut().unwrap().remove(date);
    }
    let both = json!({ "inbound": true, "outbound": true });
    let expected = json!({
        "id": STRANGE_NUMBER, "numberString": "+13125550100", "countryCode": "US", "type": "toll-free",
        "capabilities": { "voice": both, "sms": both, "mms": both },
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn the_long_code_list_leaves_alphanumeric_senders_out() {
    let sandbox = Sandbox::builder()
        .number(Number::new("SHOP").alphanumeric())
        .number(Number::new("+31600000000"))
        .start()
        .await
        .unwrap();
    let client = Client::of(&sandbox);
    assert_eq!(
        client.get("/numbers").await.column("numberString"),
        ["SHOP", "+31600000000"]
    );
    assert_eq!(
        client
            .get("/numbers-long-code")
            .await
            .column("numberString"),
        ["+31600000000"]
    );
    sandbox.insert_number(json!({ "id": 1, "strange": true }));
    assert_eq!(
        client.get("/numbers-long-code").await.results()[1],
        json!({ "id": 1, "strange": true })
    );
}
