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
    let active = json!({ "status": "active", "issues": [] });
    let expected = json!({
        "id": UNKNOWN_ID, "numberString": "+13125550100", "countryCode": "US", "type": "toll-free",
        "capabilities": { "voice": both, "sms": both, "mms": both },
        "endpoint": { "capabilities": [{ "inbound": active, "outbound": active }] },
        "order": { "status": "completed" },
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

#[tokio::test]
async fn number_list_refuses_a_limit_above_99() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    for list in ["/numbers", "/numbers-long-code"] {
        let answer = client.get(&format!("{list}?limit=99")).await;
        assert_eq!(answer.status, 200, "{list}");
        let answer = client.get(&format!("{list}?limit=100")).await;
        assert_eq!(answer.status, 422, "{list}");
        assert!(answer.body.contains("limit must be a number from 1 to 99"));
    }
}

#[tokio::test]
async fn number_lists_apply_their_filters() {
    let sandbox = Sandbox::builder()
        .number(Number::new("+31600000001"))
        .number(Number::new("+31600000002").status("active").mms())
        .number(
            Number::new("+13125550100")
                .country("US")
                .number_type("toll-free")
                .provider_id("one"),
        )
        .start()
        .await
        .unwrap();
    let client = Client::new(&sandbox);
    for (query, expected) in [
        ("prefix=%2B316", vec!["+31600000001", "+31600000002"]),
        ("prefix=1312", vec!["+13125550100"]),
        ("searchTerm=0002", vec!["+31600000002"]),
        ("status=active", vec!["+31600000002"]),
        ("type=toll-free", vec!["+13125550100"]),
        ("country=US", vec!["+13125550100"]),
        ("capabilities=mms", vec!["+31600000002"]),
        ("country=US&type=mobile", vec![]),
    ] {
        for list in ["/numbers", "/numbers-long-code"] {
            let found = client.get(&format!("{list}?{query}")).await;
            assert_eq!(found.field("numberString"), expected, "{list}?{query}");
        }
    }
    for (query, expected) in [
        ("numberString=%2B31600000001", vec!["+31600000001"]),
        (
            "countryCodes=US&countryCodes=NL",
            vec!["+31600000001", "+31600000002", "+13125550100"],
        ),
        ("providerIds=one&providerIds=two", vec!["+13125550100"]),
    ] {
        let found = client.get(&format!("/numbers-long-code?{query}")).await;
        assert_eq!(found.field("numberString"), expected, "{query}");
        assert_eq!(
            client.get(&format!("/numbers?{query}")).await.status,
            422,
            "{query}"
        );
    }
}
