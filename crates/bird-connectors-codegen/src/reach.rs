//! Which named schemas are sent to the API, and which are received from it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::contract::{operations, references, resolve, schemas};

const SCHEMAS: &str = "#/components/schemas/";

/// The named schemas by direction. A schema can be both sent and received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Those in request bodies and parameters, and those marked as template arguments (`x-template`).
    pub(crate) sent: BTreeSet<String>,
    /// Those in replies of any status, and those marked as webhook deliveries (`x-webhook`).
    pub(crate) received: BTreeSet<String>,
    /// Those in successful replies.
    pub(crate) replied: BTreeSet<String>,
}

impl Reach {
    /// Follows every reference. A schema that no operation reaches is an error, unless it has one of the marks: it would be
    /// dead code.
    pub(crate) fn of(document: &Value) -> Result<Self> {
        let mut sent = BTreeSet::new();
        let mut received = BTreeSet::new();
        let mut replied = BTreeSet::new();
        for at in operations(document) {
            references(&at.operation["requestBody"], &mut sent);
            references(&at.operation["parameters"], &mut sent);
            references(&document["paths"][at.path]["parameters"], &mut sent);
            references(&at.operation["responses"], &mut received);
            let replies = at.operation["responses"].as_object().into_iter().flatten();
            for (_, reply) in replies.filter(|(status, _)| status.starts_with('2')) {
                references(reply, &mut replied);
            }
        }
        for (name, schema) in schemas(document) {
            if schema.get("x-template").is_some() {
                sent.insert(format!("{SCHEMAS}{name}"));
            }
            if schema.get("x-webhook").is_some() {
                received.insert(format!("{SCHEMAS}{name}"));
            }
        }
        let reach = Self {
            sent: closure(document, sent)?,
            received: closure(document, received)?,
            replied: closure(document, replied)?,
        };
        for (name, _) in schemas(document) {
            ensure!(
                reach.sent.contains(name) || reach.received.contains(name),
                "nothing refers to the schema {name}: remove it, or mark it x-webhook or x-template"
            );
        }
        Ok(reach)
    }
}

/// Returns the names of the schemas in `found`, and of all schemas that they refer to.
fn closure(document: &Value, mut found: BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut queue: Vec<String> = found.iter().cloned().collect();
    while let Some(reference) = queue.pop() {
        let mut next = BTreeSet::new();
        references(resolve(document, &reference)?, &mut next);
        queue.extend(
            next.into_iter()
                .filter(|reference| found.insert(reference.clone())),
        );
    }
    let names = found
        .iter()
        .filter_map(|reference| reference.strip_prefix(SCHEMAS));
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests;
