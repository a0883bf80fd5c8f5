//! The model classes: which schemas have one, and with which attributes.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use syn::{Field, Item};

use super::{names, property_order::PropertyOrder};
use crate::contract::{resolve, schemas};
use crate::reach::Reach;
use crate::syntax::field::{is_extra, wire_name};

/// A schema that has a Python class.
#[derive(Debug)]
pub(crate) struct Model {
    /// The name of the schema, which is the name of the Rust struct and of the Python class.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) attributes: Vec<Attribute>,
}

/// A property, which is a field in Rust and an attribute in Python.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) description: String,
    /// The field of the Rust struct.
    pub(crate) field: Field,
}

/// Collects every object that a successful reply contains. A page is not one of them: the SDK returns its items.
///
/// `types` is the polished `types.rs`, and `document` is the normalised document from which it was generated.
pub(crate) fn collect(
    document: &Value,
    types: &syn::File,
    reach: &Reach,
    order: &PropertyOrder,
) -> Result<Vec<Model>> {
    schemas(document)
        .filter(|(name, schema)| {
            reach.replied.contains(*name) && schema["properties"].is_object() && !is_page(schema)
        })
        .map(|(name, schema)| {
            model(document, types, name, schema, order.of_schema(name))
                .with_context(|| format!("the schema {name} cannot be a Python class"))
        })
        .collect()
}

fn is_page(schema: &Value) -> bool {
    let properties = &schema["properties"];
    properties["results"].is_object() && properties["nextPageToken"].is_object()
}

fn model(
    document: &Value,
    types: &syn::File,
    name: &str,
    schema: &Value,
    properties: &[String],
) -> Result<Model> {
    let fields = fields(types, name)?;
    let attributes = properties.iter().map(|property| {
        let field = fields
            .iter()
            .find(|field| wire_name(field) == *property)
            .with_context(|| format!("the Rust struct has no field for the property {property}"))?;
        Ok(Attribute {
            name: names::attribute(property)?,
            description: description(document, &schema["properties"][property])
                .with_context(|| format!("the property {property} has no description"))?,
            field: (*field).clone(),
        })
    });
    let attributes: Vec<Attribute> = attributes.collect::<Result<_>>()?;
    ensure!(
        attributes.len() == fields.len(),
        "the Rust struct has {} fields, but the schema lists {} properties",
        fields.len(),
        attributes.len()
    );
    Ok(Model {
        name: name.to_owned(),
        description: description(document, schema).context("it has no description")?,
        attributes,
    })
}

/// Returns the fields of a struct, without the map of unknown fields.
fn fields<'a>(types: &'a syn::File, name: &str) -> Result<Vec<&'a Field>> {
    let found = types.items.iter().find_map(|item| match item {
        Item::Struct(item) if item.ident == name => Some(&item.fields),
        _ => None,
    });
    let fields = found.context("it is not a struct in Rust")?;
    Ok(fields.iter().filter(|field| !is_extra(field)).collect())
}

/// Returns the description of a schema, or that of the schema it refers to.
fn description(document: &Value, schema: &Value) -> Option<String> {
    if let Some(description) = schema["description"].as_str() {
        return Some(description.trim().to_owned());
    }
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())?;
    description(document, resolve(document, reference).ok()?)
}

#[cfg(test)]
mod tests;
