//! What a connector says about its channel, and how values are shown in messages.

use serde_json::json;

use super::*;

const ID: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

#[test]
fn connector_without_a_channel_and_with_the_zero_uuid_are_told_apart() {
    let zero = "00000000-0000-0000-0000-000000000000";
    for (channel, state) in [
        (json!(null), Some(ChannelState::NotNamed)),
        (json!({}), Some(ChannelState::NotNamed)),
        (json!({"channelId": ""}), Some(ChannelState::NotNamed)),
        (json!({"channelId": zero}), Some(ChannelState::NamedZero)),
        (json!({"channelId": ID}), None),
    ] {
        let connector = serde_json::from_value(json!({"id": ID, "channel": channel})).unwrap();
        assert_eq!(ChannelState::of_connector(&connector), state, "{channel}");
    }
}

#[test]
fn shown_value_has_one_line_and_no_invisible_characters() {
    for (value, expected) in [
        (" active\n", "active"),
        ("act\u{200b}ive", "act\\u{200b}ive"),
        ("it's \"a\\b\"", "it's \"a\\b\""),
        ("prüfung 検査", "prüfung 検査"),
    ] {
        assert_eq!(shown(value), expected);
    }
}
