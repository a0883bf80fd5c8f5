use super::Operation;

#[test]
fn operation_id_of_every_operation_parses_to_that_operation() {
    for operation in Operation::ALL {
        assert_eq!(operation.id().parse(), Ok(*operation));
    }
    assert!("listconnectors".parse::<Operation>().is_err());
}

#[test]
fn unknown_operation_is_reported_with_the_nearest_or_with_all() {
    let message = |id: &str| id.parse::<Operation>().unwrap_err().to_string();
    for (id, nearest) in [
        ("listconnectors", "listConnectors"),
        ("list_connectors", "listConnectors"),
        ("createConector", "createConnector"),
        ("getConnectors", "getConnector"),
        ("GetChannel", "getChannel"),
        ("listNumber", "listNumbers"),
    ] {
        let expected = format!("unknown operation \"{id}\": did you mean \"{nearest}\"?");
        assert_eq!(message(id), expected);
    }
    for id in ["", "POST", "connectors.install", "wait"] {
        let shown = message(id);
        let all = Operation::ALL
            .iter()
            .all(|known| shown.contains(known.id()));
        assert!(all && shown.starts_with("unknown operation"), "{shown}");
    }
    assert!(message(&"x".repeat(1 << 20)).len() < 2000);
}
