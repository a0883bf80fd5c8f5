//! The source of the model classes. It invokes the macros of the Python crate that define the classes.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};

use super::{models::Attribute, models::Model, rust_type::TypeWriter};
use crate::open_enums::OpenEnum;
use crate::syntax::docs::wrap;
use crate::syntax::field::{inside_option, type_name, wire_name};

/// The length of a line of documentation, after which it is broken.
const WIDTH: usize = 106;

/// Writes the source of `models.rs`.
pub(crate) fn source(models: &[Model], enums: &[OpenEnum], ids: &[String]) -> Result<String> {
    let mut types = TypeWriter::default();
    let classes: Vec<String> = models
        .iter()
        .map(|model| {
            class(model, &mut types).with_context(|| format!("the Python class {}", model.name))
        })
        .collect::<Result<_>>()?;
    let enums: Vec<&str> = enums.iter().map(|open| open.name.as_str()).collect();

    let mut source = String::new();
    for import in types.imports() {
        writeln!(source, "use {import};")?;
    }
    source.push_str(
        "\nuse crate::models::class::models;\nuse crate::models::field::{ids, open_enums};\n",
    );
    write!(source, "\nids! {{\n{}}}\n", list(ids))?;
    write!(source, "\nopen_enums! {{\n{}}}\n", list(&enums))?;
    write!(source, "\nmodels! {{\n{}}}\n", classes.join("\n"))?;
    syn::parse_file(&source).context("the source of the Python classes is not Rust")?;
    Ok(source)
}

fn list<S: AsRef<str>>(names: &[S]) -> String {
    names
        .iter()
        .map(|name| format!("    {}\n", name.as_ref()))
        .collect()
}

fn class(model: &Model, types: &mut TypeWriter) -> Result<String> {
    let mut description = model.description.clone();
    for secret in model
        .attributes
        .iter()
        .filter(|attribute| is_secret(attribute))
    {
        ensure!(
            inside_option(&secret.field.ty).is_some(),
            "the secret {} must be optional: `to_dict` omits it",
            secret.name
        );
        write!(
            description,
            "\n\n`{}` is a secret: `repr`, `to_dict` and pickles omit it, and comparisons ignore it.",
            secret.name
        )?;
    }
    let mut source = String::new();
    comment(&mut source, 4, &description)?;
    writeln!(source, "    {} {{", model.name)?;
    for attribute in &model.attributes {
        comment(&mut source, 8, &attribute.description)?;
        let ty = types
            .write(&attribute.field.ty)
            .with_context(|| format!("the attribute {}", attribute.name))?;
        let default = if is_optional(&attribute.field.ty) {
            " = None"
        } else {
            ""
        };
        let key = wire_name(&attribute.field);
        writeln!(
            source,
            "        {} {key:?}: {ty}{default},",
            ident(attribute)
        )?;
    }
    source.push_str("    }\n");
    Ok(source)
}

/// Whether the constructor of the class can be called without the attribute.
fn is_optional(ty: &syn::Type) -> bool {
    matches!(type_name(ty).as_str(), "Option" | "Vec" | "Map")
}

fn is_secret(attribute: &Attribute) -> bool {
    let ty = &attribute.field.ty;
    type_name(inside_option(ty).unwrap_or(ty)) == "Secret"
}

/// Returns the name of the attribute, followed by the name of the field if it differs: `r#type = type_`.
fn ident(attribute: &Attribute) -> String {
    let name = match syn::parse_str::<syn::Ident>(&attribute.name) {
        Ok(ident) => ident.to_string(),
        Err(_) => format!("r#{}", attribute.name),
    };
    match &attribute.field.ident {
        Some(field) if *field != name => format!("{name} = {field}"),
        _ => name,
    }
}

fn comment(source: &mut String, indent: usize, text: &str) -> Result<()> {
    for line in wrap(text, WIDTH) {
        let line = format!("{:indent$}/// {line}", "");
        writeln!(source, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
