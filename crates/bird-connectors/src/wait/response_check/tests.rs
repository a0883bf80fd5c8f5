use serde_json::json;

use super::*;

const CONNECTOR: ConnectorId = ConnectorId::from_u128(1);
const CHANNEL: ChannelId = ChannelId::from_u128(2);

fn connector(id: u128) -> Connector {
    let json = json!({ "id": CONNECTOR, "name": "a", "createdAt": "2026-01-01T00:00:00Z" });
    let mut connector: Connector = serde_json::from_value(json).unwrap();
    connector.id = ConnectorId::from_u128(id);
    connector
}

fn channel(id: u128, owner: Option<u128>) -> Channel {
    let owner = owner.map(ConnectorId::from_u128);
    let mut channel: Channel =
        serde_json::from_value(json!({ "id": CHANNEL, "connectorId": owner })).unwrap();
    channel.id = ChannelId::from_u128(id);
    channel
}

#[test]
fn connector_with_another_id_is_rejected() {
    assert!(check_connector(CONNECTOR, connector(1)).is_ok());
    for id in [0, 3] {
        let error = check_connector(CONNECTOR, connector(id)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        let named = ConnectorId::from_u128(id);
        assert_eq!(
            error.to_string(),
            format!(
                "get a connector: the response was ignored, because it is about connector {named}, not {CONNECTOR} \
                 (1 attempt) [errors#decode]"
            )
        );
    }
}

#[test]
fn channel_of_another_connector_or_with_another_id_is_rejected() {
    // A missing or zero connector id says nothing.
    for owner in [None, Some(0), Some(1)] {
        assert!(
            check_channel(CONNECTOR, CHANNEL, channel(2, owner)).is_ok(),
            "{owner:?}"
        );
    }
    let other = ConnectorId::from_u128(7);
    let error = check_channel(CONNECTOR, CHANNEL, channel(2, Some(7))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&format!("channel {CHANNEL} belongs to connector {other}")),
        "{error}"
    );
    for id in [0, 7] {
        let error = check_channel(CONNECTOR, CHANNEL, channel(id, Some(1))).unwrap_err();
        assert!(error.to_string().contains("it is about channel"), "{error}");
    }
}
