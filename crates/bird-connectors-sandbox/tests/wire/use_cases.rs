//! Use cases: list and get.

use bird_connectors_sandbox::{Sandbox, UseCase};
use serde_json::json;

use crate::client::{Client, UNKNOWN_ID};

#[tokio::test]
async fn use_case_has_the_documented_fields() {
    let id = UNKNOWN_ID.parse().unwrap();
    let use_case = UseCase::new("Notices").with_id(id).status("pending");
    let use_case = use_case.case_type("transactional");
    let sandbox = Sandbox::builder().use_case(use_case).start().await.unwrap();
    let client = Client::new(&sandbox);
    let mut found = client.get("/use-cases").await.results().remove(0);
    let read = client.get(&format!("/use-cases/{UNKNOWN_ID}")).await;
    assert_eq!(read.json_with_status(200), found);
    for date in ["createdAt", "updatedAt"] {
        assert!(found[date].is_string());
        found.as_object_mut().unwrap().remove(date);
    }
    let state = found["integrationState"].as_object_mut().unwrap();
    assert!(state.remove("updatedAt").unwrap().is_string());
    let expected = json!({
        "id": UNKNOWN_ID, "name": "Notices", "status": "pending", "use": "messaging", "caseType": "transactional",
        "definitionVersion": "1", "description": "The use case Notices", "additionalFields": {}, "tags": ["sandbox"],
        "integrationState": {
            "externalId": format!("external-{}", UNKNOWN_ID.replace('-', "")), "status": "pending", "additionalFields": {},
        },
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn use_case_list_is_paged_and_has_one_default_item() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = Client::new(&sandbox);
    assert_eq!(
        client.get("/use-cases").await.field("name"),
        ["Generic use case"]
    );
    sandbox.add_use_case(UseCase::new("Another"));
    sandbox.insert_use_case(json!({ "id": UNKNOWN_ID, "status": "unheard-of" }));
    let page = client.get("/use-cases?limit=2").await;
    assert_eq!(page.field("name"), ["Generic use case", "Another"]);
    let raw = client.get(&format!("/use-cases/{UNKNOWN_ID}")).await;
    assert_eq!(raw.json_with_status(200)["status"], "unheard-of");
    assert_eq!(client.get("/use-cases?limit=1000").await.status, 200);
    assert_eq!(client.get("/use-cases?limit=1001").await.status, 422);
    assert_eq!(client.get("/use-cases/no-uuid").await.status, 422);
    let none = Sandbox::builder().no_use_cases().start().await.unwrap();
    let client = Client::new(&none);
    assert!(client.get("/use-cases").await.results().is_empty());
    let missing = client.get(&format!("/use-cases/{UNKNOWN_ID}")).await;
    assert_eq!(missing.status, 404);
}
