//! The lists of numbers.

use bird_connectors_sandbox::{Number, Sandbox};
use serde_json::json;

use crate::client::{Client, UNKNOWN_ID};

#[tokio::test]
async fn number_list_has_three_default_numbers() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    assert_eq!(
        client.get("/numbers").await.field("numberString"),
        ["+31612345678", "+447700900123", "+12025550123"]
    );
    let none = Sandbox::builder().no_numbers().start().await.unwrap();
    assert!(
        Client::new(&none)
            .get("/numbers")
            .await
            .results()
            .is_empty()
    );
}

#[tokio::test]
async fn number_has_the_documented_fields() {
    let id = UNKNOWN_ID.parse().unwrap();
    let number = Number::new("+13125550100")
        .with_id(id)
        .country("US")
        .number_type("toll-free")
        .mms();
    let sandbox = Sandbox::builder().number(number).start().await.unwrap();
    let mut number = Client::new(&sandbox)
        .get("/numbers")
        .await
        .results()
        .remove(0);
    assert!(number["createdAt"].is_string() && number["updatedAt"].is_string());
    for date in ["createdAt", "updatedAt"] {
        number.as_object_mut().unwrap().remove(date);
    }
    let both = json!({ "inbound": true, "outbound": true });
    let expected = json!({
        "id": UNKNOWN_ID, "numberString": "+13125550100", "countryCode": "US", "type": "toll-free",
        "capabilities": { "voice": both, "sms": both, "mms": both },
    });
    assert_eq!(number, expected);
}

#[tokio::test]
async fn long_code_list_excludes_alphanumeric_senders() {
    let sandbox = Sandbox::builder()
        .number(Number::new("SHOP").alphanumeric())
        .number(Number::new("+31600000000"))
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    assert_eq!(
        client.get("/numbers").await.field("numberString"),
        ["SHOP", "+31600000000"]
    );
    assert_eq!(
        client.get("/numbers-long-code").await.field("numberString"),
        ["+31600000000"]
    );
    sandbox.insert_number(json!({ "id": 1, "unknown": true }));
    assert_eq!(
        client.get("/numbers-long-code").await.results()[1],
        json!({ "id": 1, "unknown": true })
    );
}
