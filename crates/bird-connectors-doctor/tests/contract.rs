//! The comparison with the contract: it lists exactly what was planted.

use bird_connectors_doctor::{Difference, DifferenceKind, Report, Status};
use bird_connectors_sandbox::behavior::{Capabilities, DatePrecision, EmptyFields};
use bird_connectors_sandbox::{Operation, Response, Rule};
use serde_json::json;
use support::{assert_fails, assert_warns, builder, doctor, healthy, subscribe};
use uuid::Uuid;

mod support;

fn lines(report: &Report) -> Vec<String> {
    report
        .differences
        .iter()
        .map(Difference::to_string)
        .collect()
}

#[tokio::test]
async fn report_lists_exactly_the_planted_differences() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.insert_connector(json!({
        "id": Uuid::from_u128(21),
        "name": 7,
        "createdAt": "yesterday",
        "lifecycle": {"phase": "planted"},
        "channel": {"channelId": Uuid::from_u128(22), "platform": "sms-messagebird", "colour": "planted"},
    }));
    sandbox.insert_channel(json!({
        "id": Uuid::from_u128(22),
        "status": "archived",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "suites": ["anything"],
        "capabilities": {"free": true},
    }));
    sandbox.insert_number(json!({
        "numberString": "+31612345678",
        "type": "satellite",
        "capabilities": {"sms": {"inbound": "yes"}},
    }));
    subscribe(
        &sandbox,
        json!({"event": "channel.created", "service": "faxes", "priority": 1, "status": "paused"}),
    );

    let report = doctor(builder(&sandbox)).run().await;
    assert_fails(&report, "contract");
    let numbers = ["listNumbers", "listLongCodeNumbers"];
    let mut expected = vec![
        "listChannels: results[].status has the unknown value archived".to_owned(),
        "listConnectors: results[].createdAt is a string that is not a date instead of date"
            .to_owned(),
        "listConnectors: the field results[].channel.colour (string) is unknown".to_owned(),
        "listConnectors: the field results[].lifecycle (object) is unknown".to_owned(),
        "listConnectors: results[].name is number instead of string".to_owned(),
        "listWebhookSubscriptions: the field results[].priority (number) is unknown".to_owned(),
        "listWebhookSubscriptions: results[].service has the unknown value faxes".to_owned(),
        "listWebhookSubscriptions: results[].status has the unknown value paused".to_owned(),
    ];
    for operation in numbers {
        expected.push(format!(
            "{operation}: results[].capabilities.sms.inbound is string instead of boolean"
        ));
        expected.push(format!(
            "{operation}: the required field results[].id is missing"
        ));
        expected.push(format!(
            "{operation}: results[].type has the unknown value satellite"
        ));
    }
    let mut found = lines(&report);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(
        report
            .differences
            .iter()
            .all(|difference| difference.count == 1)
    );

    let form = report.issue_form().unwrap();
    for heading in [
        "### Kind of change",
        "### Operation",
        "### Source",
        "### Response",
        "### Effect",
    ] {
        assert!(form.contains(heading), "{form}");
    }
    for difference in &report.differences {
        assert!(form.contains(&format!("`{}`", difference.path)), "{form}");
    }
}

#[tokio::test]
async fn additions_are_a_warning() {
    let sandbox = healthy(|builder| builder).await;
    for id in [31, 32] {
        sandbox.insert_channel(json!({"id": Uuid::from_u128(id), "status": "archived"}));
    }
    let report = doctor(builder(&sandbox)).run().await;
    assert_warns(&report, "contract");
    assert_eq!(report.differences.len(), 1);
    let difference = &report.differences[0];
    assert_eq!(difference.kind, DifferenceKind::UnknownValue);
    assert_eq!(difference.expected, "active, preview, pending, inactive");
    assert_eq!(
        (difference.found.as_str(), difference.count),
        ("archived", 2)
    );
}

#[tokio::test]
async fn operation_that_the_api_does_not_know_is_a_difference() {
    let sandbox = healthy(|builder| builder).await;
    sandbox.rule(Rule::on(Operation::ListUseCases).respond_with(Response::status(404)));
    let report = doctor(builder(&sandbox)).run().await;
    assert_fails(&report, "contract");
    assert_eq!(
        lines(&report),
        ["listUseCases: the API answers 404 to the operation"]
    );
}

#[tokio::test]
async fn every_form_that_the_contract_allows_is_no_difference() {
    for capabilities in Capabilities::ALL {
        for precision in DatePrecision::ALL {
            let sandbox = healthy(|builder| {
                builder.behavior(|behavior| {
                    behavior.capabilities = *capabilities;
                    behavior.date_precision = *precision;
                })
            })
            .await;
            let report = doctor(builder(&sandbox)).run().await;
            assert_eq!(
                report.finding("contract").unwrap().status,
                Status::Ok,
                "{report}"
            );
        }
    }
}

#[tokio::test]
async fn null_of_a_field_that_is_not_nullable_is_a_difference() {
    let sandbox =
        healthy(|builder| builder.behavior(|behavior| behavior.empty_fields = EmptyFields::Null))
            .await;
    sandbox.insert_channel(json!({"id": Uuid::from_u128(41), "identifier": null}));
    let report = doctor(builder(&sandbox)).run().await;
    let line = "listChannels: results[].identifier is null instead of string".to_owned();
    assert!(lines(&report).contains(&line), "{report}");
}
