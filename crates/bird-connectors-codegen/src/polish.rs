//! Polishing: from the output of progenitor to the committed sources.
//!
//! The generated code is public API. The steps add what progenitor does not generate: documentation, tolerance towards
//! replies, and room for new fields. Each step is a small function over the syntax tree.

mod client;
mod debug;
mod mocks;
mod paths;
mod tolerance;
mod types;

use anyhow::Result;
use serde_json::Value;
use syn::visit_mut::VisitMut as _;

use crate::ids::TypedId;
use crate::operations::Operation;
use crate::reach::Reach;
use crate::syntax::docs;

pub(crate) use debug::mask as mask_debug;
pub(crate) use mocks::mocks;
pub(crate) use tolerance::tolerate;

/// Splits progenitor's file into types and client, and polishes both.
pub(crate) fn client(
    raw: syn::File,
    document: &Value,
    reach: &Reach,
    operations: &[Operation],
    ids: &[TypedId],
) -> Result<(syn::File, syn::File)> {
    let (mut types, mut client) = client::split(raw)?;
    client::remove_panicking_constructor(&mut client);
    client::describe(&mut client);
    client::use_contract_operation_ids(&mut client, operations);
    client::replace_reply_reader(&mut client);
    client::write_ids_directly(&mut client, ids);
    client::remove_version_header(&mut client);

    types::drop_unused_errors(&mut types);
    types::describe(&mut types, document);
    types::mark_non_exhaustive(&mut types, reach);
    tolerance::add_undecoded_fields(&mut types, reach);
    types::add_constructors(&mut types, document);
    for file in [&mut types, &mut client] {
        paths::Inside.visit_file_mut(file);
    }
    Ok((types, client))
}

/// The last step for every generated file: shortens the paths of the prelude, and formats documentation as `///` lines.
pub(crate) fn tidy(file: &mut syn::File) {
    paths::Prelude.visit_file_mut(file);
    docs::Tidy.visit_file_mut(file);
}
