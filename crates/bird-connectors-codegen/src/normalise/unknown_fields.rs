//! What happens to fields that the contract does not know.

use serde_json::{Value, json};

use crate::{
    contract::{Object, walk_schema},
    reach::Reach,
};

/// Makes every object that comes back keep unknown fields, and every object that is only sent have none.
///
/// `additionalProperties: {}` becomes a flattened map `extra`. `additionalProperties: false` would make the generated type
/// refuse unknown fields on reading, which is the API's business.
pub(crate) fn keep_unknown_fields(document: &mut Value, reach: &Reach) {
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        let received = reach.received.contains(name);
        walk_schema(schema, &mut |object| set_unknown_fields(object, received));
    }
}

fn set_unknown_fields(object: &mut Object, received: bool) {
    if !object.contains_key("properties") {
        return;
    }
    if received {
        object.insert("additionalProperties".to_owned(), json!({}));
    } else {
        object.remove("additionalProperties");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_in_replies_only() {
        let mut document = json!({"components": {"schemas": {
            "Reply": {"properties": {"inner": {"properties": {}}, "map": {"additionalProperties": true}}},
            "Request": {"additionalProperties": false, "properties": {}},
        }}});
        let reach = Reach {
            received: ["Reply".to_owned()].into(),
            sent: ["Request".to_owned()].into(),
            ..Reach::default()
        };
        keep_unknown_fields(&mut document, &reach);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "Reply": {
                    "additionalProperties": {},
                    "properties": {
                        "inner": {"additionalProperties": {}, "properties": {}},
                        "map": {"additionalProperties": true},
                    },
                },
                "Request": {"properties": {}},
            })
        );
    }
}
