//! The JSON Schema is generated from the types of the format and the table of templates: `UPDATE_GOLDENS=1 cargo test -p
//! bird-connectors-plan --lib` writes it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::super::SCHEMA;
use super::super::format::ChannelFile;
use crate::template_kind::TemplateKind;

/// The copy of the documentation, for editors that load the schema from an address.
const COPY: &str = "../../docs/assets/bird-connectors.schema.json";

fn generated() -> String {
    let mut schema = serde_json::to_value(schemars::schema_for!(ChannelFile)).unwrap();
    let entry = &mut schema["definitions"]["ConnectorEntry"];
    entry["allOf"] = TemplateKind::NAMED.into_iter().map(rule).collect();
    entry["properties"]["template"]["anyOf"] = json!([
        {"enum": TemplateKind::NAMED.map(TemplateKind::name)},
        {"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*:[A-Za-z0-9][A-Za-z0-9._-]*$"},
    ]);
    schema["title"] = json!("Channels of Bird workspaces");
    format!("{schema:#}\n")
}

/// What a template requires and excludes.
fn rule(kind: TemplateKind) -> Value {
    let fields = kind.fields();
    let required: Vec<Value> = fields
        .required
        .iter()
        .map(|group| match group {
            [one] => json!({"required": [one]}),
            group => json!({"oneOf": group.iter().map(|one| json!({"required": [one]})).collect::<Vec<_>>()}),
        })
        .collect();
    let known = |name: &str| {
        let mut required = fields.required.iter().flat_map(|group| group.iter());
        required.any(|one| *one == name) || fields.optional.contains(&name)
    };
    let all = TemplateKind::NAMED.map(TemplateKind::fields);
    let mut excluded: Vec<&str> = all
        .iter()
        .flat_map(|fields| {
            fields
                .required
                .iter()
                .flat_map(|group| group.iter())
                .chain(fields.optional)
        })
        .copied()
        .filter(|name| !known(name))
        .collect();
    excluded.sort_unstable();
    excluded.dedup();
    let excluded: serde_json::Map<_, _> = excluded
        .iter()
        .map(|name| ((*name).to_owned(), json!(false)))
        .collect();
    json!({
        "if": {"properties": {"template": {"const": kind.name()}}, "required": ["template"]},
        "then": {"allOf": required, "properties": excluded},
    })
}

#[test]
fn schema_is_that_of_the_types_in_the_package_and_in_the_documentation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let generated = generated();
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(folder.join("schema.json"), &generated).unwrap();
        fs::write(folder.join(COPY), &generated).unwrap();
        return;
    }
    let fresh = "run UPDATE_GOLDENS=1 cargo test -p bird-connectors-plan --lib";
    assert!(SCHEMA == generated, "schema.json is out of date: {fresh}");
    let copy = fs::read_to_string(folder.join(COPY)).unwrap();
    assert!(copy == generated, "{COPY} is out of date: {fresh}");
}

#[test]
fn schema_names_every_field_of_the_table() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let properties = &schema["definitions"]["ConnectorEntry"]["properties"];
    for kind in TemplateKind::NAMED {
        let fields = kind.fields();
        let required = fields.required.iter().flat_map(|group| group.iter());
        for name in required.chain(fields.optional) {
            assert!(properties[name].is_object(), "{name}");
        }
    }
}
