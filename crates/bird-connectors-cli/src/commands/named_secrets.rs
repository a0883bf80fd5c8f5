//! Values whose names suggest a secret, such as `token` or `apiKey`: they are read from the place that an argument names, and
//! never shown.

use bird_connectors::models::looks_secret;
use serde_json::{Value, json};

use crate::errors::CliError;
use crate::secrets;

/// What is shown instead of a secret.
pub(super) const MASK: &str = "[redacted]";

/// Masks each value whose name suggests a secret, at any depth.
pub(super) fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| {
            if looks_secret(name) && !value.is_null() {
                *value = json!(MASK);
            } else {
                mask(value);
            }
        }),
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// The value of a field such as `arguments.token`, masked if its name suggests a secret.
pub(super) fn masked(field: &str, value: &Value) -> Value {
    if looks_secret(field) && !value.is_null() {
        return json!(MASK);
    }
    let mut value = value.clone();
    mask(&mut value);
    value
}

/// Reads each value whose name suggests a secret from the place that it names, at any depth: a secret is not an argument of the
/// process. `option` names the option in errors.
pub(super) fn read(option: &str, name: &str, value: &mut Value) -> Result<(), CliError> {
    match value {
        Value::Null => Ok(()),
        value if looks_secret(name) => {
            let named = format!("{option} {name} (a secret, as its name suggests)");
            let location = value.as_str().unwrap_or_default();
            *value = json!(secrets::read(location, &named)?.expose());
            Ok(())
        }
        Value::Object(fields) => fields
            .iter_mut()
            .try_for_each(|(name, value)| read(option, name, value)),
        Value::Array(items) => items
            .iter_mut()
            .try_for_each(|item| read(option, name, item)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
