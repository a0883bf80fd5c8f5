//! From what progenitor makes to what is checked in.
//!
//! Generated code is public API: this is where it gets the documentation, the tolerance towards replies and the room to
//! grow that progenitor does not give it. Each step is a small function over the syntax tree.

mod client;
mod docs;
mod field;
mod mocks;
mod paths;
mod tolerance;
mod types;

use anyhow::Result;
use serde_json::Value;
use syn::visit_mut::VisitMut as _;

use crate::{ids::TypedId, operations::Operation, reach::Reach};

pub(crate) use docs::wrap_text;
pub(crate) use field::{inside_option, is_extra, type_name, wire_name};
pub(crate) use mocks::mocks;

/// Parts progenitor's one file into types and client, and finishes both.
pub(crate) fn client(
    raw: syn::File,
    document: &Value,
    reach: &Reach,
    operations: &[Operation],
    ids: &[TypedId],
) -> Result<(syn::File, syn::File)> {
    let (mut types, mut client) = client::split(raw)?;
    client::remove_panicking_constructor(&mut client);
    client::introduce(&mut client);
    client::name_operations_as_the_contract_does(&mut client, operations);
    client::read_replies_at_once(&mut client);
    client::send_no_version(&mut client);

    types::drop_unused_errors(&mut types);
    types::describe(&mut types, document);
    types::allow_growth(&mut types, reach);
    types::add_constructors(&mut types, document);
    tolerance::tolerate(&mut types, reach, ids);
    for file in [&mut types, &mut client] {
        paths::Inside.visit_file_mut(file);
    }
    Ok((types, client))
}

/// What every generated file gets: short paths for what the prelude names, and one line of documentation per line.
pub(crate) fn tidy(file: &mut syn::File) {
    paths::Prelude.visit_file_mut(file);
    docs::Tidy.visit_file_mut(file);
}
