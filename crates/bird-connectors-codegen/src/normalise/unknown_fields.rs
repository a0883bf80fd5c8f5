//! Fields that are not in the contract.

use serde_json::{Value, json};

use crate::contract::{Object, walk_schema};
use crate::reach::Reach;

/// Makes every object that is received keep unknown fields. Objects that are only sent have none.
///
/// From `additionalProperties: {}`, typify generates a flattened map `extra`. With `additionalProperties: false`, a
/// generated type would reject unknown fields; only the API should do that.
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
mod tests;
