//! The Rust types of the generated structs, as the Python crate writes them.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use syn::{GenericArgument, Path, PathArguments, Type};

use crate::layout::API_PATH;

/// The name under which the Python crate imports the module with the types of the contract.
const TYPES: &str = "api";

/// Writes types, and collects the imports that they need.
#[derive(Debug, Default)]
pub(crate) struct TypeWriter {
    imports: BTreeSet<String>,
}

impl TypeWriter {
    /// Returns the paths to import for the types written so far.
    pub(crate) fn imports(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(String::as_str)
    }

    /// Writes a type of `types.rs`: `Option<::uuid::Uuid>` becomes `Option<Uuid>`, and `Holder` becomes
    /// `api::Holder`.
    pub(crate) fn write(&mut self, ty: &Type) -> Result<String> {
        let Type::Path(ty) = ty else {
            bail!("unsupported type: only paths such as `Option<String>` are supported");
        };
        let name = self.name(&ty.path)?;
        let last = ty.path.segments.last();
        match last.map(|segment| &segment.arguments) {
            Some(PathArguments::AngleBracketed(arguments)) => {
                let arguments = arguments.args.iter().map(|argument| match argument {
                    GenericArgument::Type(ty) => self.write(ty),
                    _ => bail!("{name} has an argument that is not a type"),
                });
                let arguments: Vec<String> = arguments.collect::<Result<_>>()?;
                Ok(format!("{name}<{}>", arguments.join(", ")))
            }
            _ => Ok(name),
        }
    }

    fn name(&mut self, path: &Path) -> Result<String> {
        let mut segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let name = segments.last().cloned().context("a type has no name")?;
        match (segments[0].as_str(), segments.len()) {
            // The standard prelude, in full or by name.
            ("std", 3) | (_, 1) if is_prelude(&name) => {}
            // A type of `types.rs`, or of another generated file.
            (_, 1) | ("crate", 3) => {
                self.imports.insert(format!("{API_PATH}::types as {TYPES}"));
                return Ok(format!("{TYPES}::{name}"));
            }
            ("crate", _) => {
                API_PATH.clone_into(&mut segments[0]);
                self.imports.insert(segments.join("::"));
            }
            _ => {
                self.imports.insert(segments.join("::"));
            }
        }
        Ok(name)
    }
}

fn is_prelude(name: &str) -> bool {
    matches!(
        name,
        "Option" | "Vec" | "String" | "bool" | "i32" | "i64" | "f32" | "f64"
    )
}

#[cfg(test)]
mod tests;
