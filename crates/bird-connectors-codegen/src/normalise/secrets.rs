//! Secret strings, which must not appear in logs.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::contract::{Object, walk_schema};
use crate::layout::{API_CRATE, API_PATH};
use crate::reach::Reach;

/// Gives every `x-secret` string a hand-written type: `SentSecret` in requests, which serializes to the secret, and
/// `Secret` in replies, which does not.
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
            "{name} has a secret and is both sent and received: give each direction its own schema"
        );
    }
    Ok(())
}

/// Puts the type into `allOf`, so that `nullable` and the description next to it still apply.
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
mod tests;
