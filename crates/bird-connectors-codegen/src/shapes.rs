//! The shapes of the responses to reads: a compact table of their fields, types and known values, from which
//! `bird-connectors-doctor` reports what a real response has that the contract does not know.
//!
//! It is taken from the contract before the normalisation, which removes the distinctions that a comparison needs.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};
use proc_macro2::TokenStream;
use quote::quote;
use serde_json::Value;

use crate::contract::{operations, resolve};

const PREFIX: &str = "#/components/schemas/";

/// The table, in the order of its names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shapes {
    /// Each read with a JSON response.
    reads: Vec<ReadShape>,
    /// The objects of the responses.
    objects: Vec<ObjectShape>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ReadShape {
    operation: String,
    /// The name of the response's schema.
    object: String,
    /// The permission that the access key needs, if it is documented.
    permission: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct ObjectShape {
    name: String,
    fields: Vec<FieldShape>,
}

#[derive(Debug, PartialEq, Eq)]
struct FieldShape {
    name: String,
    required: bool,
    shape: Shape,
}

/// What a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Shape {
    Any,
    Null,
    /// An empty string, or an object without fields.
    Empty,
    Text,
    Uuid,
    DateTime,
    Boolean,
    Integer,
    Number,
    /// A string, with the values that the contract lists.
    Values(Vec<String>),
    /// An object with any keys.
    FreeObject,
    /// The object with this name.
    Object(String),
    List(Box<Shape>),
    OneOf(Vec<Shape>),
}

/// Collects the responses of all reads, and every object that they contain.
pub(crate) fn collect(contract: &Value) -> Result<Shapes> {
    let mut shapes = Shapes::default();
    let mut queue = BTreeSet::new();
    for at in operations(contract)
        .into_iter()
        .filter(|at| at.method == "get")
    {
        let id = at.string("operationId")?;
        let replies = at.operation["responses"].as_object().into_iter().flatten();
        let schema = replies
            .filter(|(status, _)| status.starts_with('2'))
            .find_map(|(_, reply)| reply["content"]["application/json"]["schema"]["$ref"].as_str());
        let Some(schema) = schema.and_then(|reference| reference.strip_prefix(PREFIX)) else {
            continue;
        };
        queue.insert(schema.to_owned());
        shapes.reads.push(ReadShape {
            operation: id.to_owned(),
            object: schema.to_owned(),
            permission: at.operation["x-permission"].as_str().map(str::to_owned),
        });
    }
    shapes.reads.sort();
    let mut done = BTreeSet::new();
    while let Some(name) = queue.pop_first() {
        if !done.insert(name.clone()) {
            continue;
        }
        let schema = resolve(contract, &format!("{PREFIX}{name}"))?;
        let object =
            object(contract, &name, schema).with_context(|| format!("the schema {name}"))?;
        object
            .fields
            .iter()
            .for_each(|field| field.shape.objects(&mut queue));
        shapes.objects.push(object);
    }
    shapes
        .objects
        .sort_by(|one, other| one.name.cmp(&other.name));
    Ok(shapes)
}

fn object(contract: &Value, name: &str, schema: &Value) -> Result<ObjectShape> {
    ensure!(schema["type"] == "object", "it is not an object");
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut fields = Vec::new();
    for (field, property) in schema["properties"].as_object().into_iter().flatten() {
        let shape = shape(contract, property).with_context(|| format!("the field {field}"))?;
        fields.push(FieldShape {
            required: required.contains(&field.as_str()),
            name: field.clone(),
            shape,
        });
    }
    fields.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(ObjectShape {
        name: name.to_owned(),
        fields,
    })
}

fn shape(contract: &Value, schema: &Value) -> Result<Shape> {
    let inner = inner(contract, schema)?;
    if schema["nullable"] == true && inner != Shape::Any {
        return Ok(Shape::OneOf(flat(vec![inner, Shape::Null])));
    }
    Ok(inner)
}

fn inner(contract: &Value, schema: &Value) -> Result<Shape> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference
            .strip_prefix(PREFIX)
            .with_context(|| format!("{reference} is not a schema"))?;
        let target = resolve(contract, reference)?;
        // An object without properties has no shape of its own.
        return match target["properties"].is_object() {
            true => Ok(Shape::Object(name.to_owned())),
            false => shape(contract, target),
        };
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let Some(alternatives) = schema[key].as_array() else {
            continue;
        };
        let alternatives: Result<Vec<Shape>> = alternatives
            .iter()
            .map(|alternative| shape(contract, alternative))
            .collect();
        let alternatives = alternatives?;
        return match (key, alternatives.as_slice()) {
            (_, [only]) => Ok(only.clone()),
            ("allOf", _) => bail!("an allOf of several schemas is not supported"),
            // The list of an open enum, and any other string.
            (_, [Shape::Values(values), Shape::Text]) => Ok(Shape::Values(values.clone())),
            _ => Ok(Shape::OneOf(flat(alternatives))),
        };
    }
    Ok(match schema["type"].as_str() {
        None => Shape::Any,
        Some("string") if schema["enum"].is_array() => {
            let values = schema["enum"].as_array().into_iter().flatten();
            let values = values.map(|value| value.as_str().map(str::to_owned));
            Shape::Values(
                values
                    .collect::<Option<_>>()
                    .context("a value is not a string")?,
            )
        }
        Some("string") if schema["maxLength"] == 0 => Shape::Empty,
        Some("string") => match schema["format"].as_str() {
            Some("uuid") => Shape::Uuid,
            Some("date-time") => Shape::DateTime,
            _ => Shape::Text,
        },
        Some("boolean") => Shape::Boolean,
        Some("integer") => Shape::Integer,
        Some("number") => Shape::Number,
        Some("array") => Shape::List(Box::new(shape(contract, &schema["items"])?)),
        Some("object") if schema["maxProperties"] == 0 => Shape::Empty,
        Some("object") => Shape::FreeObject,
        Some(other) => bail!("the type {other} is not supported"),
    })
}

/// Alternatives without nested alternatives.
fn flat(shapes: Vec<Shape>) -> Vec<Shape> {
    let mut flat = Vec::new();
    for shape in shapes {
        match shape {
            Shape::OneOf(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}

impl Shape {
    /// Adds the names of the objects that a value may contain.
    fn objects(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Object(name) => drop(names.insert(name.clone())),
            Self::List(item) => item.objects(names),
            Self::OneOf(alternatives) => {
                for alternative in alternatives {
                    alternative.objects(names);
                }
            }
            _ => {}
        }
    }

    fn tokens(&self) -> TokenStream {
        match self {
            Self::Any => quote!(Shape::Any),
            Self::Null => quote!(Shape::Null),
            Self::Empty => quote!(Shape::Empty),
            Self::Text => quote!(Shape::Text),
            Self::Uuid => quote!(Shape::Uuid),
            Self::DateTime => quote!(Shape::DateTime),
            Self::Boolean => quote!(Shape::Boolean),
            Self::Integer => quote!(Shape::Integer),
            Self::Number => quote!(Shape::Number),
            Self::Values(values) => quote!(Shape::Values(&[#(#values),*])),
            Self::FreeObject => quote!(Shape::FreeObject),
            Self::Object(name) => quote!(Shape::Object(#name)),
            Self::List(item) => {
                let item = item.tokens();
                quote!(Shape::List(&#item))
            }
            Self::OneOf(alternatives) => {
                let alternatives = alternatives.iter().map(Self::tokens);
                quote!(Shape::OneOf(&[#(#alternatives),*]))
            }
        }
    }
}

/// Writes the source of the table.
pub(crate) fn source(shapes: &Shapes) -> TokenStream {
    let reads = shapes.reads.iter().map(|read| {
        let (operation, object) = (&read.operation, &read.object);
        let permission = match &read.permission {
            Some(permission) => quote!(Some(#permission)),
            None => quote!(None),
        };
        quote!(Read { operation: #operation, object: #object, permission: #permission })
    });
    let objects = shapes.objects.iter().map(|object| {
        let name = &object.name;
        let fields = object.fields.iter().map(|field| {
            let (name, required, shape) = (&field.name, field.required, field.shape.tokens());
            quote!(Field { name: #name, required: #required, shape: #shape })
        });
        quote!(Object { name: #name, fields: &[#(#fields),*] })
    });
    quote! {
        use crate::shape::{Field, Object, Read, Shape};

        /// Each read with a JSON response, ordered by operation.
        pub(crate) const READS: &[Read] = &[#(#reads),*];

        /// The objects of the responses, ordered by name.
        pub(crate) const OBJECTS: &[Object] = &[#(#objects),*];
    }
}

#[cfg(test)]
mod tests;
