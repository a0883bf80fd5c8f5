#![doc = include_str!("../README.md")]

mod contract;
mod files;
mod ids;
mod layout;
mod normalise;
mod open_enums;
mod operations;
mod polish;
mod python;
mod raw;
mod reach;
mod secret_fields;
mod shapes;
mod syntax;

use anyhow::Result;
use proc_macro2::TokenStream;

use layout::{API, DOCTOR, HEADER, MOCKS, PYTHON_CLASSES, PYTHON_ENUMS, PYTHON_SYNC};

pub use files::{GeneratedFile, check, write};
pub use layout::{CONTRACT, POSTGRES_SCHEMA, PYTHON_ASYNC, PYTHON_POSTGRES_SCHEMA};
pub use python::AsyncSource;

/// Generates the sources of the raw layer, of the mocks and of the Python models from the contract, which is YAML. The
/// same contract always gives the same bytes.
pub fn generate(contract: &str) -> Result<Vec<GeneratedFile>> {
    let order = python::PropertyOrder::of(contract)?;
    let mut contract = contract::parse(contract)?;
    let shapes = shapes::collect(&contract)?;
    normalise::simplify(&mut contract);
    contract::check_names(&contract)?;
    let reach = reach::Reach::of(&contract)?;
    let enums = open_enums::collect(&contract)?;
    let operations = operations::collect(&contract)?;
    let secret_fields = secret_fields::collect(&contract);

    let document = normalise::for_client(&contract, &reach)?;
    let ids = ids::collect(&contract, &document)?;
    let id_names: Vec<String> = ids.iter().map(|id| id.name.clone()).collect();
    let raw = raw::client(&document, &enums, &ids)?;
    let (mut types, client) = polish::client(raw, &document, &reach, &operations, &ids)?;
    let mocks = raw::mocks(&normalise::for_mocks(&contract, &reach)?, &enums, &ids)?;
    let mocks = polish::mocks(mocks, &operations);
    let models = python::models(&document, &types, &reach, &order)?;
    // The models need the serde attributes, which this step replaces.
    polish::tolerate(&mut types, &reach, &ids)?;
    polish::mask_debug(&mut types);

    Ok(vec![
        file(
            API,
            "client.rs",
            "The client: one function for each operation.",
            client,
        ),
        file(
            API,
            "ids.rs",
            "Typed ids: one type for each kind of id.",
            parse(ids::source(&ids))?,
        ),
        file(
            API,
            "open.rs",
            "Open enums: the known values, and one variant for any other value.",
            parse(open_enums::source(&enums))?,
        ),
        file(
            API,
            "operations.rs",
            "The facts about each operation.",
            parse(operations::source(&operations))?,
        ),
        file(
            API,
            "secret_fields.rs",
            "The names of the secret fields.",
            parse(secret_fields::source(&secret_fields))?,
        ),
        file(
            API,
            "types.rs",
            "Types of requests, replies, template arguments and webhook deliveries.",
            types,
        ),
        file(
            MOCKS,
            "mocks.rs",
            "One typed mock for each operation.",
            mocks,
        ),
        file(
            DOCTOR,
            "shapes.rs",
            "The responses to reads: their fields, types and known values.",
            parse(shapes::source(&shapes))?,
        ),
        GeneratedFile {
            path: PYTHON_CLASSES.to_owned(),
            content: format!(
                "// {HEADER}\n\n//! The model classes of the Python package, with the documentation of each attribute.\n\n{}",
                python::classes(&models, &enums, &id_names)?
            ),
        },
        GeneratedFile {
            path: PYTHON_ENUMS.to_owned(),
            content: format!("# {HEADER}\n\n{}", python::enums(&enums)?),
        },
    ])
}

/// Generates the synchronous client of the Python package from the files of the asynchronous one.
pub fn synchronous_client(sources: &[AsyncSource]) -> Result<Vec<GeneratedFile>> {
    let twins = python::twins(sources, PYTHON_ASYNC)?;
    Ok(twins
        .into_iter()
        .map(|(name, content)| GeneratedFile {
            path: format!("{PYTHON_SYNC}/{name}"),
            content,
        })
        .collect())
}

fn parse(tokens: TokenStream) -> Result<syn::File> {
    Ok(syn::parse2(tokens)?)
}

fn file(folder: &str, name: &str, about: &str, mut source: syn::File) -> GeneratedFile {
    polish::tidy(&mut source);
    let code = space_out(&prettyplease::unparse(&source));
    GeneratedFile {
        path: format!("{folder}/{name}"),
        content: format!("// {HEADER}\n\n//! {about}\n\n{code}"),
    }
}

/// Puts an empty line between items, which prettyplease does not do. Imports stay together.
fn space_out(code: &str) -> String {
    let is_import = |line: &str| line.starts_with("use ");
    let mut spaced = String::new();
    let mut last = "";
    for line in code.lines() {
        let ends_item =
            last.starts_with(['}', ')', ']']) || last.ends_with(';') && !last.starts_with(' ');
        let begins_item = !line.starts_with([' ', '}', ')', ']']) && !line.is_empty();
        if ends_item && begins_item && !(is_import(last) && is_import(line)) {
            spaced.push('\n');
        }
        spaced.push_str(line);
        spaced.push('\n');
        last = line;
    }
    spaced
}

#[cfg(test)]
mod tests;
