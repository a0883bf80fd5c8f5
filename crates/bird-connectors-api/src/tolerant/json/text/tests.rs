use proptest::prelude::*;
use serde_json::json;

use super::super::read_document as read_with_serde;
use super::*;
use crate::types::{Channel, Connector, ConnectorPage, WebhookSubscription};

const ID: &str = "8362fa40-9ff1-5430-a3ab-79ecc61b96b1";

/// Reads a document without serde, and checks that serde reads the same. `None` if it is unusual.
fn read<T: Object + PartialEq + serde::Serialize>(json: &str) -> Option<T> {
    let mut object = T::blank();
    read_document(json, &mut object).ok()?;
    let mut expected = T::blank();
    read_with_serde(json, false, &mut expected)
        .unwrap_or_else(|error| panic!("serde does not read it: {error}: {json}"));
    assert!(object == expected, "{json}");
    // Equality of dates compares instants; the written objects have their strings.
    assert_eq!(
        serde_json::to_string(&object).unwrap(),
        serde_json::to_string(&expected).unwrap(),
    );
    Some(object)
}

fn connector() -> Value {
    json!({
        "id": ID,
        "name": "Support \"line\" \u{e9}\n",
        "createdAt": "2026-01-12T09:30:00.123Z",
        "updatedAt": "2026-01-12T09:30:00.123+01:00",
        "description": "",
        "region": null,
        "channel": {"channelId": ID.to_uppercase(), "platform": "sms-messagebird"},
        "number": {
            "numberType": "MOBILE",
            "variables": {},
            "capabilities": ["sms-inbound", "fax"],
            "profileAttachments": [{"capability": "sms"}, null, 7],
        },
        "arguments": {"list": [1, -2.5, 1e3, true, false, null, {}], "accessToken": "hunter2"},
        "dataFetching": {"streams": [{"incremental": true, "duplicatesFilterCapacity": 7}]},
        "futureField": {"nested": [[]]},
    })
}

#[test]
fn usual_documents_are_read_without_serde() {
    let page = json!({"results": [connector(), connector()], "nextPageToken": "t", "total": 2});
    let pretty = serde_json::to_string_pretty(&page).unwrap();
    for json in [page.to_string(), pretty] {
        assert_eq!(read::<ConnectorPage>(&json).unwrap().results.len(), 2);
    }
    for json in [
        r#"{"results":[]}"#,
        " { } ",
        r#"{"results":[],"nextPageToken":null}"#,
    ] {
        assert!(read::<ConnectorPage>(json).unwrap().results.is_empty());
    }
    let escaped = format!(r#"{{"id":"{ID}","name":"caf\u00e9 \ud83d\ude00 \\\" \/"}}"#);
    assert_eq!(
        read::<Channel>(&escaped).unwrap().name.unwrap(),
        "café 😀 \\\" /"
    );
    let repeated = format!(r#"{{"id":"x","id":"{ID}","name":null,"name":"a","x":1,"x":2}}"#);
    assert_eq!(read::<Channel>(&repeated).unwrap().name.unwrap(), "a");
}

#[test]
fn unusual_documents_are_left_to_serde() {
    let channel = |fields: &str| format!(r#"{{"id":"{ID}"{fields}}}"#);
    let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    for json in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        r#"{"name":"without an id"}"#.to_owned(),
        r#"{"id":"00000000-0000-0000-0000-000000000000"}"#.to_owned(),
        r#"{"id":7}"#.to_owned(),
        channel(","),
        channel(r#","name""#),
        channel(r#","name":"a" "b""#),
        channel(r#","name":"a",,"x":1"#),
        channel(r#","name":nul"#),
        channel(r#","name":nulls"#),
        channel(r#","name":"a"#),
        channel(r#","name":"\ud800""#),
        channel(r#","name":"\"#),
        channel(r#","name":"\x""#),
        channel(",\"name\":\"a\nb\""),
        channel(r#","x":01"#),
        channel(r#","x":+1"#),
        channel(r#","x":1."#),
        channel(r#","x":1e999"#),
        channel(r#","x":18446744073709551616"#),
        channel(r#","x":[1,]"#),
        channel(r#","x":{"a":1,}"#),
        channel(r#","x":{"$serde_json::private::RawValue":"1"}"#),
        channel(&format!(r#","x":{deep}"#)),
        channel(r#","\u0078":1"#),
        format!("{}x", channel("")),
        format!("\u{feff}{}", channel("")),
    ] {
        assert!(read::<Channel>(&json).is_none(), "{json}");
    }
    for json in [
        r#"{"results":[{}]}"#,
        r#"{"results":[7]}"#,
        r#"{"results":{}}"#,
        r#"{"results":null}"#,
        r#"{"nextPageToken":7}"#,
        r#"{"error":"x"}"#,
    ] {
        assert!(read::<ConnectorPage>(json).is_none(), "{json}");
    }
}

#[test]
fn special_characters_are_found_at_every_position() {
    for special in ['"', '\\', '\n', '\0', '\u{1f}'] {
        for length in 0..40 {
            for plain in ["a", "\u{7f}", "é", "😀", "!", "#", "["] {
                let before = plain.repeat(length);
                let string = format!("{before}{special}\"\\\n");
                for start in [0, before.len() / 2, before.len()] {
                    let found = plain_end(string.as_bytes(), start);
                    assert_eq!(found, before.len(), "{string:?} from {start}");
                }
            }
        }
    }
    assert_eq!(plain_end("plain é".as_bytes(), 0), 8);
    for start in 0..3 {
        assert_eq!(plain_end(b"", start), start);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from(ID)),
        Just(Value::from("2026-01-12T09:30:00Z")),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn every_value_of_every_field_is_read_as_serde_reads_it(
        index in any::<prop::sample::Index>(),
        value in any_json(),
        is_pretty in any::<bool>(),
    ) {
        let mut connector = connector();
        let fields = connector.as_object_mut().unwrap();
        let name = fields.keys().nth(index.index(fields.len())).unwrap().clone();
        fields.insert(name, value);
        let json = if is_pretty {
            serde_json::to_string_pretty(&connector).unwrap()
        } else {
            connector.to_string()
        };
        read::<Connector>(&json);
        let page = format!(r#"{{"results":[{json}],"nextPageToken":""}}"#);
        read::<ConnectorPage>(&page);
        let subscription = json!({"id": ID, "signingKey": connector["name"], "eventFilters": connector["number"]});
        read::<WebhookSubscription>(&subscription.to_string());
    }

    #[test]
    fn damaged_documents_are_read_as_serde_reads_them(
        index in any::<prop::sample::Index>(),
        length in 0_usize..4,
        inserted in "[\\[\\]{}:,\"\\\\0-9a-f.eE+ nutlr-]{0,4}",
    ) {
        let mut json = connector().to_string();
        let mut at = index.index(json.len());
        while !json.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + length).min(json.len());
        while !json.is_char_boundary(end) {
            end += 1;
        }
        json.replace_range(at..end, &inserted);
        read::<Connector>(&json);
    }
}
