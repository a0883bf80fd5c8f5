//! Strings that must not show up in a log.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{
    API_CRATE, API_PATH,
    contract::{Object, walk_schema},
    reach::Reach,
};

/// Gives every `x-secret` string its hand-written type: `SentSecret` where it goes out in a request, whose JSON is what
/// the wire needs, and `Secret` where it comes in, whose JSON says nothing.
pub(crate) fn mark_secrets(document: &mut Value, reach: &Reach) -> Result<()> {
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        let sent = reach.sent.contains(name);
        let mut found = false;
        walk_schema(schema, &mut |object| {
            if object.contains_key("x-secret") {
                found = true;
                mark(object, if sent { "SentSecret" } else { "Secret" });
            }
        });
        ensure!(
            !(found && sent && reach.received.contains(name)),
            "{name} holds a secret and is both sent and received: give each way a schema of its own"
        );
    }
    Ok(())
}

/// The type goes into `allOf`: beside it, `nullable` and the description keep their meaning.
fn mark(object: &mut Object, name: &str) {
    object.remove("type");
    object.remove("format");
    object.insert(
        "allOf".to_owned(),
        json!([{
            "type": "string",
            "x-rust-type": {
                "crate": API_CRATE,
                "version": "*",
                "path": format!("{API_PATH}::{name}"),
            },
        }]),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(sent: &[&str], received: &[&str]) -> Reach {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Reach {
            sent: names(sent),
            received: names(received),
            ..Reach::default()
        }
    }

    #[test]
    fn the_type_depends_on_the_way_it_travels() {
        let mut document = json!({"components": {"schemas": {
            "In": {"properties": {"key": {"type": "string", "x-secret": true, "description": "A key."}}},
            "Out": {"properties": {"keys": {"additionalProperties": {"type": "string", "x-secret": true}}}},
        }}});
        mark_secrets(&mut document, &reach(&["Out"], &["In"])).unwrap();
        let schemas = &document["components"]["schemas"];
        let came = &schemas["In"]["properties"]["key"];
        assert_eq!(
            came["allOf"][0]["x-rust-type"]["path"],
            "bird_connectors_api::Secret"
        );
        assert_eq!(came["description"], "A key.");
        let went = &schemas["Out"]["properties"]["keys"]["additionalProperties"];
        assert_eq!(
            went["allOf"][0]["x-rust-type"]["path"],
            "bird_connectors_api::SentSecret"
        );
    }

    #[test]
    fn one_schema_cannot_carry_a_secret_both_ways() {
        let mut document = json!({"components": {"schemas": {"Key": {"properties": {"key": {"x-secret": true}}}}}});
        let error = mark_secrets(&mut document, &reach(&["Key"], &["Key"])).unwrap_err();
        assert!(error.to_string().contains("Key holds a secret and is both"));
    }
}
