//! What a delete prints is true, whether its response arrived or not.

mod support;

use bird_connectors_sandbox::{Fault, Operation, Rule};
use serde_json::json;
use support::{CONNECTOR, World};

const DELETE: [&str; 4] = ["connectors", "delete", CONNECTOR, "--yes"];

#[test]
fn confirmed_delete_is_deleted_and_a_missing_connector_is_not_found() {
    let world = World::new().with_examples();
    let delete = [&DELETE[..], &["--missing-ok", "-o", "json"]].concat();
    for result in ["deleted", "not_found"] {
        let ran = world.run(&delete).expect(0);
        let expected = json!({"connectorId": CONNECTOR, "gone": true, "result": result});
        assert_eq!(ran.json(), expected);
        assert_eq!(ran.err, "");
    }
    world.run(&DELETE).expect(3);
}

/// The first attempt deletes, and its response is lost; the second one gets a 404.
#[test]
fn delete_whose_response_is_lost_is_gone_and_not_called_deleted_by_another() {
    for missing_ok in [&[][..], &["--missing-ok"]] {
        let world = World::new().with_examples();
        let lost = Rule::on(Operation::DeleteConnector).fault(Fault::LostResponse);
        world.sandbox.rule(lost);
        let ran = world.run(&[&DELETE[..], missing_ok].concat()).expect(0);
        assert_eq!(
            ran.out,
            format!("connector  {CONNECTOR}\ngone       yes\nresult     response_lost\n")
        );
        assert!(
            ran.err.contains("response of the delete was lost"),
            "{ran:?}"
        );
        assert!(world.sandbox.connectors().is_empty());
    }
}

#[test]
fn delete_of_a_subscription_whose_response_is_lost_is_gone() {
    let world = World::new();
    let url = "https://hooks.example.com/bird";
    let subscribe = ["webhooks", "subscribe", "--url", url, "--jq", ".[0].id"];
    let id = world.run(&subscribe).expect(0).out;
    let lost = Rule::on(Operation::DeleteWebhookSubscription).fault(Fault::LostResponse);
    world.sandbox.rule(lost);
    let deleted = world
        .run(&["webhooks", "delete", id.trim(), "--yes", "-o", "json"])
        .expect(0);
    let expected = json!({"subscriptionId": id.trim(), "gone": true, "result": "response_lost"});
    assert_eq!(deleted.json(), expected);
}
