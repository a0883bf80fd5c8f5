//! Which named schemas travel to the API, and which come back from it.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::contract::{operations, references, resolve, schemas};

const SCHEMAS: &str = "#/components/schemas/";

/// The named schemas by the way they travel. One can travel both ways.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// In request bodies, in parameters, or marked as template arguments (`x-template`).
    pub(crate) sent: BTreeSet<String>,
    /// In replies of any status, or marked as sent to a webhook (`x-webhook`).
    pub(crate) received: BTreeSet<String>,
    /// In successful replies.
    pub(crate) replied: BTreeSet<String>,
}

impl Reach {
    /// Follows every reference. A schema that nothing reaches is an error: it would be dead code.
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

/// The names of the schemas among `found` and everything they refer to.
fn closure(document: &Value, mut found: BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut queue: Vec<String> = found.iter().cloned().collect();
    while let Some(reference) = queue.pop() {
        let mut next = BTreeSet::new();
        references(resolve(document, &reference)?, &mut next);
        queue.extend(next.into_iter().filter(|one| found.insert(one.clone())));
    }
    let names = found.iter().filter_map(|one| one.strip_prefix(SCHEMAS));
    Ok(names.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({
            "paths": {"/a": {
                "parameters": [{"schema": {"$ref": "#/components/schemas/Kind"}}],
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/New"},
                    "responses": {"200": {"$ref": "#/components/responses/Made"}, "404": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Fault"}}}}},
                },
            }},
            "components": {
                "responses": {"Made": {"content": {"x": {"schema": {"$ref": "#/components/schemas/Made"}}}}},
                "requestBodies": {"New": {"content": {"x": {"schema": {"$ref": "#/components/schemas/New"}}}}},
                "schemas": {
                    "New": {"properties": {"both": {"$ref": "#/components/schemas/Both"}}},
                    "Fault": {"properties": {"self": {"$ref": "#/components/schemas/Fault"}, "both": {"$ref": "#/components/schemas/Both"}}},
                    "Made": {"items": {"$ref": "#/components/schemas/Both"}},
                    "Both": {},
                    "Kind": {},
                    "Hook": {"x-webhook": true},
                    "Arguments": {"x-template": "a:1"},
                },
            },
        })
    }

    #[test]
    fn references_are_followed_both_ways() {
        let reach = Reach::of(&document()).unwrap();
        assert_eq!(
            Vec::from_iter(reach.sent),
            ["Arguments", "Both", "Kind", "New"]
        );
        assert_eq!(
            Vec::from_iter(reach.received),
            ["Both", "Fault", "Hook", "Made"]
        );
        assert_eq!(Vec::from_iter(reach.replied), ["Both", "Made"]);
    }

    #[test]
    fn a_schema_that_nothing_reaches_is_an_error() {
        let mut document = document();
        document["components"]["schemas"]["Lost"] = json!({});
        let error = Reach::of(&document).unwrap_err().to_string();
        assert!(
            error.contains("nothing refers to the schema Lost"),
            "{error}"
        );
    }
}
