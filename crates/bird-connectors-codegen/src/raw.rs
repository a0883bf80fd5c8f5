//! Runs progenitor, which generates the client and the mocks, and through typify the types.
//!
//! Use typify only through progenitor's re-exports: progenitor needs one exact version of it.

use anyhow::{Context as _, Result};
use openapiv3::OpenAPI;
use progenitor::{
    CrateVers, GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl,
};
use quote::quote;
use serde_json::Value;

use crate::ids::TypedId;
use crate::layout::{API_CRATE, API_PATH};
use crate::open_enums::OpenEnum;

/// Generates the types and the client, in one file, from the document for the client.
pub(crate) fn client(document: &Value, enums: &[OpenEnum], ids: &[TypedId]) -> Result<syn::File> {
    let tokens = generator(enums, ids)
        .generate_tokens(&openapi(document)?)
        .context("progenitor cannot generate the client")?;
    syn::parse2(tokens).context("progenitor's client is not Rust")
}

/// Generates the mocks from the document for them.
pub(crate) fn mocks(document: &Value, enums: &[OpenEnum], ids: &[TypedId]) -> Result<syn::File> {
    let tokens = generator(enums, ids)
        .httpmock(&openapi(document)?, API_PATH)
        .context("progenitor cannot generate the mocks")?;
    syn::parse2(tokens).context("progenitor's mocks are not Rust")
}

fn openapi(document: &Value) -> Result<OpenAPI> {
    serde_json::from_value(document.clone()).context("the normalised contract is not OpenAPI 3.0")
}

fn generator(enums: &[OpenEnum], ids: &[TypedId]) -> Generator {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::SharedTransport))
        .with_crate(API_CRATE, CrateVers::Any, None)
        .with_derive("PartialEq")
        .with_map_type("::std::collections::BTreeMap");
    let names = enums.iter().map(|open| &open.name);
    for name in names.chain(ids.iter().map(|id| &id.name)) {
        settings.with_replacement(
            name,
            format!("::{API_PATH}::types::{name}"),
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    Generator::new(&settings)
}
